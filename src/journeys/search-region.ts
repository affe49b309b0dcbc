/** A query → the heatmap of a region, and the candidates behind its best cells. */
import { sharedScenes, softmaxTop } from '../embedding/vector.ts'
import { NotFoundError } from '../errors.ts'
import { findEmbeddings } from '../gallery/embeddings.ts'
import { findRegion } from '../gallery/regions.ts'
import { aggregateDistancesByCell, findDistances } from '../gallery/search.ts'
import { regionStats } from '../gallery/stats.ts'
import { createRegionCover } from '../geo/cells-cover.ts'
import { createCellGeometry, type CellGeometry } from '../geo/cells.ts'
import { rankCells } from '../heatmap/rank.ts'
import type {
  Candidate,
  CellDistance,
  CellGrid,
  GalleryQuery,
  Heatmap,
  HeatmapQuestion,
  Logits,
  Region,
} from '../types.ts'
import { TOP_SCENES } from './embed-photo.ts'
import type { Outside } from './outside.ts'

/** What is searched where, and how the region is cut into cells. */
export interface RegionSearch {
  readonly region: string
  readonly grid: CellGrid
  readonly query: GalleryQuery
  readonly question: HeatmapQuestion
}

/**
 * Measures the query against every embedding of the region and ranks the cells.
 * @throws {NotFoundError} `region-not-found`, `region-not-built` when nothing is embedded yet
 */
export async function searchRegion(outside: Outside, search: RegionSearch): Promise<Heatmap> {
  const region = await findRegion(outside.db, search.region)
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
    readonly search: Pick<RegionSearch, 'grid' | 'question'>
    readonly distances: readonly CellDistance[]
  },
): Promise<Heatmap> {
  const { region, geometry, search, distances } = parts
  if (distances.length === 0) {
    throw new NotFoundError(
      'region-not-built',
      `Expected embeddings in region "${region.name}", got none`,
      {
        hint: `run \`whereabouts region build ${region.name}\``,
      },
    )
  }
  const stats = await regionStats(outside.db, region.id)
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
  }
}

interface Measured {
  readonly region: Region
  readonly geometry: CellGeometry
  readonly search: RegionSearch
}

async function measureCells(outside: Outside, parts: Measured): Promise<CellDistance[]> {
  const { region, geometry, search } = parts
  const { query, grid } = search
  if (grid.kind === 'h3' || grid.epsg === null) {
    return aggregateDistancesByCell(outside.db, { regionId: region.id, query, grid })
  }
  // Squares of a named CRS: the stored x, y lie in the region's projection, so points are grouped here.
  const cells = new Map<string, CellDistance>()
  for (const { distance, point } of await findDistances(outside.db, {
    regionId: region.id,
    query,
  })) {
    const key = geometry.keyOf(point)
    const known = cells.get(key)
    const pointCount = (known?.pointCount ?? 0) + 1
    const isBetter = known === undefined || distance < known.distance
    cells.set(key, isBetter ? { key, distance, point, pointCount } : { ...known, pointCount })
  }
  return [...cells.values()]
}

/**
 * The best point of each of the best cells, with what it shows.
 * @param photo  logits of the photo for shared scenes; absent for a scene query
 */
export async function findCandidates(
  outside: Outside,
  heatmap: Heatmap,
  { count, photo }: { readonly count: number; readonly photo?: Logits },
): Promise<Candidate[]> {
  const cells = heatmap.cells.slice(0, count)
  const ids = cells.map((cell) => cell.point.id)
  const rows = await findEmbeddings(outside.db, heatmap.region.id, ids)
  const byId = new Map(rows.map((row) => [row.id, row]))
  const ground = (await outside.encoder('ground')).card.stats
  const overhead = (await outside.encoder('overhead')).card.stats
  return cells.flatMap((cell, i) => {
    const row = byId.get(cell.point.id)
    if (row === undefined) return []
    return {
      rank: i + 1,
      point: cell.point,
      distance: cell.distance,
      capturedOn: row.capturedOn,
      reference: row.reference,
      patchSha256: row.patchSha256,
      scenes: softmaxTop(row.logits, TOP_SCENES),
      sharedScenes: photo
        ? sharedScenes(photo, row.logits, { ground, overhead, count: TOP_SCENES })
        : [],
    }
  })
}
