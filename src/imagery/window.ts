/**
 * A place → a large window of pixels that goes on where imagery ends, for many patches at once:
 * what is missing is marked with its reason, and each patch in it is judged as if it had been cut
 * alone.
 */
import { fitBiquadratic, evaluate } from '../image/biquadratic.ts'
import { sourceRect, type PixelRect, type SourceMapping } from '../image/resample.ts'
import type { LonLat, Rgb8 } from '../types.ts'
import {
  createCanvas,
  fillMissing,
  isComplete,
  NODATA,
  paint,
  sourcePlace,
  THERE,
  type Canvas,
} from './canvas.ts'
import { mapPatch, NODATA_SHARE_MAX, readPicture, type PixelLayer } from './cut.ts'
import type { PatchSize, PixelSquare } from './source.ts'

/** A window, and why pixels of it are missing. */
export interface CutWindow {
  /** Missing pixels have the mean colour of the others. */
  readonly image: Rgb8
  /** `uint8[px, px]`: 0 there, n: missing for `reasons[n − 1]`; `null`: nothing is missing. */
  readonly missing: Uint8Array | null
  readonly reasons: readonly string[]
  /** The first layer that a square has pixels of, and their rectangle in it. */
  sourceOf(square: PixelSquare): { readonly layer: PixelLayer; readonly rect: PixelRect }
}

/** A layer and how the window lies in it. */
interface Placed {
  readonly layer: PixelLayer
  readonly mapping: SourceMapping
}

/**
 * Cuts the window around a place from the layers, best first. Never refuses: everything may be
 * missing.
 */
export async function cutWindow(
  layers: readonly PixelLayer[],
  { at, size }: { readonly at: LonLat; readonly size: PatchSize },
  signal: AbortSignal,
): Promise<CutWindow> {
  const { px } = size
  let canvas: Canvas | undefined
  const placed: Placed[] = []
  for (const [index, layer] of layers.entries()) {
    const mapping = mapPatch(layer, at, size)
    const { picture } = await readPicture(layer, { mapping, size: { px } }, signal)
    placed.push({ layer, mapping })
    if (index === 0 && picture.isValid === null) {
      return whole({ width: px, height: px, data: picture.data }, null, placed)
    }
    canvas ??= createCanvas(px)
    paint(canvas, { index, layer, mapping, picture })
    if (isComplete(canvas)) break
  }
  canvas ??= createCanvas(px)
  const image = { width: px, height: px, data: canvas.data }
  if (isComplete(canvas)) return whole(image, canvas, placed)
  fillMissing(canvas)
  return { ...whole(image, canvas, placed), ...explainMissing(canvas, placed) }
}

/** A window of which nothing is missing. */
function whole(image: Rgb8, canvas: Canvas | null, placed: readonly Placed[]): CutWindow {
  const sourceOf = (square: PixelSquare) =>
    sourceOfSquare(placed[firstLayerOf(canvas, square)] ?? missingLayer(), square, image.width)
  return { image, missing: null, reasons: [], sourceOf }
}

/** `reasons` begins with the two that every source knows. */
function explainMissing(canvas: Canvas, placed: readonly Placed[]) {
  const { px, state } = canvas
  const reasons = ['nodata', 'outside-imagery']
  // No `Uint8Array.from`, which takes a tenth of the time of a window.
  const missing = new Uint8Array(state.length)
  state.forEach((one, pixel) => (missing[pixel] = one >= THERE ? 0 : one === NODATA ? 1 : 2))
  const holes = placed.flatMap(({ layer, mapping }) =>
    (layer.holes ?? []).map((hole) => ({ ...hole, mapping })),
  )
  for (const { rect, reason, mapping } of holes) {
    if (!reasons.includes(reason)) reasons.push(reason)
    const code = reasons.indexOf(reason) + 1
    missing.forEach((one, pixel) => {
      if (one !== 0 && isIn(rect, sourcePlace(mapping, px, pixel))) missing[pixel] = code
    })
  }
  return { missing, reasons }
}

function isIn({ x, y, width, height }: PixelRect, [u, v]: readonly [u: number, v: number]) {
  return u >= x && v >= y && u < x + width && v < y + height
}

/**
 * Why the patch in a square of the window is not available, as it would be if cut alone: a single
 * pixel without imagery, or more than 10 % without data.
 * @returns `null` when it is available
 */
export function whyMissing(
  { image, missing, reasons }: Pick<CutWindow, 'image' | 'missing' | 'reasons'>,
  square: PixelSquare,
): string | null {
  if (missing === null) return null
  const counts = reasons.map(() => 0)
  for (let y = square.y; y < square.y + square.px; y++) {
    for (let at = y * image.width + square.x; at < y * image.width + square.x + square.px; at++) {
      const code = missing[at] as number
      if (code > 0) counts[code - 1] = (counts[code - 1] ?? 0) + 1
    }
  }
  const [nodata = 0, ...others] = counts
  const other = others.findIndex((count) => count > 0)
  if (other >= 0) return reasons[other + 1] ?? null
  return nodata > NODATA_SHARE_MAX * square.px ** 2 ? 'nodata' : null
}

/** The pixels of a square of an image, `rgb8[px, px, 3]`. */
export function cutSquare(image: Rgb8, { x, y, px }: PixelSquare): Rgb8 {
  const data = new Uint8Array(px * px * 3)
  cutRect(image, { x, y, width: px, height: px }, data)
  return { width: px, height: px, data }
}

/** Copies a rectangle of an image, row by row, to the beginning of a target. */
export function cutRect({ width, data }: Rgb8, rect: PixelRect, target: Uint8Array): void {
  const rowBytes = rect.width * 3
  for (let row = 0; row < rect.height; row++) {
    const from = ((rect.y + row) * width + rect.x) * 3
    target.set(data.subarray(from, from + rowBytes), row * rowBytes)
  }
}

/** Index of the first layer that a square has pixels of. */
function firstLayerOf(canvas: Canvas | null, square: PixelSquare): number {
  if (canvas === null) return 0
  const { px, state } = canvas
  let first = Infinity
  for (let y = square.y; y < square.y + square.px && first > 0; y++) {
    for (const one of state.subarray(y * px + square.x, y * px + square.x + square.px)) {
      if (one >= THERE && one - THERE < first) first = one - THERE
    }
  }
  return first
}

function sourceOfSquare({ layer, mapping }: Placed, square: PixelSquare, windowPx: number) {
  const part = partOf(mapping, { ...square, windowPx })
  return { layer, rect: sourceRect(part, square.px) }
}

/** The mapping of a square of the window. */
function partOf(
  { u, v }: SourceMapping,
  { x, y, px, windowPx }: PixelSquare & { readonly windowPx: number },
): SourceMapping {
  const nodes = (surface: SourceMapping['u']) =>
    Float64Array.from({ length: 9 }, (_, node) => {
      const s = (x + ((node % 3) / 2) * px) / windowPx
      const t = (y + (Math.floor(node / 3) / 2) * px) / windowPx
      return evaluate(surface, s, t)
    })
  return { u: fitBiquadratic(nodes(u)), v: fitBiquadratic(nodes(v)) }
}

function missingLayer(): never {
  throw new RangeError('a square without imagery has no source')
}
