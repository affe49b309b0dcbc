/** A query → the heatmap of a region. */
import { NotFoundError } from '../errors.ts'
import { findDatesSearched } from '../gallery/dates-searched.ts'
import { findRegion } from '../gallery/regions.ts'
import { aggregateDistancesByCell, findDistances } from '../gallery/search.ts'
import { regionStats, type RegionStats } from '../gallery/stats.ts'
import { createRegionCover } from '../geo/cells-cover.ts'
import { createCellGeometry, type CellGeometry } from '../geo/cells.ts'
import { rankCells } from '../heatmap/rank.ts'
import type {
  CellDistance,
  CellGrid,
  GalleryQuery,
  Heatmap,
  HeatmapQuestion,
  ImageryDates,
} from '../heatmap-types.ts'
import type { Region } from '../types.ts'
import { nextCommand } from './next-command.ts'
import type { Outside } from './outside.ts'
import { refuseMixedModels } from './refuse-mixed.ts'
import { refuseOtherModel } from './visit-region.ts'

/** What is searched where, and how the region is cut into cells. */
export interface RegionSearch {
  readonly region: string
  readonly grid: CellGrid
  readonly query: GalleryQuery
  readonly question: HeatmapQuestion
  /** Absent: the latest imagery of every point. */
  readonly dates?: ImageryDates | undefined
}

/**
 * Measures the query against every embedding of the region and ranks the cells.
 * @throws {NotFoundError} `region-not-found`, `region-not-built` when nothing is embedded yet,
 *   `region-without-imagery` when nothing ever was
 * @throws {InputError} for a photo: as `refuseMixedModels`; for a scene: `model-mismatch`
 */
export async function searchRegion(outside: Outside, search: RegionSearch): Promise<Heatmap> {
  const region = await findRegion(outside.db, search.region)
  if (search.question.kind === 'photo') await refuseMixedModels(outside, region)
  if (search.question.kind === 'scene') refuseOtherModel(region, await outside.encoder('overhead'))
  const geometry = createCellGeometry(search.grid, region.centre)
  const distances = await measureCells(outside, { region, geometry, search })
  return assembleHeatmap(outside, { region, geometry, search, distances })
}

/** Adds ranks, areas and the region's figures to distances per cell. */
export async function assembleHeatmap(
  outside: Outside,
  parts: {
    readonly region: Region
    readonly geometry: CellGeometry
    readonly search: Pick<RegionSearch, 'grid' | 'question' | 'dates'>
    readonly distances: readonly CellDistance[]
  },
): Promise<Heatmap> {
  const { region, geometry, search, distances } = parts
  const stats = await regionStats(outside.db, region.id)
  if (distances.length === 0) throw nothingFound(outside, region, stats)
  const cover = createRegionCover(geometry, region.boundary)
  const ranked = rankCells(distances, (key) => cover.areaInRegionKm2(key))
  return {
    question: search.question,
    region,
    grid: search.grid,
    ...ranked,
    pointCount: stats.embedded,
    unavailableCount: stats.unavailable,
    pendingCount: stats.pending,
    capturedBetween: stats.capturedBetween,
    ...(search.dates && (await tellDates(outside, { region, dates: search.dates }, distances))),
  }
}

async function tellDates(
  outside: Outside,
  { region, dates }: { readonly region: Region; readonly dates: ImageryDates },
  distances: readonly CellDistance[],
): Promise<Pick<Heatmap, 'pointCount' | 'capturedBetween' | 'dates'>> {
  const { leftOut, capturedBetween } = await findDatesSearched(outside.db, {
    regionId: region.id,
    dates,
  })
  const pointCount = distances.reduce((sum, cell) => sum + cell.pointCount, 0)
  return { pointCount, capturedBetween, dates: { ...dates, leftOut } }
}

function nothingFound(
  outside: Outside,
  region: Region,
  { embedded, pending, unavailableByReason, patchesByYear }: RegionStats,
): NotFoundError {
  const { name } = region
  if (embedded === 0 && pending === 0) {
    const reasons = Object.entries(unavailableByReason).map(([why, count]) => `${why} (${count})`)
    return new NotFoundError(
      'region-without-imagery',
      `Expected embeddings in region "${name}", got points without imagery alone: ${reasons.join(', ')}`,
      {
        hint: `check the source, its zooms and its area; then \`${nextCommand(outside, region, 'region build')} --retry\``,
      },
    )
  }
  if (embedded === 0) {
    return new NotFoundError(
      'region-not-built',
      `Expected embeddings in region "${name}", got none`,
      { hint: `run \`${nextCommand(outside, region, 'region build')}\`` },
    )
  }
  const years = Object.entries(patchesByYear).map(([year, count]) => `${year} (${count})`)
  return new NotFoundError(
    'imagery-of-dates',
    `Expected imagery of these dates in region "${name}", got none`,
    { hint: `there are patches of ${years.join(', ')}` },
  )
}

interface Measured {
  readonly region: Region
  readonly geometry: CellGeometry
  readonly search: RegionSearch
}

async function measureCells(outside: Outside, parts: Measured): Promise<CellDistance[]> {
  const { region, geometry, search } = parts
  const { query, grid, dates } = search
  if (grid.kind === 'h3' || grid.epsg === null) {
    return aggregateDistancesByCell(outside.db, { regionId: region.id, query, grid, dates })
  }
  // Squares of a named CRS: the stored x, y lie in the region's projection, so points are grouped
  // here.
  const cells = new Map<string, CellDistance>()
  for (const { distance, point } of await findDistances(outside.db, {
    regionId: region.id,
    query,
    dates,
  })) {
    const key = geometry.keyOf(point)
    const known = cells.get(key)
    const pointCount = (known?.pointCount ?? 0) + 1
    const isBetter = known === undefined || distance < known.distance
    cells.set(key, isBetter ? { key, distance, point, pointCount } : { ...known, pointCount })
  }
  return [...cells.values()]
}
