/**
 * The table `heatmaps`: finished ones, found again by what was asked of which state of the region.
 */
import { createHash } from 'node:crypto'
import { InputError, NotFoundError } from '../errors.ts'
import type { CellGrid, GalleryQuery, Heatmap, HeatmapQuestion } from '../heatmap-types.ts'
import type { Database } from './database.ts'

/**
 * Of the longest scenes and keys: the embedded database has memory for no 500,000, a `jsonb` array
 * room for no 800,000.
 */
const KEPT_CELLS_MAX = 400_000

/** Everything that decides what a heatmap looks like, besides the state of its region. */
export interface HeatmapRequest {
  readonly regionId: number
  readonly question: HeatmapQuestion
  /** Absent for the map of the best scenes. */
  readonly query?: GalleryQuery
  readonly grid: CellGrid
  /** SHA-256 of the models that made query and rows. */
  readonly models: readonly string[]
}

/** What a request leads to in the region's present state. */
export interface HeatmapAddress {
  /** SHA-256, hex. */
  readonly id: string
  readonly regionVersion: string
  /** Whether it is there already: then `findHeatmap` has it. */
  readonly isStored: boolean
}

/** A heatmap as it is found. */
export interface StoredHeatmap {
  readonly id: string
  /**
   * As it was asked, without the query: that is a photo's embedding, which goes when the photo is
   * removed.
   */
  readonly request: unknown
  readonly heatmap: Heatmap
  readonly createdAt: string
}

/**
 * The address of a heatmap: the same until points of the region or the request change.
 * @throws {NotFoundError} `region-not-found`
 */
export async function addressHeatmap(
  db: Database,
  request: HeatmapRequest,
): Promise<HeatmapAddress> {
  return db.withClient(async (client) => {
    const [region] = await client.query<{ version: bigint }>(
      'select version from regions where id = $1',
      [request.regionId],
    )
    if (region === undefined) throw noRegion(request)
    const regionVersion = String(region.version)
    const text = `${regionVersion}\n${requestText(request)}`
    const id = createHash('sha256').update(text).digest('hex')
    const rows = await client.query('select 1 from heatmaps where id = $1', [id])
    return { id, regionVersion, isStored: rows.length > 0 }
  })
}

/**
 * Keeps a heatmap under the address that was looked up before it was computed.
 * @throws {NotFoundError} `region-not-found` when its region was deleted meanwhile
 * @throws {InputError} `cells-too-many` above 400,000
 */
export async function insertHeatmap(
  db: Database,
  { id, regionVersion }: HeatmapAddress,
  { request, heatmap }: { readonly request: HeatmapRequest; readonly heatmap: Heatmap },
): Promise<void> {
  refuseTooManyCells(heatmap)
  const described = { ...request, query: undefined }
  const regions = await db.withClient((client) =>
    client.query(
      `with present as (select id from regions where id = $2 for key share),
            kept as (insert into heatmaps (id, region, region_version, request, heatmap)
                     select $1, id, $3, $4::jsonb, $5::jsonb from present
                         on conflict (id) do nothing)
       select from present`,
      [id, request.regionId, regionVersion, requestText(described), JSON.stringify(heatmap)],
    ),
  )
  if (regions.length === 0) throw noRegion(request)
}

function refuseTooManyCells({ cells }: Heatmap): void {
  if (cells.length <= KEPT_CELLS_MAX) return
  throw new InputError(
    'cells-too-many',
    `Expected at most ${KEPT_CELLS_MAX} cells in a heatmap that is kept, got ${cells.length}`,
    { hint: 'choose larger cells, or write files: `whereabouts locate`, `whereabouts scene`' },
  )
}

function noRegion({ regionId }: HeatmapRequest): NotFoundError {
  return new NotFoundError('region-not-found', `Expected a region, got id ${regionId}`, {
    hint: 'it was deleted meanwhile',
  })
}

/** @throws {NotFoundError} `heatmap-not-found` */
export async function findHeatmap(db: Database, id: string): Promise<StoredHeatmap> {
  const [row] = await db.withClient((client) =>
    client.query<StoredHeatmap>(
      'select id, request, heatmap, created_at as "createdAt" from heatmaps where id = $1',
      [id],
    ),
  )
  if (row !== undefined) return row
  throw new NotFoundError(
    'heatmap-not-found',
    `Expected a known heatmap, got "${id.slice(0, 64)}"`,
    {
      hint: 'it went with its region, or was never made: POST /v1/heatmaps',
    },
  )
}

/** JSON with sorted keys: the same request is the same text. */
function requestText(request: object): string {
  return JSON.stringify(request, (_, value: unknown) => {
    if (value instanceof Float32Array) return [...value]
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
