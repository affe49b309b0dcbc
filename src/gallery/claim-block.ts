/**
 * Claims of points that belong together: neighbours on the ground, where one window serves them
 * all.
 */
import type { Bbox, LonLat, RoadPoint } from '../types.ts'
import type { Database } from './database.ts'
import { claimSettings, isClaimable, type ClaimedPoint, type PointClaim } from './points.ts'

/** The ground that a worker wants to work on at once. */
export interface Block {
  /** Holds the whole block. */
  readonly bbox: Bbox
  has(point: LonLat): boolean
}

/** How a worker wants its points. */
export interface BlockClaim extends Omit<PointClaim, 'count'> {
  /** The block of the lowest open point. */
  blockOf(first: RoadPoint): Block
  /**
   * Points of the block have ids of less than so many above the lowest open one; others are left
   * for later.
   */
  readonly idSpan: number
}

/**
 * Leases the open points of the block of the lowest open point. Claims of blocks of a region wait
 * for each other, so that no two workers share a block; a point that somebody else takes in the
 * meantime is left out.
 */
export async function claimBlock(db: Database, claim: BlockClaim): Promise<ClaimedPoint[]> {
  const { regionId, worker, leaseS } = claim
  const who = [regionId, worker, db.kind === 'pglite']
  return db.transaction(async (client) => {
    await client.script(claimSettings)
    await client.query('select from regions where id = $1 for no key update', [regionId])
    const [first] = await client.query<RoadPoint>(
      `select id, lon, lat from points where region = $1 and ${isClaimable} order by id limit 1`,
      who,
    )
    if (first === undefined) return []
    const block = claim.blockOf(first)
    // What others hold is skipped, so that nobody waits for anybody here.
    const near = await client.query<ClaimedPoint>(
      `select id, lon, lat, failures, retry_at is not null as "hasWaited" from points
        where region = $1 and id >= $4 and id < $5 and ${isClaimable}
          and lat between $7 and $9
          and case when $6::float8 <= $8::float8 then lon between $6 and $8 else lon >= $6 or lon <= $8 end
        order by id
          for update skip locked`,
      [...who, first.id, first.id + claim.idSpan, ...block.bbox],
    )
    const claimed = near.filter((point) => block.has(point))
    await client.query(
      `update points
          set state = 'leased', worker = $2, attempts = attempts + 1,
              leased_until = now() + make_interval(secs => $4)
        where region = $1 and id = any($3::integer[])`,
      [regionId, worker, claimed.map(({ id }) => id), leaseS],
    )
    return claimed
  })
}
