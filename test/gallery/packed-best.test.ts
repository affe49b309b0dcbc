import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import {
  packedIdSql,
  packedSql,
  packedValue,
  pointIdLimit,
  type Packing,
} from '../../src/gallery/packed-best.ts'
import { describeOnEachDatabase } from '../databases.ts'

/** A value in single precision and the id of its point. */
type Row = readonly [value: number, id: number]

const anyId = fc.oneof(fc.nat(pointIdLimit - 1), fc.constantFrom(0, 1, pointIdLimit - 1))
/**
 * The most and the least that pgvector's sums of half precision can give, both ends of a power of
 * two, and ties.
 */
const anySize = fc.oneof(
  fc.float({ min: Math.fround(2 ** -48), max: Math.fround(2 ** 45), noNaN: true }),
  fc.constantFrom(0, 1, Math.fround(1 - 2 ** -24), Math.fround(1 + 2 ** -23), 2 ** -48),
)
const anySign = fc.constantFrom(1, -1)

describeOnEachDatabase('packed best', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })

  /** Rows as the database orders them, unpacked again. */
  async function ordered(packing: Packing, rows: readonly Row[]): Promise<Row[]> {
    const found = await db.withClient((client) =>
      client.query<{ packed: number; id: number }>(
        `select packed, ${packedIdSql('packed')} as id
           from (select ${packedSql(packing, 'value', 'id')} as packed
                   from unnest($1::double precision[], $2::integer[]) as rows (value, id)) as all_packed
          order by packed`,
        [rows.map(([value]) => value), rows.map(([, id]) => id)],
      ),
    )
    return found.map(({ packed, id }) => [packedValue(packed), id])
  }

  test('distances keep value and id, and sort by value, then by id', async () => {
    const anyRows = fc.array(fc.tuple(anySize, anyId), { minLength: 2, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(anyRows, async (rows) => {
        const expected = rows.toSorted(([a, i], [b, j]) => a - b || i - j)
        expect(await ordered('distance', rows)).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })

  test('negative inner products keep value and id, and sort by value, equal negative ones by id', async () => {
    const anyRow = fc.tuple(anySize, anySign, anyId)
    const anyRows = fc.array(anyRow, { minLength: 2, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(anyRows, async (signed) => {
        const rows = signed.map(([size, sign, id]): Row => [size === 0 ? 0 : sign * size, id])
        const expected = rows.toSorted(([a, i], [b, j]) => a - b || (a > 0 ? j - i : i - j))
        expect(await ordered('-dot', rows)).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})
