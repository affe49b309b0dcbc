/** The columns of `regions` that say whether a build is wanted, and what holds it up. */
import type { BuildProblem, Region } from '../types.ts'
import { nameSourcesOn } from './attributions.ts'
import type { Database } from './database.ts'
import { lockPlan, planStamp } from './plan-stamp.ts'
import { isClaimable } from './points.ts'

/** Says that the region is to be built: from now on every worker may take part. */
export async function requestBuild(db: Database, regionId: number): Promise<void> {
  await db.withClient((client) =>
    client.query(`update regions set state = 'building', problem = null where id = $1`, [regionId]),
  )
}

/**
 * Ends the wish for a build; workers stop at their next claim. A region that is built stays so.
 * @param problem  why it cannot go on; null: stopped by hand
 */
export async function stopBuild(
  db: Database,
  regionId: number,
  problem: BuildProblem | null = null,
): Promise<void> {
  await db.withClient((client) =>
    client.query(
      `update regions set state = 'stopped', problem = $2::jsonb
        where id = $1 and state = 'building'`,
      [regionId, problem === null ? null : JSON.stringify(problem)],
    ),
  )
}

/**
 * Records what computes the vectors; what is known besides, as the spacing of a dense build, stays.
 */
export async function recordRuntime(
  db: Database,
  regionId: number,
  runtime: NonNullable<Region['runtime']>,
): Promise<void> {
  await db.withClient((client) =>
    client.query(
      `update regions set runtime = coalesce(runtime, '{}') || $2::jsonb where id = $1`,
      [regionId, JSON.stringify(runtime)],
    ),
  )
}

/**
 * Settles that the region is built densely, unless it is being built or has rows already: both
 * kinds do not compare. What somebody has begun before is not stored any more.
 * @returns false: nothing was settled
 */
export async function settleDense(
  db: Database,
  regionId: number,
  runtime: NonNullable<Region['runtime']>,
): Promise<boolean> {
  return db.transaction(async (client) => {
    // What others store at the moment is seen below.
    await client.query(lockPlan, [regionId])
    const rows = await client.query(
      `update regions set runtime = coalesce(runtime, '{}') || $2::jsonb
        where id = $1 and state <> 'building' and not exists (select from embeddings where region = $1)
       returning id`,
      [regionId, JSON.stringify(runtime)],
    )
    return rows.length > 0
  })
}

/** Records what holds the build up; the next batch that anybody stores clears it. */
export async function recordProblem(
  db: Database,
  regionId: number,
  problem: BuildProblem,
): Promise<void> {
  await db.withClient((client) =>
    client.query(`update regions set problem = $2::jsonb where id = $1 and state = 'building'`, [
      regionId,
      JSON.stringify(problem),
    ]),
  )
}

/**
 * Marks the region built when no point is open any more. One that a refresh left with one row per
 * point is scanned from then on as if it had only ever been built. Sources are named no more of
 * which no row is left.
 * @returns whether it is built now
 */
export async function finishBuild(db: Database, regionId: number): Promise<boolean> {
  return db.transaction(async (client) => {
    // A refresh marks its points before it comes to this row: behind this lock they are seen, or
    // not marked yet.
    await client.query('select from regions where id = $1 for update', [regionId])
    const rows = await client.query(
      `update regions
          set state = 'built', problem = null,
              refreshed_at = case when refreshed_at is null or vintages > 1
                                    or (select count(*) from embeddings where region = $1)
                                       > (select count(*) from points where region = $1 and state = 'embedded')
                                  then refreshed_at end
        where id = $1 and state in ('building', 'built')
          and not exists (select from points
                           where region = $1 and state in ('pending', 'leased'))
       returning id`,
      [regionId],
    )
    if (rows.length > 0) await nameSourcesOn(client, regionId)
    return rows.length > 0
  })
}

/** Whether the region is still wanted, and as the asker has begun to build it (`BuildPlan`). */
export async function isBuildWanted(
  db: Database,
  regionId: number,
  stamp: string,
): Promise<boolean> {
  const rows = await db.withClient((client) =>
    client.query(`select from regions where id = $1 and state = 'building' and ${planStamp} = $2`, [
      regionId,
      stamp,
    ]),
  )
  return rows.length > 0
}

/** A region whose build is wanted. */
export interface WantedRegion {
  readonly id: number
  readonly name: string
  /** A point could be claimed now. */
  readonly isClaimable: boolean
}

/**
 * The regions whose build is wanted, oldest first.
 * @param asked.names  only these; null: all
 * @param asked.worker  who asks
 */
export async function findWantedRegions(
  db: Database,
  { names, worker }: { readonly names: readonly string[] | null; readonly worker: string },
): Promise<WantedRegion[]> {
  return db.withClient((client) =>
    client.query<WantedRegion>(
      `select id, name,
              exists (select from points
                       where region = regions.id and ${isClaimable}) as "isClaimable"
         from regions
        where state = 'building' and ($1::text[] is null or name = any($1))
        order by id`,
      [names === null ? null : [...names], worker, db.kind === 'pglite'],
    ),
  )
}

/** Points that nobody can claim now. */
export interface HeldPoints {
  /** Put off, because their imagery was broken. */
  readonly putOff: number
  /** ISO time when the first of them is tried again. */
  readonly nextTryAt: string | null
  /** Held by workers. */
  readonly leased: number
}

/** What a build waits for that has nothing to claim. */
export async function findHeldPoints(db: Database, regionId: number): Promise<HeldPoints> {
  const [row] = await db.withClient((client) =>
    client.query<{ putOff: number; nextTryAt: string | Date | null; leased: number }>(
      `select count(*) filter (where state = 'pending')::integer as "putOff",
              min(retry_at) filter (where state = 'pending') as "nextTryAt",
              count(*) filter (where state = 'leased')::integer as leased
         from points where region = $1 and state in ('pending', 'leased')`,
      [regionId],
    ),
  )
  const { putOff = 0, nextTryAt = null, leased = 0 } = row ?? {}
  return { putOff, leased, nextTryAt: nextTryAt && new Date(nextTryAt).toISOString() }
}

/** A process that holds points of a region. */
export interface WorkerShare {
  readonly worker: string
  readonly points: number
}

/** Who works on a region: holds a lease that has not run out. */
export async function findWorkers(db: Database, regionId: number): Promise<WorkerShare[]> {
  return db.withClient((client) =>
    client.query<WorkerShare>(
      `select worker, count(*)::integer as points
         from points
        where region = $1 and state in ('pending', 'leased') and leased_until > now()
        group by worker order by worker`,
      [regionId],
    ),
  )
}
