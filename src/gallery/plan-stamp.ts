/**
 * The stamp of how a region is built: who builds it notices by it that the region is to be built
 * otherwise.
 */
import type { Client } from './database.ts'

/**
 * SQL over `regions`: another one once source, attribution, spacing or dates of later builds are
 * others. Not compared as JSON: numbers beyond doubles would never be those that came back.
 */
export const planStamp = `encode(sha256(convert_to(
  jsonb_build_array(imagery, attributions, runtime -> 'denseM', vintages, refreshed_at is null)::text, 'UTF8')), 'hex')`

/**
 * SQL that those begin with who change what the stamp covers: `holdPlan` keeps them waiting, and
 * they it.
 */
export const lockPlan = 'select from regions where id = $1 for update'

/**
 * Whether a region is built still as the stamp says; if so, until the transaction of the caller
 * ends.
 */
export async function holdPlan(client: Client, regionId: number, stamp: string): Promise<boolean> {
  const rows = await client.query(
    `select from regions where id = $1 and ${planStamp} = $2 for key share`,
    [regionId, stamp],
  )
  return rows.length > 0
}
