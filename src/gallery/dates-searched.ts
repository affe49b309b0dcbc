/** What a span of dates leaves of a region, for those who read its heatmap. */
import type { ImageryDates } from '../heatmap-types.ts'
import { countedRows, spanOf, UNDATED, type RowChoice } from './counted-rows.ts'
import type { Client, Database } from './database.ts'

/** Points that a question leaves out, and the dates of those that it counts. */
export interface DatesSearched {
  readonly leftOut: { readonly otherDate: number; readonly undated: number }
  readonly capturedBetween: readonly [from: string, to: string] | null
}

/**
 * Counts the points of a region that have no imagery of the dates, and finds the dates of the
 * others.
 */
export async function findDatesSearched(
  db: Database,
  { regionId, dates }: RowChoice & { readonly dates: ImageryDates },
): Promise<DatesSearched> {
  return db.snapshot(async (client) => {
    const capturedBetween = await findEnds(client, { regionId, dates })
    return { leftOut: await countLeftOut(client, regionId, dates), capturedBetween }
  })
}

/**
 * Earliest and latest date of the rows that a question counts, where any is known. Of several dates
 * of a point only one is searched: others are not to be told as its evidence.
 */
export async function findEnds(
  client: Client,
  choice: RowChoice,
): Promise<DatesSearched['capturedBetween']> {
  const counted = await countedRows(client, choice, { first: 2 })
  const [ends] = await client.query<{ from: string; to: string } | { from: null }>(
    `select min(vintage collate "C") filter (where captured_on is not null) as "from",
            max(vintage collate "C") filter (where captured_on is not null) as "to"
       from ${counted.sql} where region = $1`,
    [choice.regionId, ...counted.params],
  )
  return ends === undefined || ends.from === null ? null : [ends.from, ends.to]
}

async function countLeftOut(
  client: Client,
  regionId: number,
  dates: ImageryDates,
): Promise<DatesSearched['leftOut']> {
  const span = spanOf(dates, 2)
  const [row] = await client.query<DatesSearched['leftOut']>(
    `select count(*) filter (where not is_counted and is_dated)::integer as "otherDate",
            count(*) filter (where not is_counted and not is_dated)::integer as undated
       from (select bool_or(${span.sql}) as is_counted, bool_or(vintage <> '${UNDATED}') as is_dated
               from embeddings where region = $1 group by point) as points`,
    [regionId, ...span.params],
  )
  return row ?? { otherDate: 0, undated: 0 }
}
