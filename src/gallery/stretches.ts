/**
 * The table `stretches`: the levels by which the files of a region's source are stretched, once
 * they are measured.
 */
import type { Stretch, Stretches } from '../types.ts'
import type { Client, Database } from './database.ts'
import { holdPlan } from './plan-stamp.ts'

/** What was measured for a region. */
export async function findStretches(db: Database, regionId: number): Promise<Stretches> {
  return db.withClient((client) => findStretchesOn(client, regionId))
}

/** As `findStretches`, in a transaction of the caller. */
export async function findStretchesOn(client: Client, regionId: number): Promise<Stretches> {
  const rows = await client.query<{ file: string; levels: Stretch }>(
    'select file, levels from stretches where region = $1 order by file collate "C"',
    [regionId],
  )
  return Object.fromEntries(rows.map(({ file, levels }) => [file, levels]))
}

/** What was measured on a file of a region's source. */
export interface MeasuredFile {
  readonly regionId: number
  readonly stamp: string
  readonly file: string
  readonly levels: Stretch
}

/**
 * Records what was measured on a file, unless that was done before.
 * @param measured.stamp  of the plan that the file was opened for
 * @returns the levels on record; those given where the region is gone, or is to be built otherwise
 *   by now
 */
export async function keepStretch(
  db: Database,
  { regionId, stamp, file, levels }: MeasuredFile,
): Promise<Stretch> {
  return db.transaction(async (client) => {
    // Who gives the region another source forgets the levels behind the same lock.
    if (!(await holdPlan(client, regionId, stamp))) return levels
    await insertStretchesOn(client, regionId, { [file]: levels })
    const [row] = await client.query<{ levels: Stretch }>(
      'select levels from stretches where region = $1 and file = $2',
      [regionId, file],
    )
    return row?.levels ?? levels
  })
}

/** Records what was measured on files, in a transaction of the caller; what is on record stays. */
export async function insertStretchesOn(
  client: Client,
  regionId: number,
  stretches: Stretches,
): Promise<void> {
  await client.query(
    `insert into stretches (region, file, levels)
     select regions.id, key, value
       from regions, jsonb_each($2::jsonb)
      where regions.id = $1
     on conflict do nothing`,
    [regionId, JSON.stringify(stretches)],
  )
}

/** Forgets what was measured, in a transaction of the caller: another source is measured anew. */
export async function forgetStretchesOn(client: Client, regionId: number): Promise<void> {
  await client.query('delete from stretches where region = $1', [regionId])
}
