/**
 * An uploaded photo → its logits in the database and its bytes in the data directory; and both away
 * again.
 */
import { perceptualHash } from '../image/perceptual-hash.ts'
import { softmaxTop } from '../embedding/vector.ts'
import { NotFoundError } from '../errors.ts'
import {
  deletePhoto,
  findPhoto,
  removeStrays,
  updateLogits,
  upsertPhoto,
} from '../gallery/photos.ts'
import type { SceneShare } from '../heatmap-types.ts'
import { embedPhoto, TOP_SCENES, type EmbeddedPhoto } from './embed-photo.ts'
import type { Outside } from './outside.ts'

/** Where the bytes of photos lie, by their SHA-256. */
export interface PhotoFiles {
  /** Unsettled: a crash before `settle` leaves something that `listUnsettled` finds. */
  write(sha256: string, bytes: Uint8Array): Promise<void>
  /** The photo has its row. */
  settle(sha256: string): Promise<void>
  has(sha256: string): Promise<boolean>
  /** @throws {NotFoundError} `photo-not-found` */
  read(sha256: string): Promise<Uint8Array>
  /** Nothing happens where there is none. */
  remove(sha256: string): Promise<void>
  /**
   * Those written before a moment and never settled; what a write that was cut short then has left
   * is removed.
   */
  listUnsettled(moment: Date): Promise<readonly string[]>
}

/** A photo as it is told to others: no bytes, no logits, no name, no EXIF. */
export interface PhotoSummary {
  /** SHA-256 of the bytes as uploaded, hex. */
  readonly id: string
  /** Pixels, upright. */
  readonly width: number
  readonly height: number
  /** Best scenes first. */
  readonly scenes: readonly SceneShare[]
  /** ISO time when it is removed; null: when somebody asks for it. */
  readonly expiresAt: string | null
}

/** What the photo journeys need. */
export interface PhotoOutside {
  readonly outside: Outside
  readonly photoFiles: PhotoFiles
  /** Days that a photo is kept after its last upload; 0: until somebody removes it. */
  readonly photoDays: number
}

const DAY_MS = 86_400_000

/**
 * Embeds and keeps a photo; the same bytes again give the same id, and keep it for as long again.
 * @throws {InputError} `photo-format`, `photo-too-large`
 */
export async function keepPhoto(
  { outside, photoFiles, photoDays }: PhotoOutside,
  bytes: Uint8Array,
): Promise<PhotoSummary> {
  const { card } = await outside.encoder('ground')
  const photo = await embedPhoto(outside, { name: 'photo', bytes })
  const { sha256, width, height, logits, scenes } = photo
  const expiresAt = endOf(photoDays, outside.now())
  // Cut short here, they are bytes without a row, which `removeStrayPhotos` removes.
  await photoFiles.write(sha256, bytes)
  await upsertPhoto(outside.db, {
    sha256,
    name: nameOf(sha256),
    width,
    height,
    logits,
    modelSha256: card.sha256,
    perceptualHash: BigInt.asIntN(64, BigInt(`0x${perceptualHash(photo.image)}`)),
    expiresAt,
  })
  if (!(await photoFiles.has(sha256))) {
    // Whoever removed a former upload meanwhile took them along, or the row of this one, too: then
    // nobody wants them.
    await photoFiles.write(sha256, bytes)
    await removeStrays(outside.db, [sha256], (id) => photoFiles.remove(id))
  }
  await photoFiles.settle(sha256)
  return { id: sha256, width, height, scenes, expiresAt }
}

function endOf(photoDays: number, now: Date): string | null {
  return photoDays === 0 ? null : new Date(now.getTime() + photoDays * DAY_MS).toISOString()
}

/** The file name that an uploader chose can tell who they are: it is not kept. */
function nameOf(sha256: string): string {
  return `photo ${sha256.slice(0, 8)}`
}

/** @throws {NotFoundError} `photo-not-found` */
export async function describePhoto({ outside }: PhotoOutside, id: string): Promise<PhotoSummary> {
  const { width, height, logits, expiresAt } = await findPhoto(outside.db, id)
  return { id, width, height, scenes: softmaxTop(logits, TOP_SCENES), expiresAt }
}

/**
 * Removes bytes and row.
 * @throws {NotFoundError} `photo-not-found`
 */
export async function forgetPhoto(
  { outside, photoFiles }: PhotoOutside,
  id: string,
): Promise<void> {
  await deletePhoto(outside.db, id, () => photoFiles.remove(id))
}

/** A kept photo without its pixels. */
export type KeptPhoto = Pick<EmbeddedPhoto, 'name' | 'sha256' | 'logits'>

/**
 * A kept photo with its logits by the ground model of now: those of another model are computed
 * again.
 * @throws {NotFoundError} `photo-not-found`
 */
export async function findKeptPhoto(parts: PhotoOutside, id: string): Promise<KeptPhoto> {
  const row = await findPhoto(parts.outside.db, id)
  const { card } = await parts.outside.encoder('ground')
  if (row.modelSha256 === card.sha256) return row
  const bytes = await parts.photoFiles.read(row.sha256)
  const { logits } = await embedPhoto(parts.outside, { name: row.name, bytes })
  return updateLogits(parts.outside.db, {
    sha256: row.sha256,
    logits,
    modelSha256: card.sha256,
  })
}

/** The photo with its pixels, for a sheet. @throws {NotFoundError} `photo-not-found` */
export async function openPhoto(parts: PhotoOutside, id: string): Promise<EmbeddedPhoto> {
  const { name } = await findPhoto(parts.outside.db, id)
  return embedPhoto(parts.outside, { name, bytes: await parts.photoFiles.read(id) })
}

/** The error of a photo that is not there, for whoever looks for its bytes. */
export function photoNotFound(id: string): NotFoundError {
  return new NotFoundError('photo-not-found', `Expected a kept photo for id, got "${id}"`, {
    hint: 'upload it: POST /v1/photos',
  })
}
