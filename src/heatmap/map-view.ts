/** Which part of the region's projection a picture shows, and how large. Pure. */
import { boxOf, type PlanePolygon } from '../geo/clip.ts'
import { createLaea, type Projection } from '../geo/projection.ts'
import { projectBoundary } from '../geo/project-boundary.ts'
import type { LonLat, Region } from '../types.ts'

/** Map frame: `px` right and down from its top left; north is up at the region's centre. */
export interface MapView {
  readonly width: number
  readonly height: number
  readonly metresPerPx: number
  readonly projection: Projection
  /** The region in px. */
  readonly polygons: readonly PlanePolygon[]
  toPx(at: LonLat): readonly [x: number, y: number]
  metresToPx(x: number, y: number): readonly [x: number, y: number]
}

const WIDTH_MAX = 1000
const HEIGHT_MAX = 820
const WIDTH_MIN = 480
const HEIGHT_MIN = 520
const MARGIN_PX = 18

/** Fits the region into the frame. */
export function createMapView(region: Region): MapView {
  const projection = createLaea(region.centre)
  const rough = boxOf(projectBoundary(region.boundary, projection, 1000).flat())
  const widthM = rough[2] - rough[0]
  const heightM = rough[3] - rough[1]
  const metresPerPx = Math.max(
    widthM / (WIDTH_MAX - 2 * MARGIN_PX),
    heightM / (HEIGHT_MAX - 2 * MARGIN_PX),
    0.01,
  )
  const fit = (metres: number, least: number) =>
    Math.max(least, Math.ceil(metres / metresPerPx) + 2 * MARGIN_PX)
  const width = fit(widthM, WIDTH_MIN)
  const height = fit(heightM, HEIGHT_MIN)
  const left = (rough[0] + rough[2]) / 2 - (width / 2) * metresPerPx
  const top = (rough[1] + rough[3]) / 2 + (height / 2) * metresPerPx
  const metresToPx = (x: number, y: number) =>
    [(x - left) / metresPerPx, (top - y) / metresPerPx] as const
  const polygons = projectBoundary(region.boundary, projection, metresPerPx / 4)
  return {
    width,
    height,
    metresPerPx,
    projection,
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
