/** Distances per cell → ranked cells, and where a known place stands among them. Pure. */
import { BadDataError } from '../errors.ts'
import { createCellGeometry, type CellGeometry } from '../geo/cells.ts'
import { distanceM, SurfacePoint } from '../geo/geodesic.ts'
import { prepareBoundary } from '../geo/polygon.ts'
import type { Cell, CellDistance, CellKey, Heatmap } from '../heatmap-types.ts'
import type { LonLat } from '../types.ts'

/** The reference's rule: a good cell is in the best tenth of the range of distances. */
export const GOOD_SCORE = 0.9

/** Cells from best to worst. */
export interface RankedCells {
  readonly cells: readonly Cell[]
  readonly best: number
  readonly worst: number
}

/**
 * Ranks cells by distance. Ties count against a cell: `rank = #{ j : d_j ≤ d_i }`. When no cell
 * differs from another, all have score 1: none is worse than the best.
 * @param areaInRegionKm2  of a cell, from its region's cover
 * @throws {BadDataError} `distance-not-finite`: a NaN would compare as the best of all
 */
export function rankCells(
  distances: readonly CellDistance[],
  areaInRegionKm2: (key: CellKey) => number,
): RankedCells {
  for (const { key, distance } of distances) {
    if (Number.isFinite(distance)) continue
    throw new BadDataError(
      'distance-not-finite',
      `Expected a finite distance for cell ${key}, got ${distance}`,
      { hint: 'build the region again: its embeddings are damaged' },
    )
  }
  const sorted = [...distances].sort((a, b) => a.distance - b.distance || (a.key < b.key ? -1 : 1))
  const best = sorted.at(0)?.distance ?? 0
  const worst = sorted.at(-1)?.distance ?? 0
  const ranks = ranksOf(sorted)
  const cells = sorted.map((cell, i): Cell => {
    const score = worst > best ? (worst - cell.distance) / (worst - best) : 1
    const isGood = score >= GOOD_SCORE
    const rank = ranks[i] ?? i + 1
    const { key, distance, point, pointCount, scene } = cell
    const areaKm2 = areaInRegionKm2(key)
    // Named one by one: spreading a hundred thousand cells takes a third of a second.
    const ranked = { key, distance, point, pointCount, rank, score, isGood, areaKm2 }
    return scene === undefined ? ranked : { ...ranked, scene }
  })
  return { cells, best, worst }
}

/** From the worst upwards, so that the last of equals gives its rank to all of them. */
function ranksOf(sorted: readonly CellDistance[]): Uint32Array {
  const ranks = new Uint32Array(sorted.length)
  for (let i = sorted.length - 1; i >= 0; i--) {
    const isTied = sorted[i]?.distance === sorted[i + 1]?.distance
    ranks[i] = isTied ? (ranks[i + 1] ?? i + 1) : i + 1
  }
  return ranks
}

/** How well a heatmap finds a place that is known. */
export type KnownPlace =
  | {
      readonly isSearched: false
      readonly key: CellKey
      readonly isInRegion: boolean
      /** To the middle of the nearest cell that was searched, metres. */
      readonly nearestM: number
    }
  | {
      readonly isSearched: true
      readonly key: CellKey
      readonly rank: number
      readonly cellCount: number
      /** `100 · rank / cellCount`: 1 means among the best hundredth. */
      readonly percentile: number
      /** Area of the other cells that are as good or better, km². */
      readonly betterKm2: number
      readonly distance: number
      readonly score: number
      readonly isGood: boolean
    }

/**
 * Looks up the cell of a known place.
 * @throws {InputError} `outside-projection`
 */
export function knownPlace(heatmap: Heatmap, at: LonLat): KnownPlace {
  const { cells, grid, region } = heatmap
  const geometry = createCellGeometry(grid, region.centre)
  const key = geometry.keyOf(at)
  const own = cells.find((cell) => cell.key === key)
  if (own === undefined) {
    const isInRegion = prepareBoundary(region.boundary).containsPoint(at)
    return { isSearched: false, key, isInRegion, nearestM: nearestM(cells, geometry, at) }
  }
  const betterKm2 = cells
    .filter((cell) => cell !== own && cell.distance <= own.distance)
    .reduce((sum, cell) => sum + cell.areaKm2, 0)
  const { rank, distance, score, isGood } = own
  const percentile = (100 * rank) / cells.length
  const cellCount = cells.length
  return { isSearched: true, key, rank, cellCount, percentile, betterKm2, distance, score, isGood }
}

/**
 * The nearest is found in the region's plane, for speed; only its distance is measured on the
 * ellipsoid.
 */
function nearestM(cells: readonly Cell[], geometry: CellGeometry, at: LonLat): number {
  const { equalArea } = geometry
  const [x, y] = equalArea.forward(at)
  let least = Infinity
  let nearest = geometry.centreOf(cells[0]?.key ?? geometry.keyOf(at))
  for (const { key } of cells) {
    const centre = geometry.centreOf(key)
    const [cellX, cellY] = equalArea.forward(centre)
    const offset = Math.hypot(cellX - x, cellY - y)
    if (offset < least) [least, nearest] = [offset, centre]
  }
  const point = ({ lon, lat }: LonLat) => new SurfacePoint().moveTo(lon, lat)
  return distanceM(point(at), point(nearest))
}
