/**
 * Grid points → windows and squares in them: where the patches of a dense build lie. The lattice
 * hangs on the region's projection and grid alone, so that every process finds the same patch for a
 * point, whatever else is open. Pure.
 */
import { createLocalFrame } from '../geo/local-frame.ts'
import { createLaea } from '../geo/projection.ts'
import type { PixelSquare } from '../imagery/source.ts'
import type { Bbox, LonLat } from '../types.ts'

/**
 * Patches on a side of a window at most, at the model's stride: 832 px for patches of 224 px and a
 * stride of 32. Smaller windows cost more per patch, larger ones gain little and need more memory
 * (`npm run bench:dense -- windows`).
 */
export const WINDOW_PATCHES = 20

/**
 * Sides of a row of windows are bent in longitude and latitude, by centimetres; share of a window's
 * side.
 */
const BOX_MARGIN = 0.01

/** What a lattice is made of. */
export interface LatticePlan {
  /** Centre of the region's projection, and the step of its grid in metres. */
  readonly centre: LonLat
  readonly stepM: number
  /** The model's patch, stride and metres per pixel. */
  readonly patchPx: number
  readonly stridePx: number
  readonly gsd: number
  /** Patches at every so many metres: the stride, or half of it (four passes, shifted). */
  readonly spacingM: number
  /** Absent: `WINDOW_PATCHES`. */
  readonly windowPatches?: number
  /**
   * Metres east and north of the centre where the windows begin: a corner of the region. Absent:
   * the centre.
   */
  readonly cornerM?: readonly [east: number, north: number]
}

/** A window by its place in the lattice: columns to the east, rows to the north. */
export interface WindowPlace {
  readonly column: number
  readonly row: number
}

/** The patch of a dense build that stands for a point. */
export interface DensePlace {
  readonly square: PixelSquare
  /** From the point to the centre of the patch. */
  readonly distanceM: number
}

/** Where windows and patches lie. */
export interface DenseLattice {
  /** Side of a window; its map is read in `passes` × `passes` shifted parts of `passPx`. */
  readonly windowPx: number
  readonly passPx: number
  readonly passes: number
  /** Pixels between two patches. */
  readonly spacingPx: number
  /** Side of the ground for whose points a window is responsible. */
  readonly spanM: number
  windowOf(point: LonLat): WindowPlace
  centreOf(window: WindowPlace): LonLat
  /** A box that holds all points of the windows of a row, from one to another further east. */
  boxOf(first: WindowPlace, last: WindowPlace): Bbox
  /** A function that finds the patch of a window that is nearest to a point. */
  patchFinder(window: WindowPlace): (point: LonLat) => DensePlace
}

/**
 * Lays the lattice. A grid whose step is a multiple of the spacing has a patch exactly on each
 * point.
 */
export function createDenseLattice(plan: LatticePlan): DenseLattice {
  const { spacingM, gsd, stridePx, patchPx } = plan
  const projection = createLaea(plan.centre)
  const spacingPx = spacingM / gsd
  const passes = stridePx / spacingPx
  const perStride = plan.windowPatches ?? WINDOW_PATCHES
  const count = perStride * passes
  const spanM = count * spacingM
  // Grid points lie in the middle of cells that are aligned to the projection's origin.
  const phaseM = (plan.stepM / 2) % spacingM
  const patchAt = (metres: number) => Math.round((metres - phaseM) / spacingM)
  const [cornerEast, cornerNorth] = plan.cornerM ?? [phaseM, phaseM]
  const [firstEast, firstNorth] = [patchAt(cornerEast), patchAt(cornerNorth)]
  const indexOf = (metres: number, first: number) => Math.floor((patchAt(metres) - first) / count)
  const middleOf = (index: number, first: number) =>
    phaseM + (first + index * count + (count - 1) / 2) * spacingM
  const centreOf = ({ column, row }: WindowPlace) =>
    projection.inverse(middleOf(column, firstEast), middleOf(row, firstNorth))
  const nearest = (metres: number) =>
    Math.min(count - 1, Math.max(0, Math.round(metres / spacingM + (count - 1) / 2)))
  const metresOf = (index: number) => (index - (count - 1) / 2) * spacingM
  return {
    windowPx: patchPx + (count - 1) * spacingPx,
    passPx: patchPx + (perStride - 1) * stridePx,
    passes,
    spacingPx,
    spanM,
    windowOf: (point) => {
      const [x, y] = projection.forward(point)
      return { column: indexOf(x, firstEast), row: indexOf(y, firstNorth) }
    },
    centreOf,
    boxOf: (first, last) => {
      const reachM = (0.5 + BOX_MARGIN) * spanM
      const left = middleOf(first.column, firstEast) - reachM
      const right = middleOf(last.column, firstEast) + reachM
      const bottom = middleOf(first.row, firstNorth) - reachM
      const top = middleOf(first.row, firstNorth) + reachM
      const border = [left, (left + right) / 2, right].flatMap((x) =>
        [bottom, (bottom + top) / 2, top].map((y) => projection.inverse(x, y)),
      )
      return boxAround(border)
    },
    patchFinder: (window) => {
      const frame = createLocalFrame(centreOf(window))
      return (point) => {
        const [east, north] = frame.forward(point)
        const [across, up] = [nearest(east), nearest(north)]
        const distanceM = Math.hypot(east - metresOf(across), north - metresOf(up))
        const square = { x: across * spacingPx, y: (count - 1 - up) * spacingPx, px: patchPx }
        return { square, distanceM }
      }
    },
  }
}

/** Across the date line the west lies at the larger longitude. */
function boxAround(places: readonly LonLat[]): Bbox {
  const from = places[0]?.lon ?? 0
  const turns = places.map(({ lon }) => wrapLongitude(lon - from))
  const lats = places.map(({ lat }) => lat)
  const [west, east] = [
    wrapLongitude(from + Math.min(...turns)),
    wrapLongitude(from + Math.max(...turns)),
  ]
  return [west, Math.min(...lats), east, Math.max(...lats)]
}

/** To −180…180°. */
function wrapLongitude(lon: number): number {
  return ((((lon + 180) % 360) + 360) % 360) - 180
}
