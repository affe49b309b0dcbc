/** Photo bytes → logits and what the photo shows. */
import { createHash } from 'node:crypto'
import { softmaxTop } from '../embedding/vector.ts'
import { InputError } from '../errors.ts'
import type { SceneShare } from '../heatmap-types.ts'
import { refuseBlank } from '../image/refuse-blank.ts'
import type { Logits, Rgb8 } from '../types.ts'
import type { Outside } from './outside.ts'

/** A photo as it was handed in. */
export interface PhotoFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** A photo after the ground model. */
export interface EmbeddedPhoto {
  readonly name: string
  /** SHA-256 of the bytes as handed in, hex. */
  readonly sha256: string
  /** Upright, sRGB, black bars trimmed: what the model saw. */
  readonly image: Rgb8
  /** Pixels upright, with black bars. */
  readonly width: number
  readonly height: number
  readonly logits: Logits
  /** Best scenes first. */
  readonly scenes: readonly SceneShare[]
}

/** How many scenes of a photo or patch are told. */
export const TOP_SCENES = 5

/**
 * Embeds one photo.
 * @throws {InputError} `photo-format`, `photo-too-large` when the bytes cannot be used,
 *   `photo-too-small`, `photo-blank`
 */
export async function embedPhoto(
  outside: Pick<Outside, 'decodePhoto' | 'encoder'>,
  photo: PhotoFile,
): Promise<EmbeddedPhoto> {
  const { image, width, height } = await decodeNamed(outside, photo)
  const encoder = await outside.encoder('ground')
  const logits = await encoder.encode([image])
  return {
    name: photo.name,
    sha256: createHash('sha256').update(photo.bytes).digest('hex'),
    image,
    width,
    height,
    logits,
    scenes: softmaxTop(logits, TOP_SCENES),
  }
}

/** Several photos may be asked about at once: an error says which one it is about. */
async function decodeNamed(outside: Pick<Outside, 'decodePhoto'>, { name, bytes }: PhotoFile) {
  try {
    const decoded = await outside.decodePhoto(bytes)
    refuseBlank(decoded.image)
    return decoded
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause
    const { code, message, hint, facts } = cause
    const named = message.replace('for photo,', () => `for ${name},`)
    throw new InputError(code, named, { ...(hint !== undefined && { hint }), facts, cause })
  }
}
