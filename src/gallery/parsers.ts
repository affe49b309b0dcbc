/** Text of a column → value, by type oid: both drivers get the same table, so rows are alike. */

const INT8 = 20
const DATE = 1082
const TIMESTAMPTZ = 1184

/**
 * `int8` → `bigint` (H3 indexes exceed 2^53), dates stay ISO text, times become ISO text in UTC.
 */
export const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: (text) => BigInt(text),
  [DATE]: (text) => text,
  [TIMESTAMPTZ]: (text) => new Date(text).toISOString(),
}
