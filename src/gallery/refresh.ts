/**
 * Newer imagery for points that are embedded: which dates they have, and which of them wait for
 * more.
 */
import type { Stretches } from '../types.ts'
import { addAttributionOn, nameSourcesOn } from './attributions.ts'
import { UNDATED } from './counted-rows.ts'
import type { Client, Database } from './database.ts'
import { lockPlan } from './plan-stamp.ts'
import { countChange } from './points.ts'
import { forgetStretchesOn, insertStretchesOn } from './stretches.ts'

/** What a build does about several dates of one place. */
export interface DatePolicy {
  /** Dates per point, newest first, at most. */
  readonly vintages: number
  /** ISO time of the last refresh; null: no point has several dates. */
  readonly refreshedAt: string | null
}

export async function findDatePolicy(db: Database, regionId: number): Promise<DatePolicy> {
  return db.withClient((client) => findDatePolicyOn(client, regionId))
}

/** As `findDatePolicy`, in a transaction of the caller. */
export async function findDatePolicyOn(client: Client, regionId: number): Promise<DatePolicy> {
  const [row] = await client.query<DatePolicy>(
    'select vintages, refreshed_at as "refreshedAt" from regions where id = $1',
    [regionId],
  )
  return row ?? { vintages: 1, refreshedAt: null }
}

/** A build takes at most so many dates of a place: 12 pictures of each of 64 points are 120 MB. */
export const VINTAGES_MAX = 12

/**
 * Says how many dates of each place are embedded from now on. A region that may have had several
 * stays one of several: `refreshed_at` says so, when `vintages` no longer does. What somebody has
 * begun before is not stored any more.
 */
export async function setVintages(db: Database, regionId: number, vintages: number): Promise<void> {
  await db.transaction((client) => setVintagesOn(client, regionId, vintages))
}

async function setVintagesOn(client: Client, regionId: number, vintages: number): Promise<void> {
  await client.query(lockPlan, [regionId])
  await client.query(
    `update regions
        set vintages = $2,
            refreshed_at = case when vintages > 1 then coalesce(refreshed_at, now()) else refreshed_at end
      where id = $1`,
    [regionId, vintages],
  )
}

/** A row that is there already. */
export interface KnownVintage {
  /** ISO date as the source told it; null: not known. */
  readonly capturedOn: string | null
  readonly patchSha256: string
}

/** What is stored of some points, newest first. */
export async function findKnownVintages(
  db: Database,
  regionId: number,
  pointIds: readonly number[],
): Promise<ReadonlyMap<number, readonly KnownVintage[]>> {
  const rows = await db.withClient((client) =>
    client.query<KnownVintage & { readonly point: number }>(
      `select point, nullif(vintage, '${UNDATED}') as "capturedOn",
              encode(patch_sha256, 'hex') as "patchSha256"
         from embeddings
        where region = $1 and point = any($2::integer[])
        order by captured_on desc nulls last, vintage desc`,
      [regionId, [...pointIds]],
    ),
  )
  const known = new Map<number, KnownVintage[]>()
  for (const { point, ...vintage } of rows) known.set(point, [...(known.get(point) ?? []), vintage])
  return known
}

/**
 * Lets embedded points wait for newer imagery; their rows stay and count. The region is from now on
 * one with several dates per point.
 */
export async function markRefreshing(
  db: Database,
  regionId: number,
  pointIds: readonly number[],
): Promise<number> {
  return db.transaction(async (client) => {
    const marked = await client.query(
      // Locked in id order, as by all who lock several points: nobody waits in a ring.
      `with done as (
         select id from points
          where region = $1 and id = any($2::integer[]) and state = 'embedded'
          order by id
            for update
       )
       update points set state = 'pending', refreshing = true, failures = 0, retry_at = null
         from done
        where points.region = $1 and points.id = done.id
       returning points.id`,
      [regionId, [...pointIds]],
    )
    await client.query('update regions set refreshed_at = now() where id = $1', [regionId])
    await countChange(client, regionId)
    return marked.length
  })
}

/** How a region is built and refreshed from now on. */
export interface RefreshSettings {
  /** Another source. */
  readonly imagery?: object | undefined
  /** As the source says now; while rows of earlier ones stay, those are named too, behind it. */
  readonly attribution: string
  /** Dates of each place, newest first. */
  readonly vintages?: number | undefined
  /** What was measured on its files; of the same source, what is on record stays. */
  readonly stretches?: Stretches
}

/**
 * Settles how a region is refreshed, unless its build is under way. Who wants a build at the same
 * moment waits for this, and reads what is settled; what somebody has begun before is not stored
 * any more.
 * @returns false: it is being built, and nothing was settled
 */
export async function beginRefresh(
  db: Database,
  regionId: number,
  { imagery, attribution, vintages, stretches = {} }: RefreshSettings,
): Promise<boolean> {
  return db.transaction(async (client) => {
    const config = imagery === undefined ? null : JSON.stringify(imagery)
    const [region] = await client.query<{ isOther: boolean }>(
      `select imagery <> coalesce($2::jsonb, imagery) as "isOther"
         from regions where id = $1 and state <> 'building' for update`,
      [regionId, config],
    )
    if (region === undefined) return false
    if (region.isOther) await forgetStretchesOn(client, regionId)
    await insertStretchesOn(client, regionId, stretches)
    if (imagery !== undefined) {
      await client.query(
        'update regions set imagery = $2::jsonb, version = version + 1 where id = $1',
        [regionId, config],
      )
    }
    await addAttributionOn(client, regionId, attribution)
    await nameSourcesOn(client, regionId)
    if (vintages !== undefined) await setVintagesOn(client, regionId, vintages)
    return true
  })
}
