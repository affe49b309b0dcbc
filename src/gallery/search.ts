/**
 * Distances of a query to the gallery. `aggregateDistancesByCell`, `findDistances` and
 * `meanLogitsByCell` read every row of a region; `findNearest` answers a few rows only and
 * must never be used for a map.
 */
import type { CellDistance, CellGrid, CellKey, GalleryQuery } from '../heatmap-types.ts'
import type { RoadPoint } from '../types.ts'
import { countedRows, type RowChoice } from './counted-rows.ts'
import type { Client, Database } from './database.ts'
import { cellOf, distanceOf, keyOf, type Distance } from './expressions.ts'
import { readVector } from './halfvec.ts'
import { packedIdSql, packedSql, packedValue } from './packed-best.ts'
import { packedCellsSql, readPackedCells, type PackedCell } from './packed-cells.ts'

/**
 * The planner would sort 730-byte rows rather than hash them (141 ms against 42 ms at 10⁵ rows),
 * look up positions one by one because it expects few cells, spill at the default memory, and
 * compile a query that takes less time than compiling.
 */
const scanSettings = `
  set local enable_sort = off;
  set local enable_nestloop = off;
  set local work_mem = '64MB';
  set local jit = off;
  set local enable_partitionwise_aggregate = on`

const scan = <T>(db: Database, work: (client: Client) => Promise<T>): Promise<T> =>
  db.snapshot(work, scanSettings)

/** How rows are grouped by cell: where the subquery of keyed rows ends, and by what. */
interface Grouping {
  readonly end: string
  readonly by: string
}

/**
 * Behind a subquery the planner cannot see what a cell is made of, and expects 200 of them; of `x`
 * and `y` it would expect as many as rows, and group on one core. No limit is still a limit that
 * keeps the subquery apart. Not where partitions of ours lie on other servers: those shall group
 * (docs/scale.md), which takes a query in one piece.
 */
export async function groupingOf(client: Client): Promise<Grouping> {
  const foreign = await client.query(
    `select from pg_inherits join pg_foreign_table on ftrelid = inhrelid
      where inhparent = 'embeddings'::regclass limit 1`,
  )
  return foreign.length === 0 ? { end: 'limit all', by: 'cell' } : { end: '', by: 'region, cell' }
}

/** What is measured against which region. */
export interface RegionQuery extends RowChoice {
  readonly query: GalleryQuery
}

/**
 * The smallest distance of each cell, its point (the lowest id among equals) and its number of
 * points; in the order of the keys. Squares of a named CRS are grouped by the caller from
 * `findDistances`: rows hold positions in the region's own projection.
 * @throws {InputError} `query-invalid`, `cells-invalid`
 */
export async function aggregateDistancesByCell(
  db: Database,
  { query, grid, ...choice }: RegionQuery & { readonly grid: CellGrid },
): Promise<CellDistance[]> {
  const distance = distanceOf(query)
  const cell = cellOf(grid, 2 + distance.params.length)
  const { regionId } = choice
  return scan(db, async (client) => {
    const grouping = await groupingOf(client)
    const first = 2 + distance.params.length + cell.params.length
    const counted = await countedRows(client, choice, { first })
    const best = packedSql(distance.packing, 'value', 'point')
    const cells = placed(`select cell, best, ${packedIdSql('best')} as id, count
                from (select cell, min(${best}) as best, count(*)::integer as count
                        from (select region, ${cell.sql} as cell, ${distance.sql} as value, point
                                from ${counted.sql} where region = $1 ${grouping.end}) as measured
                       group by ${grouping.by}) as grouped`)
    const blocks = await client.query<{ readonly cells: Uint8Array }>(
      packedCellsSql(cell.send, cells),
      [regionId, ...distance.params, ...cell.params, ...counted.params],
    )
    return inOrder(readPackedCells(blocks, cell.send)).map((row) => ({
      key: keyOf(row.cell),
      distance: distance.finish(packedValue(row.best)),
      point: pointOf(row),
      pointCount: row.count,
    }))
  })
}

/** A point's distance and where it lies. */
export interface PointDistance {
  readonly distance: number
  readonly point: RoadPoint
}

type DistanceRow = RoadPoint & { readonly value: number }

/**
 * The distance of every point of a region, by id.
 * @throws {InputError} `query-invalid`
 */
export async function findDistances(
  db: Database,
  { query, ...choice }: RegionQuery,
): Promise<PointDistance[]> {
  const distance = distanceOf(query)
  const rows = await db.snapshot(async (client) => {
    const counted = await countedRows(client, choice, { first: 2 + distance.params.length })
    return client.query<DistanceRow>(
      `select id, lon, lat, ${distance.sql} as value
         from ${counted.sql} join points on points.region = $1 and points.id = point
        where embeddings.region = $1
        order by id`,
      [choice.regionId, ...distance.params, ...counted.params],
    )
  })
  return rows.map((row) => toDistance(distance, row))
}

/**
 * The nearest points of a region, best first: for "top places like this", never for a map.
 * @throws {InputError} `query-invalid`
 */
export async function findNearest(
  db: Database,
  { query, count, ...choice }: RegionQuery & { readonly count: number },
): Promise<PointDistance[]> {
  const distance = distanceOf(query)
  const limit = 2 + distance.params.length
  const rows = await db.snapshot(async (client) => {
    const counted = await countedRows(client, choice, { first: limit + 1 })
    return client.query<DistanceRow>(
      `with nearest as (
         select point, ${distance.sql} as value
           from ${counted.sql} where region = $1
          order by value, point
          limit $${limit}
       )
       select id, lon, lat, value
         from nearest join points on points.region = $1 and points.id = point
        order by value, id`,
      [choice.regionId, ...distance.params, count, ...counted.params],
    )
  })
  return rows.map((row) => toDistance(distance, row))
}

/** The mean logits of a cell, and its point that shows the scene of the mean most clearly. */
export interface CellMean {
  readonly key: CellKey
  /** `float32[365]` */
  readonly logits: Float32Array
  /** As `sceneOf` named it. */
  readonly scene: number
  /** The one with the largest logit of the scene, the lowest id among equals. */
  readonly point: RoadPoint
  readonly pointCount: number
}

/**
 * The mean logits of each cell, in the order of the keys. 1.5 kB per cell. Sums of half precision
 * are exact in double precision (of a million rows up to 500), and so do not depend on which
 * process adds what first.
 * @param sceneOf  index of the scene that a mean stands for, 0…364
 * @throws {InputError} `cells-invalid`
 */
export async function meanLogitsByCell(
  db: Database,
  {
    grid,
    sceneOf,
    ...choice
  }: RowChoice & { readonly grid: CellGrid; readonly sceneOf: (mean: Float32Array) => number },
): Promise<CellMean[]> {
  const cell = cellOf(grid, 2)
  return scan(db, async (client) => {
    const grouping = await groupingOf(client)
    const next = 2 + cell.params.length
    const counted = await countedRows(client, choice, { first: next })
    const keyed = `(select region, ${cell.sql} as cell, logits, point
                      from ${counted.sql} where region = $1 ${grouping.end}) as keyed`
    const params = [choice.regionId, ...cell.params, ...counted.params]
    const rows = await client.query<MeanRow>(
      `select cell, vector_send(avg(logits::vector)) as mean, count(*)::integer as count
         from ${keyed} group by ${grouping.by}`,
      params,
    )
    const means = rows.map((row) => {
      const logits = readVector(row.mean)
      return { ...row, logits, scene: sceneOf(logits) }
    })
    const [cells, scenes] = [next + counted.params.length, next + counted.params.length + 1]
    const best = packedSql('-dot', '(logits <#> one)', 'point')
    const clearest = await client.query<CellRow>(
      placed(`select cell, ${packedIdSql('best')} as id, 0 as count
                from (select cell, min(${best}) as best
                        from ${keyed}
                        join (select cell, ('{' || scene + 1 || ':1}/365')::sparsevec::halfvec as one
                                from unnest($${cells}::text[]::${cell.type}[], $${scenes}::integer[]) as chosen (cell, scene)) as chosen
                       using (cell)
                       group by ${grouping.by}) as grouped`),
      [...params, means.map((row) => String(row.cell)), means.map(({ scene }) => scene)],
    )
    const points = new Map(clearest.map((row) => [row.cell, pointOf(row)]))
    return inOrder(means).map(({ cell, logits, scene, count }) => ({
      key: keyOf(cell),
      logits,
      scene,
      point: points.get(cell) as RoadPoint,
      pointCount: count,
    }))
  })
}

interface MeanRow {
  readonly cell: number | bigint
  readonly mean: Uint8Array
  readonly count: number
}

type CellRow = Omit<PackedCell, 'best'>

/**
 * Cells with the positions of their points, which only `points` knows: asked for in one go, in the
 * order of the index, they take the server half of the time of one by one.
 */
const placed = (cells: string) =>
  `with cells as materialized (${cells}),
        places as (select id, lon, lat from points
                    where region = $1 and id = any (array(select id from cells)))
   select cells.*, coalesce(lon, 'NaN') as lon, coalesce(lat, 'NaN') as lat
     from cells left join places using (id)`

/** Rows in the order of their cells. */
function inOrder<R extends Pick<CellRow, 'cell'>>(rows: R[]): R[] {
  return rows.sort((a, b) => (a.cell < b.cell ? -1 : 1))
}

function pointOf({ id, lon, lat }: CellRow): RoadPoint {
  if (Number.isNaN(lon)) throw new Error(`Expected a point for embedding ${id}`)
  return { id, lon, lat }
}

function toDistance(distance: Distance, { value, ...point }: DistanceRow): PointDistance {
  return { distance: distance.finish(value), point }
}
