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
  const canvas: Canvas = {
    px,
    data: new Uint8Array(px * px * 3),
    state: new Uint8Array(px * px),
  }
  let used: { layer: PixelLayer; rect: PixelRect } | undefined
  for (const layer of layers) {
    const mapping = mapPatch(layer, at, size)
    const rect = sourceRect(mapping, px)
    const window = await layer.readWindow(rect, signal)
    const thereBefore = used !== undefined
    if (paint(canvas, { layer, mapping, window })) used ??= { layer, rect }
    if (!thereBefore && window.channels === 3) break
    if (!canvas.state.some((state) => state !== THERE)) break
  }
  refuseOrFill(canvas, at)
  if (used === undefined)
    throw unavailable('outside-imagery', 'Expected imagery here, got none', at)
  return { image: { width: px, height: px, data: canvas.data }, ...used }
}

interface Painting {
  readonly layer: PixelLayer
  readonly mapping: SourceMapping
  readonly window: PixelWindow
}

/** Paints the pixels that are still missing; true when it had any. */
function paint(canvas: Canvas, { layer, mapping, window }: Painting): boolean {
  const { px, data, state } = canvas
  const picture = warp(window, mapping, px)
  if (picture.isValid === null && state.every((one) => one === OUTSIDE)) {
    data.set(picture.data)
    state.fill(THERE)
    return true
  }
  let isUsed = false
  for (let index = 0; index < px * px; index++) {
    if (state[index] === THERE) continue
    if (picture.isValid === null || picture.isValid[index] === 1) {
      data.set(picture.data.subarray(index * 3, index * 3 + 3), index * 3)
      state[index] = THERE
      isUsed = true
    } else if (state[index] === OUTSIDE) {
      const s = ((index % px) + 0.5) / px
      const t = (Math.floor(index / px) + 0.5) / px
      if (layer.covers(evaluate(mapping.u, s, t), evaluate(mapping.v, s, t))) state[index] = NODATA
    }
  }
  return isUsed
}

/** Few pixels without data take the mean colour of the others; too many make the patch unavailable. */
function refuseOrFill({ px, data, state }: Canvas, at: LonLat): void {
  if (state.includes(OUTSIDE)) {
    throw unavailable(
      'outside-imagery',
      'Expected imagery under the whole patch, got part of it',
      at,
    )
  }
  const isMissing = (index: number): boolean => state[index] === NODATA
  const missing = Array.from(state.keys()).filter(isMissing)
  if (missing.length === 0) return
  const share = missing.length / (px * px)
  if (share > NODATA_SHARE_MAX) {
    throw unavailable(
      'nodata',
      `Expected at most 10 % no-data pixels, got ${String(Math.round(share * 100))} %`,
      at,
    )
  }
  const sums = [0, 0, 0]
  for (let index = 0; index < data.length; index++) {
    const channel = index % 3
    if (state[(index - channel) / 3] === THERE)
      sums[channel] = (sums[channel] ?? 0) + (data[index] ?? 0)
  }
  const mean = sums.map((sum) => Math.round(sum / (px * px - missing.length)))
  for (const index of missing) data.set(mean, index * 3)
}

function unavailable(code: string, message: string, { lon, lat }: LonLat): BadDataError {
  return new BadDataError(code, message, {
    hint: 'the point is counted as not searched; use imagery that covers it',
    facts: { lon, lat },
  })
}
