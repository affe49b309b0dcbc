/** The table `points`: a region's road points, and the queue from which workers claim them. */
import { InputError } from '../errors.ts'
import type { RoadPoint } from '../types.ts'
import type { Client, Database } from './database.ts'
import { isPointId, pointIdLimit } from './packed-best.ts'

const pointsTable = {
  name: 'points',
  columns: { region: 'int4', id: 'int4', lon: 'float8', lat: 'float8' },
} as const

/**
 * Writes a region's points, all pending, in a transaction of the caller; 10⁶ and more.
 * @throws {InputError} `region-too-large`
 */
export async function insertPointsOn(
  client: Client,
  regionId: number,
  points: readonly RoadPoint[],
): Promise<void> {
  await client.copyRows(pointsTable, pointRows(regionId, points))
  await countChange(client, regionId)
}

/**
 * Says that points or embeddings changed, so nothing holds the build up any more; why one was
 * stopped stays. Last in a transaction: others of the region wait for it.
 */
export async function countChange(client: Client, regionId: number): Promise<void> {
  await client.query(
    `update regions
        set version = version + 1, problem = case when state = 'stopped' then problem end
      where id = $1`,
    [regionId],
  )
}

function* pointRows(regionId: number, points: readonly RoadPoint[]) {
  for (const { id, lon, lat } of points) {
    if (!isPointId(id)) throw tooManyPoints(id)
    yield [regionId, id, lon, lat]
  }
}

function tooManyPoints(id: number): InputError {
  return new InputError(
    'region-too-large',
    `Expected at most ${pointIdLimit} points in a region, got number ${id}: take several regions, or a wider step`,
  )
}

/** How many points a worker wants, and for how long nobody else gets them. */
export interface PointClaim {
  readonly regionId: number
  readonly count: number
  readonly leaseS: number
  /** Names the process; different for each that runs. */
  readonly worker: string
}

/** A point that a worker holds. */
export interface ClaimedPoint extends RoadPoint {
  /** How often its imagery was broken before. */
  readonly failures: number
  /** It was put off before, whether that counted or not. */
  readonly hasWaited: boolean
}

/**
 * SQL over `points`: one that can be claimed now. `$2`: who asks; `$3`: whether leases of others
 * are void, as on the embedded database, which belongs to one process.
 */
export const isClaimable = `state in ('pending', 'leased')
    and (state = 'pending' or leased_until < now() or ($3 and worker <> $2))
    and (retry_at is null or retry_at <= now())`

/**
 * Walks the index from the lowest open id. Of a table that was never analysed, as on PGlite, the
 * planner thinks so little that it sorts all open points for every claim (65 ms at 10⁵).
 */
export const claimSettings = 'set local enable_sort = off; set local enable_bitmapscan = off'

/**
 * Leases the lowest open points to a worker: pending ones, and those of workers that fell silent.
 */
export async function claimPoints(db: Database, claim: PointClaim): Promise<ClaimedPoint[]> {
  const rows = await db.transaction(async (client) => {
    await client.script(claimSettings)
    return client.query<ClaimedPoint>(
      `with claimed as (
         select id from points
          where region = $1 and ${isClaimable}
          order by id
          limit $4
            for update skip locked
       )
       update points
          set state = 'leased', worker = $2, attempts = attempts + 1,
              leased_until = now() + make_interval(secs => $5)
         from claimed
        where points.region = $1 and points.id = claimed.id
       returning points.id, lon, lat, failures,
                 retry_at is not null as "hasWaited"`,
      [claim.regionId, claim.worker, db.kind === 'pglite', claim.count, claim.leaseS],
    )
  })
  return rows.sort((a, b) => a.id - b.id)
}

/** Keeps points that a worker holds from falling to others while it is still at them. */
export async function renewLeases(
  db: Database,
  { regionId, pointIds, worker, leaseS }: PointRelease & Pick<PointClaim, 'leaseS'>,
): Promise<void> {
  if (pointIds.length === 0) return
  await db.withClient((client) =>
    client.query(
      // What is locked is being stored, given back or deleted: nobody has to wait for that here.
      `with held as (
         select id from points
          where region = $1 and id = any($2::integer[]) and state = 'leased' and worker = $3
          order by id
            for update skip locked
       )
       update points set leased_until = now() + make_interval(secs => $4)
         from held
        where points.region = $1 and points.id = held.id`,
      [regionId, [...pointIds], worker, leaseS],
    ),
  )
}

/** Points that a worker holds. */
export interface PointRelease {
  readonly regionId: number
  readonly pointIds: readonly number[]
  readonly worker: string
}

/** Gives leases back; points that the worker does not hold stay as they are. */
export async function releasePoints(db: Database, release: PointRelease): Promise<void> {
  await db.withClient((client) =>
    client.query(
      `with held as (
         select id from points
          where region = $1 and id = any($2::integer[]) and state = 'leased' and worker = $3
          order by id
            for update
       )
       update points set state = 'pending', leased_until = null
         from held
        where points.region = $1 and points.id = held.id`,
      [release.regionId, [...release.pointIds], release.worker],
    ),
  )
}

/** A region's points by state. */
export interface PointCounts {
  readonly total: number
  readonly pending: number
  readonly leased: number
  readonly embedded: number
  /** By reason. */
  readonly unavailable: Readonly<Record<string, number>>
}

export async function countPoints(db: Database, regionId: number): Promise<PointCounts> {
  return db.withClient((client) => countPointsOn(client, regionId))
}

/** As `countPoints`, on a connection that the caller holds. */
export async function countPointsOn(client: Client, regionId: number): Promise<PointCounts> {
  const rows = await client.query<{ state: string; reason: string | null; count: number }>(
    `select state, reason, count(*)::integer as count
       from points where region = $1 group by state, reason order by state, reason`,
    [regionId],
  )
  const sum = (state: string) =>
    rows.reduce((total, row) => total + (row.state === state ? row.count : 0), 0)
  return {
    total: rows.reduce((total, row) => total + row.count, 0),
    pending: sum('pending'),
    leased: sum('leased'),
    embedded: sum('embedded'),
    unavailable: Object.fromEntries(
      rows.flatMap(({ reason, count }) => (reason === null ? [] : [[reason, count]])),
    ),
  }
}

/**
 * Makes points without a patch pending again, all or those of some reasons.
 * @returns how many
 */
export async function retryUnavailable(
  db: Database,
  regionId: number,
  reasons?: readonly string[],
): Promise<number> {
  return db.transaction(async (client) => {
    const [row] = await client.query<{ count: number }>(
      // Locked in id order, as by all who lock several points: nobody waits in a ring.
      `with given_up as (
         select id from points
          where region = $1 and state = 'unavailable' and ($2::text[] is null or reason = any($2))
          order by id
            for update
       ), retried as (
         update points set state = 'pending', reason = null, failures = 0, retry_at = null
           from given_up
          where points.region = $1 and points.id = given_up.id
         returning 1
       )
       select count(*)::integer as count from retried`,
      [regionId, reasons === undefined ? null : [...reasons]],
    )
    await countChange(client, regionId)
    return row?.count ?? 0
  })
}
