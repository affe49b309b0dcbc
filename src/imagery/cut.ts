/**
 * A place → a patch: nine points of the patch are projected into the source's pixels, the window around them is
 * read, and warped. Several layers of pixels complete each other, the first is preferred.
 */
import { BadDataError } from '../errors.ts'
import { createLocalFrame } from '../geo/local-frame.ts'
import { fitBiquadratic, evaluate } from '../image/biquadratic.ts'
import {
  sourceRect,
  warp,
  type PixelRect,
  type PixelWindow,
  type SourceMapping,
  type WarpedPicture,
} from '../image/resample.ts'
import type { LonLat, Rgb8 } from '../types.ts'
import type { PatchSize } from './source.ts'

/** One georeferenced grid of pixels, however its source stores it. */
export interface PixelLayer {
  /** Place → px from the layer's top left corner. */
  toPixel(place: LonLat): [u: number, v: number]
  /** True where the layer has an image, data or not; `u`, `v` in px. */
  covers(u: number, v: number): boolean
  /** Pixels of a rectangle; what lies outside the layer is invalid. */
  readWindow(rect: PixelRect, signal: AbortSignal): Promise<PixelWindow>
}

/** A cut patch and the window of the first layer it came from. */
export interface CutPatch {
  readonly image: Rgb8
  readonly layer: PixelLayer
  readonly rect: PixelRect
}

/** Patches with a larger share of pixels without data are refused. */
const NODATA_SHARE_MAX = 0.1

/** Maps the patch's unit square (s east, t south) into a layer's pixels. */
export function mapPatch(layer: PixelLayer, at: LonLat, size: PatchSize): SourceMapping {
  const frame = createLocalFrame(at)
  const sideM = size.px * size.gsd
  const u = new Float64Array(9)
  const v = new Float64Array(9)
  for (let node = 0; node < 9; node++) {
    const s = (node % 3) / 2
    const t = Math.floor(node / 3) / 2
    const place = frame.inverse((s - 0.5) * sideM, (0.5 - t) * sideM)
    ;[u[node], v[node]] = layer.toPixel(place)
  }
  return { u: fitBiquadratic(u), v: fitBiquadratic(v) }
}

/** Positions (s, t) of a patch that are looked at to say whether a layer covers it: a lattice and its border. */
const LATTICE = 8

/** Does every point of a lattice over the patch lie in one of the layers? Geometry only. */
export function coversPatch(layers: readonly PixelLayer[], at: LonLat, size: PatchSize): boolean {
  const mappings = layers.map((layer) => ({ layer, mapping: mapPatch(layer, at, size) }))
  const inset = 0.5 / size.px
  for (let node = 0; node < (LATTICE + 1) ** 2; node++) {
    const s = inset + ((node % (LATTICE + 1)) / LATTICE) * (1 - 2 * inset)
    const t = inset + (Math.floor(node / (LATTICE + 1)) / LATTICE) * (1 - 2 * inset)
    const isCovered = mappings.some(({ layer, mapping }) =>
      layer.covers(evaluate(mapping.u, s, t), evaluate(mapping.v, s, t)),
    )
    if (!isCovered) return false
  }
  return true
}

/** The picture under construction, and which of its pixels are there. */
interface Canvas {
  readonly px: number
  readonly data: Uint8Array
  /** `uint8[px, px]`: 0 outside all layers, 1 inside one but without data, 2 there. */
  readonly state: Uint8Array
}

const OUTSIDE = 0
const NODATA = 1
const THERE = 2

function createCanvas(px: number): Canvas {
  return { px, data: new Uint8Array(px * px * 3), state: new Uint8Array(px * px) }
}

/**
 * Cuts the patch around a place from the layers, best first.
 * @throws {BadDataError} `outside-imagery` when a pixel lies in no layer, `nodata` when more than 10 % hold no data
 */
export async function cutPatch(
  layers: readonly PixelLayer[],
  { at, size }: { readonly at: LonLat; readonly size: PatchSize },
  signal: AbortSignal,
): Promise<CutPatch> {
  const { px } = size
  let canvas: Canvas | undefined
  let used: { layer: PixelLayer; rect: PixelRect } | undefined
  for (const layer of layers) {
    const mapping = mapPatch(layer, at, size)
    const rect = sourceRect(mapping, px)
    const window = await layer.readWindow(rect, signal)
    const picture = warp(window, mapping, px)
    if (used === undefined && picture.isValid === null) {
      return { image: { width: px, height: px, data: picture.data }, layer, rect }
    }
    canvas ??= createCanvas(px)
    if (paint(canvas, { layer, mapping, picture })) used ??= { layer, rect }
    if (isComplete(canvas)) break
  }
  return finish(canvas, used, at)
}

function finish(
  canvas: Canvas | undefined,
  used: { readonly layer: PixelLayer; readonly rect: PixelRect } | undefined,
  at: LonLat,
): CutPatch {
  if (canvas !== undefined) refuseOrFill(canvas, at)
  if (canvas === undefined || used === undefined) {
    throw unavailable('outside-imagery', 'Expected imagery here, got none', at)
  }
  return { image: { width: canvas.px, height: canvas.px, data: canvas.data }, ...used }
}

function isComplete({ state }: Canvas): boolean {
  return !state.includes(OUTSIDE) && !state.includes(NODATA)
}

interface Painting {
  readonly layer: PixelLayer
  readonly mapping: SourceMapping
  readonly picture: WarpedPicture
}

/** Paints the pixels that are still missing; true when it had any. */
function paint(canvas: Canvas, { layer, mapping, picture }: Painting): boolean {
  const { px, data, state } = canvas
  const { isValid } = picture
  let isUsed = false
  for (let index = 0, at = 0; index < px * px; index++, at += 3) {
    if (state[index] === THERE) continue
    if (isValid === null || isValid[index] === 1) {
      data[at] = picture.data[at] as number
      data[at + 1] = picture.data[at + 1] as number
      data[at + 2] = picture.data[at + 2] as number
      state[index] = THERE
      isUsed = true
    } else if (state[index] === OUTSIDE && isCovered(layer, mapping, { px, index })) {
      state[index] = NODATA
    }
  }
  return isUsed
}

function isCovered(
  layer: PixelLayer,
  { u, v }: SourceMapping,
  { px, index }: { readonly px: number; readonly index: number },
): boolean {
  const s = ((index % px) + 0.5) / px
  const t = (Math.floor(index / px) + 0.5) / px
  return layer.covers(evaluate(u, s, t), evaluate(v, s, t))
}

/** Few pixels without data take the mean colour of the others; too many make the patch unavailable. */
function refuseOrFill(canvas: Canvas, at: LonLat): void {
  const { px, state } = canvas
  if (state.includes(OUTSIDE)) {
    throw unavailable(
      'outside-imagery',
      'Expected imagery under the whole patch, got part of it',
      at,
    )
  }
  let missingCount = 0
  for (const one of state) if (one === NODATA) missingCount++
  if (missingCount === 0) return
  const share = missingCount / (px * px)
  if (share > NODATA_SHARE_MAX) {
    throw unavailable(
      'nodata',
      `Expected at most 10 % no-data pixels, got ${String(Math.round(share * 100))} %`,
      at,
    )
  }
  fill(canvas, px * px - missingCount)
}

/** Gives the missing pixels the mean colour of those that are there. */
function fill({ data, state }: Canvas, thereCount: number): void {
  let [red, green, blue] = [0, 0, 0]
  for (let index = 0, at = 0; index < state.length; index++, at += 3) {
    if (state[index] !== THERE) continue
    red += data[at] as number
    green += data[at + 1] as number
    blue += data[at + 2] as number
  }
  const mean = [red, green, blue].map((sum) => Math.round(sum / thereCount))
  state.forEach((one, index) => {
    if (one !== THERE) data.set(mean, index * 3)
  })
}

function unavailable(code: string, message: string, { lon, lat }: LonLat): BadDataError {
  return new BadDataError(code, message, {
    hint: 'the point is counted as not searched; use imagery that covers it',
    facts: { lon, lat },
  })
}
