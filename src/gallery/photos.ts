/** The table `photos`: what is known of an uploaded photo; its bytes lie in the data directory. */
import { InputError, NotFoundError } from '../errors.ts'
import type { Logits } from '../types.ts'
import type { Database } from './database.ts'
import { readVector, vectorText } from './halfvec.ts'

/** A photo as it is stored. */
export interface PhotoRecord {
  /** Hex, of the uploaded bytes; the photo's id. */
  readonly sha256: string
  readonly name: string
  /** Pixels after decoding and orientation. */
  readonly width: number
  readonly height: number
  /** Of the ground model, full precision. */
  readonly logits: Logits
  readonly modelSha256: string
  /** 64 bits, for finding near copies. */
  readonly perceptualHash: bigint | null
  /** ISO time after which it may be deleted. */
  readonly expiresAt: string | null
}

/** A photo as it is found. */
export interface StoredPhoto extends PhotoRecord {
  readonly createdAt: string
}

type PhotoRow = Omit<StoredPhoto, 'logits'> & { readonly logits: Uint8Array }

const columns = `
  sha256, name, width, height, vector_send(logits) as logits, model_sha256 as "modelSha256",
  perceptual_hash as "perceptualHash", expires_at as "expiresAt", created_at as "createdAt"`

/**
 * Writes a photo; the same bytes again replace name, logits and retention. Whoever removes it at
 * this moment is waited for, and has taken the bytes along.
 */
export async function upsertPhoto(db: Database, photo: PhotoRecord): Promise<StoredPhoto> {
  const [row] = await db.withClient((client) =>
    client.query<PhotoRow>(
      `insert into photos (sha256, name, width, height, logits, model_sha256, perceptual_hash, expires_at)
       values ($1, $2, $3, $4, $5::vector, $6, $7, $8)
       on conflict (sha256) do update
          set name = excluded.name, width = excluded.width, height = excluded.height,
              logits = excluded.logits, model_sha256 = excluded.model_sha256,
              perceptual_hash = excluded.perceptual_hash, expires_at = excluded.expires_at
       returning ${columns}`,
      [
        photo.sha256,
        photo.name,
        photo.width,
        photo.height,
        vectorText(photo.logits),
        photo.modelSha256,
        photo.perceptualHash,
        photo.expiresAt,
      ],
    ),
  )
  if (row === undefined) throw new Error(`Expected the photo ${photo.sha256} back, got nothing`)
  return toPhoto(row)
}

/**
 * The same photo by another model; how long it is kept stays, whatever was said of that meanwhile.
 * @throws {NotFoundError} `photo-not-found` when it was removed meanwhile
 */
export async function updateLogits(
  db: Database,
  { sha256, logits, modelSha256 }: Pick<PhotoRecord, 'sha256' | 'logits' | 'modelSha256'>,
): Promise<StoredPhoto> {
  const [row] = await db.withClient((client) =>
    client.query<PhotoRow>(
      `update photos set logits = $2::vector, model_sha256 = $3 where sha256 = $1
       returning ${columns}`,
      [sha256, vectorText(logits), modelSha256],
    ),
  )
  if (row === undefined) throw notFound(sha256)
  return toPhoto(row)
}

/**
 * Finds a photo by its SHA-256 or the first 8 or more digits of it.
 * @throws {NotFoundError} `photo-not-found`
 * @throws {InputError} `photo-ambiguous`
 */
export async function findPhoto(db: Database, id: string): Promise<StoredPhoto> {
  const [row, other] = /^[0-9a-f]{8,64}$/.test(id)
    ? await db.withClient((client) =>
        client.query<PhotoRow>(
          `select ${columns} from photos
            where sha256 >= $1 and sha256 <= rpad($1, 64, 'f') order by sha256 limit 2`,
          [id],
        ),
      )
    : []
  if (row === undefined) throw notFound(id)
  if (other === undefined) return toPhoto(row)
  throw new InputError('photo-ambiguous', `Expected the id of one photo, got "${id}" of several`, {
    hint: 'give more digits',
  })
}

/**
 * Removes a photo whatever its time.
 * @param removeBytes  called while nobody can upload it again: a row whose bytes could not be
 *   removed stays
 * @throws {NotFoundError} `photo-not-found`
 */
export async function deletePhoto(
  db: Database,
  sha256: string,
  removeBytes: () => Promise<void>,
): Promise<void> {
  await db.transaction(async (client) => {
    const rows = await client.query('delete from photos where sha256 = $1 returning sha256', [
      sha256,
    ])
    if (rows.length === 0) throw notFound(sha256)
    await removeBytes()
  })
}

/** Ids of photos whose time is over. @param now  ISO time */
export async function findExpiredPhotos(db: Database, now: string): Promise<string[]> {
  const rows = await db.withClient((client) =>
    client.query<{ sha256: string }>(
      'select sha256 from photos where expires_at <= $1 order by expires_at',
      [now],
    ),
  )
  return rows.map(({ sha256 }) => sha256)
}

/** Removes the row of a photo whose time is over still. @returns whether it was */
export async function deleteExpiredPhoto(
  db: Database,
  { sha256, now }: { readonly sha256: string; readonly now: string },
  removeBytes: () => Promise<void>,
): Promise<boolean> {
  return db.transaction(async (client) => {
    const rows = await client.query(
      'delete from photos where sha256 = $1 and expires_at <= $2 returning sha256',
      [sha256, now],
    )
    if (rows.length === 0) return false
    await removeBytes()
    return true
  })
}

/**
 * Removes the bytes of those photos that have no row, as an upload leaves them that was cut short.
 * @returns how many
 */
export async function removeStrays(
  db: Database,
  sha256s: readonly string[],
  removeBytes: (sha256: string) => Promise<void>,
): Promise<number> {
  return db.transaction(async (client) => {
    // An upload waits for this before its row stands, and looks after that whether its bytes are
    // still there.
    await client.script('lock table photos in share mode')
    const strays = await client.query<{ sha256: string }>(
      `select sha256 from unnest($1::text[]) as file (sha256)
        where not exists (select from photos where photos.sha256 = file.sha256)`,
      [[...sha256s]],
    )
    for (const { sha256 } of strays) await removeBytes(sha256)
    return strays.length
  })
}

function notFound(id: string): NotFoundError {
  return new NotFoundError('photo-not-found', `Expected a known photo, got "${id.slice(0, 64)}"`, {
    hint: 'upload it first: POST /v1/photos',
  })
}

function toPhoto(row: PhotoRow): StoredPhoto {
  return { ...row, logits: readVector(row.logits) }
}
