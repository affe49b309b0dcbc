/**
 * Which rows of `embeddings` a question counts: those of the dates it asks for, and one of each
 * point.
 */
import type { ImageryDates } from '../heatmap-types.ts'
import type { Client } from './database.ts'
import type { Expression } from './expressions.ts'

/** Stored as `vintage` where the source tells no date. */
export const UNDATED = 'unknown'

/** Whose rows; without `dates` all of them, the latest of each point. */
export interface RowChoice {
  readonly regionId: number
  readonly dates?: ImageryDates | undefined
}

/**
 * What stands for `embeddings` behind `from`, its parameters from `$first` on; `$1` is the region.
 * Must run in the snapshot in which the rows are read: a build may add the first second date
 * meanwhile.
 * @param only  further condition on the rows, e.g. some points
 */
export async function countedRows(
  client: Client,
  { regionId, dates }: RowChoice,
  { first, only = 'true' }: { readonly first: number; readonly only?: string },
): Promise<Expression> {
  const span = spanOf(dates, first)
  if (await hasOneDatePerPoint(client, regionId)) {
    // The table itself, so that a scan costs what it did before there were dates to choose from.
    if (span.params.length === 0) return { sql: 'embeddings', params: [] }
    const sql = `(select * from embeddings where region = $1 and ${only} and ${span.sql}) as embeddings`
    return { sql, params: span.params }
  }
  const order = orderOf(dates, first + span.params.length)
  return {
    sql: `(select distinct on (point) * from embeddings
            where region = $1 and ${only} and ${span.sql}
            order by point, ${order.sql}) as embeddings`,
    params: [...span.params, ...order.params],
  }
}

async function hasOneDatePerPoint(client: Client, regionId: number): Promise<boolean> {
  const rows = await client.query(
    'select from regions where id = $1 and (vintages > 1 or refreshed_at is not null)',
    [regionId],
  )
  return rows.length === 0
}

/**
 * A vintage is a year, a month or a day: it counts when some day of it lies in the span, so that
 * each side is compared only as far as both are known. `unknown` is none.
 */
export function spanOf(dates: ImageryDates | undefined, first: number): Expression {
  const { from = null, to = null } = dates ?? {}
  if (from === null && to === null) return { sql: 'true', params: [] }
  const conditions = [`vintage <> '${UNDATED}'`]
  if (from !== null)
    conditions.push(`vintage collate "C" >= left($${first}::text, length(vintage))`)
  const next = from === null ? first : first + 1
  if (to !== null)
    conditions.push(`left(vintage, length($${next}::text)) collate "C" <= $${next}::text`)
  return { sql: `(${conditions.join(' and ')})`, params: [from, to].filter((end) => end !== null) }
}

const latest: Expression = { sql: 'captured_on desc nulls last, vintage desc', params: [] }

function orderOf(dates: ImageryDates | undefined, first: number): Expression {
  const nearestTo = dates?.nearestTo ?? null
  if (nearestTo === null) return latest
  const lastDay = `(captured_on + case length(vintage) when 4 then interval '1 year'
                      when 7 then interval '1 month' else interval '1 day' end
                    - interval '1 day')::date`
  const days = `greatest(captured_on - $${first + 1}::date, $${first}::date - ${lastDay}, 0)`
  return {
    sql: `captured_on is null, ${days}, ${latest.sql}`,
    params: daysOf(nearestTo),
  }
}

/** First and last day of a year, a month or a day. */
export function daysOf(isoDate: string): [first: string, last: string] {
  const [year = '', month, day] = isoDate.split('-')
  if (day !== undefined) return [isoDate, isoDate]
  if (month === undefined) return [`${year}-01-01`, `${year}-12-31`]
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).toISOString()
  return [`${isoDate}-01`, last.slice(0, 10)]
}
