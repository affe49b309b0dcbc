/**
 * HEIC bytes → pixels, by libheif in WebAssembly: the prebuilt libvips has no HEVC decoder.
 * @io native
 */
import { createRequire } from 'node:module'

/** The first picture of a file before it is decoded. */
interface HeicPicture {
  readonly width: number
  readonly height: number
  decode(): Promise<{ readonly width: number; readonly height: number; data: Uint8ClampedArray }>
}

interface HeicDecode {
  all(input: { buffer: Uint8Array }): Promise<HeicPicture[] & { dispose(): void }>
}

/** `rgba8[height, width, 4]`, upright. */
export interface HeicPixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/**
 * Decodes the first picture; libheif applies the file's own rotation.
 * @param checkSize  called before decoding, throws when there are too many pixels
 */
export async function decodeHeic(
  bytes: Uint8Array,
  checkSize: (width: number, height: number) => void,
): Promise<HeicPixels> {
  // Loaded when the first HEIC comes: 3 MB of WebAssembly.
  const heic = createRequire(import.meta.url)('heic-decode') as HeicDecode
  const pictures = await heic.all({ buffer: bytes })
  try {
    const [first] = pictures
    if (first === undefined) throw new Error('HEIC file without a picture')
    checkSize(first.width, first.height)
    const { width, height, data } = await first.decode()
    return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  } finally {
    pictures.dispose()
  }
}
