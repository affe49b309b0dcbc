/** Which part of the region's projection a picture shows, and how large. Pure. */
import { boxOf, type Box, type PlanePolygon } from '../geo/clip.ts'
import { createLaea } from '../geo/projection.ts'
import { projectBoundary } from '../geo/project-boundary.ts'
import type { LonLat, Region } from '../types.ts'

/** Map frame: `px` right and down from its top left; north is up at the region's centre. */
export interface MapView {
  readonly width: number
  readonly height: number
  readonly metresPerPx: number
  /** Middle of the frame. */
  readonly centre: LonLat
  /** The region in px. */
  readonly polygons: readonly PlanePolygon[]
  toPx(at: LonLat): readonly [x: number, y: number]
  metresToPx(x: number, y: number): readonly [x: number, y: number]
}

const WIDTH_MAX = 1000
const HEIGHT_MAX = 820
const WIDTH_MIN = 480
const HEIGHT_MIN = 520
/** Above and below there is room for labels, north arrow and scale bar. */
const MARGIN_X_PX = 18
const MARGIN_Y_PX = 46

/**
 * Panels of scattered imagery: at most this many, where they fill less than this share of one map.
 */
const PANELS_MAX = 6
const PANELS_FILL_MAX = 0.12
export const PANEL_COLUMNS = 3
export const PANEL_GAP_PX = 14

/**
 * The views of a picture: one map; or, for a few small parts that lie far apart, one panel each at
 * the same scale, from west to east.
 */
export function createMapViews(region: Region): MapView[] {
  const projection = createLaea(region.centre)
  const polygons = projectBoundary(region.boundary, projection, 1000)
  const whole = boxOf(polygons.flat())
  const parts = mergeNear(polygons.map((polygon) => boxOf(polygon)))
  const filled = parts.reduce((sum, part) => sum + areaOfBox(part), 0) / areaOfBox(whole)
  const isScattered = parts.length > 1 && parts.length <= PANELS_MAX && filled < PANELS_FILL_MAX
  if (!isScattered) return [createMapView(region, whole, { width: WIDTH_MAX, height: HEIGHT_MAX })]
  const columns = Math.min(PANEL_COLUMNS, parts.length)
  const width = Math.floor((WIDTH_MAX - (columns - 1) * PANEL_GAP_PX) / columns)
  const sideM = Math.max(...parts.flatMap(([x0, y0, x1, y1]) => [x1 - x0, y1 - y0]))
  parts.sort((a, b) => a[0] - b[0])
  const height = width + 2 * (MARGIN_Y_PX - MARGIN_X_PX)
  return parts.map((part) => createMapView(region, widen(part, sideM), { width, height }))
}

function areaOfBox([xMin, yMin, xMax, yMax]: Box): number {
  return (xMax - xMin) * (yMax - yMin)
}

/** A square of the given side around the middle of a box, so that all panels have one scale. */
function widen([xMin, yMin, xMax, yMax]: Box, sideM: number): Box {
  const x = (xMin + xMax) / 2
  const y = (yMin + yMax) / 2
  return [x - sideM / 2, y - sideM / 2, x + sideM / 2, y + sideM / 2]
}

/** Joins boxes that touch or nearly do. */
function mergeNear(boxes: readonly Box[]): Box[] {
  const merged: Box[] = []
  for (const box of boxes) {
    let joined = box
    for (let i = merged.length - 1; i >= 0; i--) {
      const other = merged[i]
      if (other === undefined || !isNear(joined, other)) continue
      joined = union(joined, other)
      merged.splice(i, 1)
      i = merged.length
    }
    merged.push(joined)
  }
  return merged
}

function isNear(a: Box, b: Box): boolean {
  const reach = Math.max(a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]) / 2
  const isApartX = a[0] - reach > b[2] || b[0] - reach > a[2]
  return !isApartX && !(a[1] - reach > b[3] || b[1] - reach > a[3])
}

function union(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]
}

/** Fits a part of the region, metres in its projection, into a frame. */
function createMapView(
  region: Region,
  box: Box,
  most: { readonly width: number; readonly height: number },
): MapView {
  const projection = createLaea(region.centre)
  const widthM = box[2] - box[0]
  const heightM = box[3] - box[1]
  const metresPerPx = Math.max(
    widthM / (most.width - 2 * MARGIN_X_PX),
    heightM / (most.height - 2 * MARGIN_Y_PX),
    0.01,
  )
  const toFit = (metres: number) => Math.ceil(metres / metresPerPx - 1e-6)
  const width = Math.max(toFit(widthM) + 2 * MARGIN_X_PX, Math.min(WIDTH_MIN, most.width))
  const height = Math.max(toFit(heightM) + 2 * MARGIN_Y_PX, Math.min(HEIGHT_MIN, most.height))
  const left = (box[0] + box[2]) / 2 - (width / 2) * metresPerPx
  const top = (box[1] + box[3]) / 2 + (height / 2) * metresPerPx
  const metresToPx = (x: number, y: number) =>
    [(x - left) / metresPerPx, (top - y) / metresPerPx] as const
  const polygons = projectBoundary(region.boundary, projection, metresPerPx / 4)
  return {
    width,
    height,
    metresPerPx,
    centre: projection.inverse((box[0] + box[2]) / 2, (box[1] + box[3]) / 2),
    polygons: polygons.map((polygon) => polygon.map((ring) => ringToPx(ring, metresToPx))),
    metresToPx,
    toPx: (at) => metresToPx(...projection.forward(at)),
  }
}

function ringToPx(ring: readonly number[], metresToPx: MapView['metresToPx']): number[] {
  const moved: number[] = []
  for (let i = 0; i < ring.length; i += 2) {
    moved.push(...metresToPx(ring[i] ?? NaN, ring[i + 1] ?? NaN))
  }
  return moved
}
