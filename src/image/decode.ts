/**
 * Photo bytes → upright sRGB pixels on white, black bars trimmed. @io native
 * EXIF is read for its orientation alone; a position in it is never looked at.
 */
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { InputError } from '../errors.ts'
import type { Rgb8 } from '../types.ts'
import { trimBars } from './bars.ts'
import type { Trim } from './bars.ts'
import { decodeHeic } from './heic.ts'
import { nameOther, sniffFormat, statedLength } from './sniff.ts'
import type { PhotoFormat } from './sniff.ts'

// One thread per picture: the cores belong to the inference sessions.
sharp.concurrency(1)
sharp.cache(false)

/** Where a photo is refused before it is decoded. */
export interface PhotoLimits {
  readonly maxPixels?: number
  readonly maxBytes?: number
}

/** A photo as the model may see it. */
export interface DecodedPhoto {
  readonly image: Rgb8
  readonly format: PhotoFormat
  /** Pixels upright, before black bars were trimmed. */
  readonly width: number
  readonly height: number
  /** What was cut off as black bars. */
  readonly trimmed: Trim | null
}

const MAX_PIXELS = 60_000_000
const MAX_BYTES = 50_000_000

/**
 * Decodes JPEG, PNG, WebP, AVIF, TIFF, HEIC, and the first frame of GIF.
 * @throws {InputError} `photo-format` for anything else, `photo-too-large`, `photo-corrupt`
 *   (truncated files too)
 */
export async function decodePhoto(
  bytes: Uint8Array,
  limits: PhotoLimits = {},
): Promise<DecodedPhoto> {
  const maxBytes = limits.maxBytes ?? MAX_BYTES
  if (bytes.length > maxBytes) throw tooLarge(`${maxBytes} bytes`, `${bytes.length}`)
  const format = sniffFormat(bytes)
  if (format === undefined) throw wrongFormat(bytes)
  if (statedLength(bytes, format) > bytes.length) {
    throw unreadable(format, new Error(`truncated after ${bytes.length} bytes`))
  }
  const maxPixels = limits.maxPixels ?? MAX_PIXELS
  const checkSize = (width: number, height: number) => {
    if (width * height > maxPixels) throw tooLarge(`${maxPixels} px`, `${width} × ${height}`)
  }
  try {
    const upright = await (format === 'heic' ? readHeic : readWithVips)(bytes, checkSize)
    const { image, trim } = trimBars(upright)
    return { image, format, width: upright.width, height: upright.height, trimmed: trim }
  } catch (cause) {
    throw cause instanceof InputError ? cause : unreadable(format, cause)
  }
}

type CheckSize = (width: number, height: number) => void

async function readWithVips(bytes: Uint8Array, checkSize: CheckSize): Promise<Rgb8> {
  const options = { failOn: 'truncated', limitInputPixels: false } as const
  const { width, height, pageHeight } = await sharp(bytes, options).metadata()
  checkSize(width, pageHeight ?? height)
  return toRgb8(sharp(bytes, options).autoOrient())
}

async function readHeic(bytes: Uint8Array, checkSize: CheckSize): Promise<Rgb8> {
  const { width, height, data } = await decodeHeic(bytes, checkSize)
  return toRgb8(sharp(data, { raw: { width, height, channels: 4 } }))
}

async function toRgb8(picture: Sharp): Promise<Rgb8> {
  const { data, info } = await picture
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

function tooLarge(expected: string, got: string): InputError {
  return new InputError('photo-too-large', `Expected at most ${expected} for photo, got ${got}`, {
    hint: 'scale the photo down; 2,000 px are plenty',
  })
}

function wrongFormat(bytes: Uint8Array): InputError {
  const other = nameOther(bytes)
  const got = other?.name ?? 'something else'
  return new InputError(
    'photo-format',
    `Expected JPEG, PNG, WebP, AVIF, TIFF, GIF or HEIC for photo, got ${got}`,
    { hint: other?.hint ?? 'convert it to JPEG first' },
  )
}

const TRUNCATED =
  /premature end|truncated|unexpected end|end of (stream|file)|read error|too short/i

function unreadable(format: PhotoFormat, cause: unknown): InputError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const [reason = ''] = message.split('\n')
  if (TRUNCATED.test(message)) {
    return new InputError(
      'photo-corrupt',
      `Expected a whole ${format} file for photo, got a truncated one (${reason})`,
      { hint: 'copy or download the file again', cause },
    )
  }
  const hint =
    format === 'heic' ? 'convert it to JPEG first' : 'open and save it in an image editor'
  return new InputError(
    'photo-corrupt',
    `Expected a readable ${format} file for photo, got a damaged one (${reason})`,
    { hint, cause },
  )
}
