/** Pixels → PNG or JPEG bytes without any metadata. @io native */
import sharp from 'sharp'
import type { Rgb8 } from '../types.ts'

/** @param image  `rgb8[h, w, 3]`, or `rgba8[h, w, 4]`: told apart by their length */
export async function encodePng(image: Rgb8): Promise<Uint8Array> {
  return sharp(image.data, { raw: rawOf(image) })
    .png()
    .toBuffer()
}

/** @param quality  1…100 */
export async function encodeJpeg(image: Rgb8, quality: number): Promise<Uint8Array> {
  return sharp(image.data, { raw: rawOf(image) })
    .jpeg({ quality })
    .toBuffer()
}

function rawOf({ width, height, data }: Rgb8) {
  const channels = data.length === width * height * 4 ? 4 : 3
  return { width, height, channels } as const
}
