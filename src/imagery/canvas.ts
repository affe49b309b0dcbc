/**
 * A picture under construction: layers of pixels complete each other, the first is preferred. Pure.
 */
import { evaluate } from '../image/biquadratic.ts'
import type { SourceMapping, WarpedPicture } from '../image/resample.ts'
import type { PixelLayer } from './cut.ts'

/** The picture, and which of its pixels are there. */
export interface Canvas {
  readonly px: number
  readonly data: Uint8Array
  /** `uint16[px, px]`: `OUTSIDE`, `NODATA`, or `THERE` + the index of the layer that it is from. */
  readonly state: Uint16Array
}

/** In no layer. */
export const OUTSIDE = 0
/** In a layer, which holds no data there. */
export const NODATA = 1
/** From the first layer; 1 more from each further one. */
export const THERE = 2

/** An empty canvas of `px` × `px`. */
export function createCanvas(px: number): Canvas {
  return { px, data: new Uint8Array(px * px * 3), state: new Uint16Array(px * px) }
}

/** What a layer has for the picture; `index` counts the layers. */
export interface Painting {
  readonly index: number
  readonly layer: PixelLayer
  readonly mapping: SourceMapping
  readonly picture: WarpedPicture
}

/** Paints the pixels that are still missing; true when it had any. */
export function paint(canvas: Canvas, { index, layer, mapping, picture }: Painting): boolean {
  const { px, data, state } = canvas
  const { isValid } = picture
  let isUsed = false
  for (let pixel = 0, at = 0; pixel < px * px; pixel++, at += 3) {
    if ((state[pixel] as number) >= THERE) continue
    if (isValid === null || isValid[pixel] === 1) {
      data[at] = picture.data[at] as number
      data[at + 1] = picture.data[at + 1] as number
      data[at + 2] = picture.data[at + 2] as number
      state[pixel] = THERE + index
      isUsed = true
    } else if (state[pixel] === OUTSIDE) {
      const [u, v] = sourcePlace(mapping, px, pixel)
      if (layer.covers(u, v)) state[pixel] = NODATA
    }
  }
  return isUsed
}

/** Where the centre of a pixel of the picture lies in the source, px. */
export function sourcePlace(
  { u, v }: SourceMapping,
  px: number,
  pixel: number,
): readonly [u: number, v: number] {
  const s = ((pixel % px) + 0.5) / px
  const t = (Math.floor(pixel / px) + 0.5) / px
  return [evaluate(u, s, t), evaluate(v, s, t)]
}

/** Is every pixel there? */
export function isComplete({ state }: Canvas): boolean {
  return !state.includes(OUTSIDE) && !state.includes(NODATA)
}

/** Gives the missing pixels the mean colour of those that are there; none there: black. */
export function fillMissing({ data, state }: Canvas): void {
  let [count, red, green, blue] = [0, 0, 0, 0]
  for (let pixel = 0, at = 0; pixel < state.length; pixel++, at += 3) {
    if ((state[pixel] as number) < THERE) continue
    count++
    red += data[at] as number
    green += data[at + 1] as number
    blue += data[at + 2] as number
  }
  const [r, g, b] = [red, green, blue].map((sum) => Math.round(sum / Math.max(1, count)))
  for (let pixel = 0, at = 0; pixel < state.length; pixel++, at += 3) {
    if ((state[pixel] as number) >= THERE) continue
    data[at] = r as number
    data[at + 1] = g as number
    data[at + 2] = b as number
  }
}
