/**
 * All rows of a region out of the database, and into another one: what a pack is filled from and
 * emptied into.
 */
import type { Bbox, Region, SourceReference } from '../types.ts'
import { findAttributionsOn } from './attributions.ts'
import type { CopyValue } from './copy.ts'
import type { Client, Database } from './database.ts'
import { embeddingsTable } from './embeddings.ts'
import { readHalfvec } from './halfvec.ts'
import type { PackRow } from './pack-columns.ts'
import type { PackedRegion } from './pack-manifest.ts'
import { countChange } from './points.ts'
import { findDatePolicyOn } from './refresh.ts'
import { findRegionOn, insertRegionOn } from './regions.ts'
import { findStretchesOn } from './stretches.ts'

const pointsTable = {
  name: 'points',
  columns: {
    region: 'int4',
    id: 'int4',
    lon: 'float8',
    lat: 'float8',
    state: 'text',
    reason: 'text',
  },
} as const

/** How much there is to read. */
export interface PackExtent {
  readonly pointCount: number
  readonly embeddingCount: number
  /** Of the points; null when there are none. */
  readonly bbox: Bbox | null
}

/** What takes the rows of a region, in the order of points and vintages. */
export interface PackSink {
  begin(extent: PackExtent): void
  write(rows: readonly PackRow[]): Promise<void>
}

/** Index order, also on tables that were never analysed. */
const readSettings = `
  set local enable_sort = off;
  set local enable_hashjoin = off;
  set local enable_mergejoin = off`

/**
 * Hands all points of a region with their embeddings to a sink.
 * @param chunk  points at a time
 * @returns the region as it was at the same moment as they
 * @throws {NotFoundError} `region-not-found`
 */
export async function readRegionRows(
  db: Database,
  { name, chunk }: { readonly name: string; readonly chunk: number },
  sink: PackSink,
): Promise<Region & Required<PackedRegion>> {
  return db.snapshot(async (client) => {
    await client.script(readSettings)
    const found = await findRegionOn(client, name)
    const { id: regionId } = found
    const dates = await findDatePolicyOn(client, regionId)
    const stretches = await findStretchesOn(client, regionId)
    const attributions = await findAttributionsOn(client, regionId)
    const region = { ...found, ...dates, stretches, attributions }
    sink.begin(await findExtent(client, regionId))
    let after = -1
    for (;;) {
      const rows = await readChunk(client, { regionId, after, chunk })
      const last = rows.at(-1)
      if (last === undefined) return region
      after = last.id
      await sink.write(rows)
    }
  })
}

async function findExtent(client: Client, regionId: number): Promise<PackExtent> {
  const [points] = await client.query<{ count: number; bbox: number[] | null }>(
    `select count(*)::integer as count,
            case when count(*) > 0
                 then array[min(lon), min(lat), max(lon), max(lat)] end as bbox
       from points where region = $1`,
    [regionId],
  )
  const [embeddings] = await client.query<{ count: number }>(
    'select count(*)::integer as count from embeddings where region = $1',
    [regionId],
  )
  return {
    pointCount: points?.count ?? 0,
    embeddingCount: embeddings?.count ?? 0,
    bbox: (points?.bbox ?? null) as Bbox | null,
  }
}

interface JoinedRow {
  readonly id: number
  readonly lon: number
  readonly lat: number
  readonly state: string
  readonly reason: string | null
  readonly x: number
  readonly y: number
  readonly h3: bigint
  /** Null: a point without embedding. */
  readonly vintage: string | null
  readonly capturedOn: string | null
  readonly sha256: Uint8Array
  readonly reference: SourceReference
  readonly logits: Uint8Array
}

/** Whole points only, so that none is cut apart between two chunks. */
async function readChunk(
  client: Client,
  { regionId, after, chunk }: { regionId: number; after: number; chunk: number },
): Promise<PackRow[]> {
  const rows = await client.query<JoinedRow>(
    `with chunk as (
       select id, lon, lat, state, reason
         from points where region = $1 and id > $2
        order by id limit $3
     )
     select chunk.*, x, y, h3, vintage, captured_on as "capturedOn",
            patch_sha256 as sha256, reference, halfvec_send(logits) as logits
       from chunk left join embeddings on region = $1 and point = id`,
    [regionId, after, chunk],
  )
  rows.sort((a, b) => a.id - b.id || ((a.vintage ?? '') < (b.vintage ?? '') ? -1 : 1))
  return rows.map(toPackRow)
}

function toPackRow({ id, lon, lat, state, reason, ...embedding }: JoinedRow): PackRow {
  const point = { id, lon, lat }
  const { vintage, sha256, logits, ...rest } = embedding
  if (vintage !== null) {
    const packed = { ...rest, vintage, patchSha256: sha256, logits: readHalfvec(logits) }
    return { ...point, state: 'embedded', reason: null, embedding: packed }
  }
  const isUnavailable = state === 'unavailable'
  // A lease means nothing in another database.
  return { ...point, state: isUnavailable ? state : 'pending', reason, embedding: null }
}

/** A region to insert, with its rows in the order of points and vintages. */
export interface RegionRows {
  readonly region: PackedRegion
  readonly rows: AsyncIterable<readonly PackRow[]>
}

/**
 * Writes a region with all its rows, or nothing.
 * @returns whether every point is done: then the region is built
 * @throws {InputError} `region-exists`
 */
export async function insertRegionRows(
  db: Database,
  { region, rows }: RegionRows,
): Promise<{ readonly isBuilt: boolean }> {
  return db.transaction(async (client) => {
    const { id } = await insertRegionOn(client, region)
    const { isBuilt, isDated } = await copyAll(client, id, rows)
    await client.query(
      `update regions set state = $2, runtime = $3::jsonb, created_at = $4, vintages = $5,
              refreshed_at = $6
        where id = $1`,
      [
        id,
        isBuilt ? 'built' : 'created',
        region.runtime && JSON.stringify(region.runtime),
        region.createdAt,
        region.vintages,
        // A search counts one row of each point only where it knows that there may be several.
        region.refreshedAt ?? (isDated ? region.createdAt : null),
      ],
    )
    await countChange(client, id)
    return { isBuilt }
  })
}

/** @returns whether no point waits, and whether some point has several dates */
async function copyAll(
  client: Client,
  regionId: number,
  rows: RegionRows['rows'],
): Promise<{ readonly isBuilt: boolean; readonly isDated: boolean }> {
  let isBuilt = true
  let isDated = false
  let lastPoint = -1
  for await (const chunk of rows) {
    const points = chunk.filter((row, i) => row.id !== (chunk[i - 1]?.id ?? lastPoint))
    lastPoint = chunk.at(-1)?.id ?? lastPoint
    isDated ||= points.length < chunk.length
    isBuilt &&= !points.some(({ state }) => state === 'pending')
    await client.copyRows(pointsTable, pointRows(regionId, points))
    await client.copyRows(embeddingsTable, embeddingRows(regionId, chunk))
  }
  return { isBuilt, isDated }
}

function* pointRows(regionId: number, rows: readonly PackRow[]): Generator<CopyValue[]> {
  for (const { id, lon, lat, state, reason } of rows) yield [regionId, id, lon, lat, state, reason]
}

function* embeddingRows(regionId: number, rows: readonly PackRow[]): Generator<CopyValue[]> {
  for (const { id, embedding } of rows) {
    if (embedding === null) continue
    const { x, y, h3, logits, vintage, capturedOn, patchSha256, reference } = embedding
    yield [regionId, id, x, y, h3, logits, vintage, capturedOn, patchSha256, reference]
  }
}
