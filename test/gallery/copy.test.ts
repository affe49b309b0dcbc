import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { encodeCopy, type CopyTable, type CopyValue } from '../../src/gallery/copy.ts'
import type { Database } from '../../src/gallery/database.ts'
import { readHalfvec, vectorText } from '../../src/gallery/halfvec.ts'
import { describeOnEachDatabase } from '../databases.ts'

const table: CopyTable = {
  name: 'copied',
  columns: {
    id: 'int4',
    big: 'int8',
    real: 'float8',
    words: 'text',
    day: 'date',
    moment: 'timestamptz',
    doc: 'jsonb',
    bytes: 'bytea',
    halves: 'halfvec',
  },
}

describeOnEachDatabase('binary copy', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
    await db.withClient((client) =>
      client.script(`
        create table copied (
          id integer, big bigint, real double precision, words text, day date,
          moment timestamptz, doc jsonb, bytes bytea, halves halfvec(3))`),
    )
  })

  const copy = async (rows: readonly (readonly CopyValue[])[]) => {
    return db.transaction(async (client) => {
      await client.script('truncate copied')
      await client.copyRows(table, rows)
      return client.query(
        'select id, big, real, left(words, 20) as words, day, moment, doc, bytes, halves from copied order by id',
      )
    })
  }

  test('values of every type arrive as they were sent', async () => {
    const rows = await copy([
      [
        1,
        0x8f1fb46622dae63n,
        -0.1,
        'Tromsø\t"☃"\\N\n',
        '1999-12-31',
        '2026-02-28T23:59:59.123Z',
        { a: [1, null, '\\'] },
        new Uint8Array([0, 1, 255]),
        new Float32Array([1, -2, 0.5]),
      ],
      [2, -1n, 1e300, '', '2024-02-29', '1970-01-01T00:00:00.000Z', [], new Uint8Array(0), null],
      [3, null, null, null, null, null, null, null, null],
    ])
    expect(rows).toEqual([
      {
        id: 1,
        big: 0x8f1fb46622dae63n,
        real: -0.1,
        words: 'Tromsø\t"☃"\\N\n',
        day: '1999-12-31',
        moment: '2026-02-28T23:59:59.123Z',
        doc: { a: [1, null, '\\'] },
        bytes: expect.toSatisfy((bytes: Uint8Array) => [...bytes].join() === '0,1,255') as unknown,
        halves: '[1,-2,0.5]',
      },
      {
        id: 2,
        big: -1n,
        real: 1e300,
        words: '',
        day: '2024-02-29',
        moment: '1970-01-01T00:00:00.000Z',
        doc: [],
        bytes: expect.toSatisfy((bytes: Uint8Array) => bytes.length === 0) as unknown,
        halves: null,
      },
      {
        id: 3,
        big: null,
        real: null,
        words: null,
        day: null,
        moment: null,
        doc: null,
        bytes: null,
        halves: null,
      },
    ])
  })

  test('more rows than one file holds all arrive', async () => {
    const words = 'x'.repeat(20_000)
    const many = Array.from({ length: 1000 }, (_, id) => [id, null, null, words])
    expect([...encodeCopy(table, many)].length).toBeGreaterThan(2)
    await copy(many)
    const rows = await db.withClient((client) =>
      client.query('select id, length(words) as length from copied order by id'),
    )
    expect(rows).toEqual(many.map(([id]) => ({ id, length: 20_000 })))
  })

  test('no rows are fine', async () => {
    expect(await copy([])).toEqual([])
  })

  test('our halves are the halves of pgvector', async () => {
    const anyLogit = fc.float({ min: -6e4, max: 6e4, noNaN: true })
    await fc.assert(
      fc.asyncProperty(fc.array(anyLogit, { minLength: 3, maxLength: 3 }), async (values) => {
        // Text does not carry the sign of a zero.
        const vector = Float32Array.from(values, (value) => value + 0)
        const rows = await db.transaction(async (client) => {
          await client.script('truncate copied')
          await client.copyRows(table, [[0, null, null, null, null, null, null, null, vector]])
          return client.query<{ ours: Uint8Array; theirs: Uint8Array }>(
            'select halfvec_send(halves) as ours, halfvec_send($1::vector::halfvec) as theirs from copied',
            [vectorText(vector)],
          )
        })
        expect(readHalfvec(rows[0]!.ours)).toEqual(readHalfvec(rows[0]!.theirs))
      }),
      { numRuns: 30 },
    )
  })
})
