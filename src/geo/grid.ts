/** Region → the centres of its grid cells, in the region's equal-area projection. Pure. */
import { InputError } from '../errors.ts'
import type { Boundary, LonLat, RoadPoint } from '../types.ts'
import { bboxOf, prepareBoundary } from './polygon.ts'
import { checkReach, projectBoundary } from './project-boundary.ts'
import { createLaea } from './projection.ts'

/**
 * More points than this in one region are refused: the mistake is usually a missing zero in the
 * step.
 */
const MAX_POINTS = 5_000_000
/** Far below what the reach of a projection is short of a hemisphere. */
const REACH_TOLERANCE_M = 10_000

/**
 * Centre of the region's projection: the middle of its bounding box, rounded to 0.01°.
 * @throws {InputError} `boundary-too-large`: no heatmap could be made around it
 */
export function regionCentre(boundary: Boundary): LonLat {
  const [west, south, east, north] = bboxOf(boundary)
  const round = (degrees: number) => Math.round(degrees * 100) / 100
  const lon = round((west + east) / 2)
  const centre = { lon: lon > 180 ? round(lon - 360) : lon, lat: round((south + north) / 2) }
  checkReach(projectBoundary(boundary, createLaea(centre), REACH_TOLERANCE_M), centre)
  return centre
}

/**
 * Grid points: centres of the squares of side `stepM` metres that the region's projection is cut
 * into, where the centre lies inside the boundary (and `keep` agrees). Rows from north to south,
 * west to east.
 * @throws {InputError} `grid-too-large`, `boundary-too-large`
 */
export function gridPoints(
  boundary: Boundary,
  stepM: number,
  keep: (at: LonLat) => boolean = () => true,
): RoadPoint[] {
  const projection = createLaea(regionCentre(boundary))
  const { columnMin, columnMax, rowMin, rowMax } = gridExtent(boundary, stepM)
  const count = (columnMax - columnMin + 1) * (rowMax - rowMin + 1)
  if (count > MAX_POINTS) {
    throw new InputError(
      'grid-too-large',
      `Expected at most ${MAX_POINTS} grid points, got ${count}`,
      {
        hint: 'choose a larger --grid step or a smaller boundary',
      },
    )
  }
  const inside = prepareBoundary(boundary)
  const points: RoadPoint[] = []
  for (let row = rowMax; row >= rowMin; row--) {
    for (let column = columnMin; column <= columnMax; column++) {
      const at = projection.inverse((column + 0.5) * stepM, (row + 0.5) * stepM)
      if (inside.containsPoint(at) && keep(at)) points.push({ id: points.length, ...at })
    }
  }
  return points
}

/**
 * Columns and rows that can hold the boundary: its corners' extent, with edges sampled for
 * curvature.
 */
function gridExtent(boundary: Boundary, stepM: number) {
  const [west, south, east, north] = bboxOf(boundary)
  const projection = createLaea(regionCentre(boundary))
  const xs: number[] = []
  const ys: number[] = []
  for (let i = 0; i <= 16; i++) {
    const lon = west + ((east - west) * i) / 16
    const lat = south + ((north - south) * i) / 16
    for (const at of [
      { lon, lat: south },
      { lon, lat: north },
      { lon: west, lat },
      { lon: east, lat },
    ]) {
      const [x, y] = projection.forward(at)
      xs.push(x)
      ys.push(y)
    }
  }
  const columnOf = (metres: number) => Math.floor(metres / stepM)
  return {
    columnMin: columnOf(Math.min(...xs)) - 1,
    columnMax: columnOf(Math.max(...xs)) + 1,
    rowMin: columnOf(Math.min(...ys)) - 1,
    rowMax: columnOf(Math.max(...ys)) + 1,
  }
}
