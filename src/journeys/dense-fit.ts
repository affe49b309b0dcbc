/**
 * How large the windows of a region are: those at its borders should not hold much that lies beyond
 * it. Pure.
 */
import { bboxOf } from '../geo/polygon.ts'
import { createLaea } from '../geo/projection.ts'
import type { Boundary, LonLat } from '../types.ts'
import {
  createDenseLattice,
  WINDOW_PATCHES,
  type DenseLattice,
  type LatticePlan,
} from './dense-lattice.ts'

/** Smaller windows overlap too much to be worth it: a patch costs a third more. */
const WINDOW_PATCHES_MIN = 12

/**
 * Lays the lattice whose windows over a region have the fewest pixels together, from its corner in
 * the south-west on. It follows from boundary, grid and model alone, as everything that is stored
 * has to.
 */
export function fitLattice(plan: LatticePlan, boundary: Boundary): DenseLattice {
  const places = placesOn(boundary)
  const projection = createLaea(plan.centre)
  const ground = places.map((place) => projection.forward(place))
  const cornerM = [
    Math.min(...ground.map(([east]) => east)),
    Math.min(...ground.map(([, north]) => north)),
  ] as const
  let best = createDenseLattice({ ...plan, cornerM })
  for (let count = WINDOW_PATCHES - 1; count >= WINDOW_PATCHES_MIN; count--) {
    const lattice = createDenseLattice({ ...plan, cornerM, windowPatches: count })
    if (pixelsOf(lattice, places) < pixelsOf(best, places)) best = lattice
  }
  return best
}

/** Pixels that go through the network, over the box around some places. */
function pixelsOf(lattice: DenseLattice, places: readonly LonLat[]): number {
  const windows = places.map((place) => lattice.windowOf(place))
  const columns = spread(windows.map(({ column }) => column))
  const rows = spread(windows.map(({ row }) => row))
  return columns * rows * (lattice.passes * lattice.passPx) ** 2
}

function spread(indices: readonly number[]): number {
  return Math.max(...indices) - Math.min(...indices) + 1
}

/**
 * Corners, middles of the sides and the middle of the box around a region: its projection bends the
 * sides.
 */
function placesOn(boundary: Boundary): LonLat[] {
  const [west, south, east, north] = bboxOf(boundary)
  const lons = [west, (west + east) / 2, east]
  return lons.flatMap((lon) => [south, (south + north) / 2, north].map((lat) => ({ lon, lat })))
}
