/**
 * Pictures for tests of the models, drawn by the sample town's painters: photos and patches of any
 * number.
 */
import { drawOrthophoto } from '../src/sample/orthophoto.ts'
import { drawPhotos, PHOTO_NAMES } from '../src/sample/photos.ts'
import { planTown } from '../src/sample/plan.ts'
import type { Rgb8 } from '../src/types.ts'

/** A rectangle of pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Cuts a rectangle out of an image. */
export function cropRgb8(image: Rgb8, { left, top, width, height }: Box): Rgb8 {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3
    data.set(image.data.subarray(from, from + width * 3), y * width * 3)
  }
  return { width, height, data }
}

/**
 * Cut-outs of the sample town's photos, no two alike, of sizes and shapes from 300 × 240 px to 1024
 * × 768.
 */
export function drawnPhotos(count: number): readonly Rgb8[] {
  const whole = [1, 2].flatMap((seed) => drawPhotos(seed, PHOTO_NAMES)).map(({ image }) => image)
  return Array.from({ length: count }, (_, i) => {
    const image = whole[i % whole.length]!
    const width = 300 + ((i * 89) % (image.width - 299))
    const height = 240 + ((i * 151) % (image.height - 239))
    const left = (i * 37) % (image.width - width + 1)
    const top = (i * 53) % (image.height - height + 1)
    return cropRgb8(image, { left, top, width, height })
  })
}

/** Overlapping patches of the sample town, `sizePx` square at 0.5 m/px; at most 100. */
export function drawnPatches(count: number, sizePx: number): readonly Rgb8[] {
  const extent = { west: 500, south: 500, east: 1100, north: 1100 }
  const town = drawOrthophoto(planTown(1), extent, 1)
  const image = { ...town, data: new Uint8Array(town.data.buffer) }
  const step = Math.floor((image.width - sizePx) / 9)
  return Array.from({ length: count }, (_, i) => {
    const [left, top] = [step * (i % 10), step * Math.floor(i / 10)]
    return cropRgb8(image, { left, top, width: sizePx, height: sizePx })
  })
}
