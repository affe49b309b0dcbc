/** How a region is built at present: all that a process reads of it before it takes part. */
import type { Region } from '../types.ts'
import type { Database } from './database.ts'
import { planStamp } from './plan-stamp.ts'
import { findDatePolicyOn, type DatePolicy } from './refresh.ts'
import { findRegionOn } from './regions.ts'

/** What is built, from where, of which dates, patch by patch or densely (`region.runtime`). */
export interface BuildPlan {
  readonly region: Region
  readonly dates: DatePolicy
  /** Position of its source among those that the region had, in turn: rows say it. */
  readonly sourceIndex: number
  /** Opaque; another one once the region is to be built otherwise. */
  readonly stamp: string
}

/**
 * Reads the plan, all of it as it is at one moment.
 * @throws {NotFoundError} `region-not-found`
 */
export async function findBuildPlan(db: Database, name: string): Promise<BuildPlan> {
  return db.snapshot(async (client) => {
    const region = await findRegionOn(client, name)
    const dates = await findDatePolicyOn(client, region.id)
    const [row] = await client.query<Pick<BuildPlan, 'sourceIndex' | 'stamp'>>(
      `select jsonb_array_length(attributions) - 1 as "sourceIndex", ${planStamp} as stamp
         from regions where id = $1`,
      [region.id],
    )
    if (row === undefined) throw new Error('Expected a region in its own snapshot, got none')
    return { region, dates, ...row }
  })
}
