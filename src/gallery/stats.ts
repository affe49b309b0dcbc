/**
 * A region's figures; counted once per change of the region, because counting reads the whole
 * gallery.
 */
import { NotFoundError } from '../errors.ts'
import type { Client, Database } from './database.ts'
import { findEnds } from './dates-searched.ts'
import { countPointsOn } from './points.ts'

/** A region's figures for legends and lists. */
export interface RegionStats {
  readonly embedded: number
  readonly pending: number
  readonly unavailable: number
  readonly unavailableByReason: Readonly<Record<string, number>>
  /**
   * Earliest and latest capture date of what is searched when no dates are named, where any is
   * known.
   */
  readonly capturedBetween: readonly [from: string, to: string] | null
  /** Embeddings by year of capture, `unknown` among them. */
  readonly patchesByYear: Readonly<Record<string, number>>
}

interface StoredStats {
  readonly version: bigint
  readonly stats: RegionStats | null
  readonly isReadOnly: boolean
}

/** @throws {NotFoundError} `region-not-found` */
export async function regionStats(db: Database, regionId: number): Promise<RegionStats> {
  return db.withClient(async (client) => {
    const [region] = await client.query<StoredStats>(
      `select version, case when stats_version = version then stats end as stats,
              current_setting('transaction_read_only') = 'on' as "isReadOnly"
         from regions where id = $1`,
      [regionId],
    )
    if (region === undefined) {
      throw new NotFoundError('region-not-found', `Expected a known region, got id ${regionId}`)
    }
    if (region.stats !== null) return region.stats
    const stats = await countStats(client, regionId)
    // A replica counts each time, until the primary has.
    if (region.isReadOnly) return stats
    // A batch that came in between has changed the version: then nothing is kept.
    await client.query(
      `update regions set stats = $2::jsonb, stats_version = version
        where id = $1 and version = $3`,
      [regionId, JSON.stringify(stats), region.version],
    )
    return stats
  })
}

async function countStats(client: Client, regionId: number): Promise<RegionStats> {
  const counts = await countPointsOn(client, regionId)
  // They wait for newer imagery, but their rows are there.
  const refreshing = await countRefreshing(client, regionId)
  const years = await client.query<{ year: string | null; count: number }>(
    `select extract(year from captured_on)::integer::text as year, count(*)::integer as count
       from embeddings where region = $1 group by 1 order by 1`,
    [regionId],
  )
  return {
    embedded: counts.embedded + refreshing,
    pending: counts.pending + counts.leased - refreshing,
    unavailable: counts.total - counts.embedded - counts.pending - counts.leased,
    unavailableByReason: counts.unavailable,
    capturedBetween: await findEnds(client, { regionId }),
    patchesByYear: Object.fromEntries(years.map((row) => [row.year ?? 'unknown', row.count])),
  }
}

async function countRefreshing(client: Client, regionId: number): Promise<number> {
  const [row] = await client.query<{ count: number }>(
    `select count(*)::integer as count from points
      where region = $1 and refreshing and state in ('pending', 'leased')`,
    [regionId],
  )
  return row?.count ?? 0
}
