import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { pointIdLimit } from '../../src/gallery/packed-best.ts'
import { packedCellsSql, readPackedCells, type PackedCell } from '../../src/gallery/packed-cells.ts'
import { describeOnEachDatabase } from '../databases.ts'

const anyDouble = fc
  .double({ noDefaultInfinity: true, noNaN: true })
  .filter((x) => !Object.is(x, -0))
const anyCell = (cell: fc.Arbitrary<number | bigint>): fc.Arbitrary<PackedCell> =>
  fc.record({
    cell,
    best: anyDouble,
    lon: fc.oneof(anyDouble, fc.constant(NaN)),
    lat: anyDouble,
    // Ids of several blocks, and both sides of where one ends.
    id: fc.oneof(fc.nat(pointIdLimit - 1), fc.constantFrom(0, 2 ** 20 - 1, 2 ** 20)),
    count: fc.nat(2 ** 31 - 1),
  })

const kinds = [
  { send: 'float8send', type: 'double precision', key: anyDouble },
  { send: 'int8send', type: 'bigint', key: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n) },
] as const

const byId = (a: PackedCell, b: PackedCell) => a.id - b.id

describeOnEachDatabase('packed cells', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })

  test.each(kinds)('keys sent by $send come back with all that belongs to them', async (kind) => {
    const anyCells = fc.uniqueArray(anyCell(kind.key), { selector: ({ id }) => id, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(anyCells, async (cells) => {
        const sql = packedCellsSql(
          kind.send,
          `select * from unnest($1::${kind.type}[], $2::float8[], $3::float8[], $4::float8[], $5::integer[],
                                $6::integer[]) as given (cell, best, lon, lat, id, count)`,
        )
        const columns = (['cell', 'best', 'lon', 'lat', 'id', 'count'] as const).map((name) =>
          cells.map((cell) => cell[name]),
        )
        const blocks = await db.withClient((client) =>
          client.query<{ cells: Uint8Array }>(sql, columns),
        )
        const expected = [...cells].sort(byId)
        expect(readPackedCells(blocks, kind.send).sort(byId)).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })
})
