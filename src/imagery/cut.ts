/**
 * A place → a patch: nine points of the patch are projected into the source's pixels, the window
 * around them is read, and warped. Several layers of pixels complete each other, the first is
 * preferred.
 */
import { BadDataError, InputError } from '../errors.ts'
import { createLocalFrame } from '../geo/local-frame.ts'
import { fitBiquadratic, evaluate } from '../image/biquadratic.ts'
import {
  sourceRect,
  warp,
  type PictureWanted,
  type PixelRect,
  type PixelWindow,
  type SourceMapping,
  type WarpedPicture,
} from '../image/resample.ts'
import type { LonLat, Rgb8 } from '../types.ts'
import {
  createCanvas,
  fillMissing,
  isComplete,
  NODATA,
  OUTSIDE,
  paint,
  type Canvas,
} from './canvas.ts'
import { OVERVIEWS_HINT } from './check-fineness.ts'
import { PixelBudget } from './pixel-budget.ts'
import { assembleWindow } from './pixel-window.ts'
import type { PatchRequest, PatchSize } from './source.ts'

/** One georeferenced grid of pixels, however its source stores it. */
export interface PixelLayer {
  /** Place → px from the layer's top left corner. */
  toPixel(place: LonLat): [u: number, v: number]
  /** True where the layer has an image, data or not; `u`, `v` in px. */
  covers(u: number, v: number): boolean
  /** The blocks or tiles that a rectangle touches, best first where they overlap. */
  readPieces(rect: PixelRect, signal: AbortSignal): Promise<readonly PixelWindow[]>
  /** Filled by `readPieces`: where it found that there is no imagery. Absent: it throws instead. */
  readonly holes?: readonly Hole[]
}

/** A part of a layer without imagery. */
export interface Hole {
  readonly rect: PixelRect
  /** The code that stands for it, e.g. `no-tile`. */
  readonly reason: string
}

/** A cut patch and the window of the first layer it came from. */
export interface CutPatch {
  readonly image: Rgb8
  readonly layer: PixelLayer
  readonly rect: PixelRect
}

/** Patches with a larger share of pixels without data are refused. */
export const NODATA_SHARE_MAX = 0.1

/** Maps the patch's unit square (s east, t south) into a layer's pixels. */
export function mapPatch(
  layer: Pick<PixelLayer, 'toPixel'>,
  at: LonLat,
  size: PatchSize,
): SourceMapping {
  const frame = createLocalFrame(at)
  const sideM = size.px * size.gsd
  const u = new Float64Array(9)
  const v = new Float64Array(9)
  for (let node = 0; node < 9; node++) {
    const s = (node % 3) / 2
    const t = Math.floor(node / 3) / 2
    const { lon, lat } = frame.inverse((s - 0.5) * sideM, (0.5 - t) * sideM)
    // Across the date line longitude goes on: pixels at the other end of the world would span all
    // of it.
    const turns = Math.round((lon - at.lon) / 360)
    ;[u[node], v[node]] = layer.toPixel({ lon: lon - 360 * turns, lat })
  }
  return { u: fitBiquadratic(u), v: fitBiquadratic(v) }
}

/**
 * Positions (s, t) of a patch that are looked at to say whether a layer covers it: a lattice and
 * its border.
 */
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

/**
 * Cuts the patch around a place from the layers, best first.
 * @throws {BadDataError} `outside-imagery` when a pixel lies in no layer, `nodata` when more than
 *   10 % hold no data
 */
export async function cutPatch(
  layers: readonly PixelLayer[],
  { at, size }: { readonly at: LonLat; readonly size: PatchRequest },
  signal: AbortSignal,
): Promise<CutPatch> {
  const { px } = size
  let canvas: Canvas | undefined
  let used: { layer: PixelLayer; rect: PixelRect } | undefined
  for (const [index, layer] of layers.entries()) {
    const mapping = mapPatch(layer, at, size)
    const { picture, rect } = await readPicture(layer, { mapping, size }, signal)
    if (used === undefined && picture.isValid === null) {
      return { image: { width: px, height: px, data: picture.data }, layer, rect }
    }
    canvas ??= createCanvas(px)
    if (paint(canvas, { index, layer, mapping, picture })) used ??= { layer, rect }
    if (isComplete(canvas)) break
  }
  return finish(canvas, used, at)
}

/**
 * Of imagery of 2 cm without overviews one patch is 31 million pixels; 32 at a time would hold 5
 * GB.
 */
const budget = new PixelBudget(64e6)
/** Of three or four bytes each, once as they are read and once more for the warp. */
const PIXELS_MAX = 500e6

/**
 * Reads what a layer has of a patch or window, and warps it.
 * @throws {InputError} `imagery-too-fine`
 */
export async function readPicture(
  layer: Pick<PixelLayer, 'readPieces'>,
  { mapping, size }: { readonly mapping: SourceMapping; readonly size: PictureWanted },
  signal: AbortSignal,
): Promise<{ readonly picture: WarpedPicture; readonly rect: PixelRect }> {
  const rect = sourceRect(mapping, size.px)
  const pixels = rect.width * rect.height
  if (pixels > PIXELS_MAX) throw tooFine(pixels, size.px)
  const picture = await budget.within(pixels, async () => {
    signal.throwIfAborted()
    return warp(assembleWindow(rect, await layer.readPieces(rect, signal)), mapping, size)
  })
  return { picture, rect }
}

function tooFine(pixels: number, px: number): InputError {
  return new InputError(
    'imagery-too-fine',
    `Expected at most 500 million pixels of imagery for ${px} × ${px}, got ${Math.round(pixels / 1e6)} million`,
    { hint: OVERVIEWS_HINT },
  )
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

/**
 * Few pixels without data take the mean colour of the others; too many make the patch unavailable.
 */
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
  fillMissing(canvas)
}

function unavailable(code: string, message: string, { lon, lat }: LonLat): BadDataError {
  return new BadDataError(code, message, {
    hint: 'the point is counted as not searched; use imagery that covers it',
    facts: { lon, lat },
  })
}
