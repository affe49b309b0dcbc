import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { openDatabase } from '../../src/gallery/open.ts'
import { describeOnEachDatabase } from '../databases.ts'

describeOnEachDatabase('database', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
    await db.withClient((client) => client.script('create table notes (id integer primary key)'))
  })
  const ids = async () => {
    const rows = await db.withClient((client) =>
      client.query<{ id: number }>('select id from notes order by id'),
    )
    return rows.map(({ id }) => id)
  }

  test('types arrive alike: bigint, bytes, dates and times as text', async () => {
    const [row] = await db.withClient((client) =>
      client.query<Record<string, unknown>>(
        `select 5::int8 as big, 7::int4 as small, 0.5::float8 as real, true as yes,
                '2024-02-29'::date as day, '2024-02-29 12:00+02'::timestamptz as moment,
                '{"a": [1]}'::jsonb as doc, '\\x00ff'::bytea as bytes, array[1.5, 2]::float8[] as pair`,
      ),
    )
    const { bytes, ...rest } = row!
    expect([...(bytes as Uint8Array)]).toEqual([0, 255])
    expect(rest).toEqual({
      big: 5n,
      small: 7,
      real: 0.5,
      yes: true,
      day: '2024-02-29',
      moment: '2024-02-29T10:00:00.000Z',
      doc: { a: [1] },
      pair: [1.5, 2],
    })
  })

  test('parameters of all kinds go in', async () => {
    const [row] = await db.withClient((client) =>
      client.query<Record<string, unknown>>(
        'select $1::int8 as big, $2::integer[] as ids, $3::text[] as words, $4::jsonb as doc, $5::text as nothing',
        [2n ** 60n, [1, 2], ['a"b', 'c,d'], JSON.stringify({ a: 1 }), null],
      ),
    )
    expect(row).toEqual({
      big: 2n ** 60n,
      ids: [1, 2],
      words: ['a"b', 'c,d'],
      doc: { a: 1 },
      nothing: null,
    })
  })

  test('a transaction that throws leaves nothing behind, and the next one works', async () => {
    const before = await ids()
    const broken = db.transaction(async (client) => {
      await client.query('insert into notes values (100)')
      throw new Error('on purpose')
    })
    await expect(broken).rejects.toThrow('on purpose')
    expect(await ids()).toEqual(before)
  })

  test('a snapshot is of one moment, has its settings, and writes nothing', async () => {
    const before = await ids()
    const settings = await db.snapshot(
      (client) =>
        client.query(
          `select current_setting('transaction_isolation') as isolation,
                  current_setting('work_mem') as memory`,
        ),
      `set local work_mem = '3MB'`,
    )
    expect(settings).toEqual([{ isolation: 'repeatable read', memory: '3MB' }])
    const written = db.snapshot((client) => client.query('insert into notes values (260)'))
    await expect(written).rejects.toMatchObject({ code: 'database-read-only' })
    const refused = db.snapshot(() => Promise.resolve(), 'set local nonsense = 1')
    await expect(refused).rejects.toMatchObject({ code: '42704' })
    expect(await ids()).toEqual(before)
  })

  test('an error of a statement says its SQLSTATE and does not spoil the connection', async () => {
    const wrong = db.withClient((client) => client.query('select * from nowhere'))
    await expect(wrong).rejects.toMatchObject({ code: '42P01' })
    const twice = db.transaction(async (client) => {
      await client.query('insert into notes values (200)')
      await client.query('insert into notes values (200)')
    })
    await expect(twice).rejects.toMatchObject({ code: '23505' })
    expect(await ids()).not.toContain(200)
  })

  test('a full disk is told as such: it is no bug, and waiting may heal it', async () => {
    const full = db.transaction(async (client) => {
      await client.query('insert into notes values (250)')
      await client.script(
        `do $$ begin raise exception 'No space left' using errcode = '53100'; end $$`,
      )
    })
    await expect(full).rejects.toMatchObject({ name: 'UpstreamError', code: 'database-full' })
    expect(await ids()).not.toContain(250)
  })

  test('what fails beside the statements stays what it is, and the connection is used again', async () => {
    const backend = () =>
      db.withClient((client) => client.query<{ pid: number }>('select pg_backend_pid() as pid'))
    const before = await backend()
    const missing = db.transaction(() => readFile('/nowhere/at/all'))
    await expect(missing).rejects.toMatchObject({ name: 'Error', code: 'ENOENT' })
    const given = db.withClient(async () => AbortSignal.abort().throwIfAborted())
    await expect(given).rejects.toMatchObject({ name: 'AbortError' })
    expect(await backend()).toEqual(before)
  })

  test('a failing copy reports the error and rolls back', async () => {
    const table = { name: 'notes', columns: { id: 'int4' } } as const
    const broken = db.transaction((client) => client.copyRows(table, [[300], [300]]))
    await expect(broken).rejects.toMatchObject({ code: '23505' })
    expect(await ids()).not.toContain(300)
  })

  test('asking for a connection inside a connection is refused, not waited for', async () => {
    const nested = db.withClient(() => db.withClient((client) => client.query('select 1')))
    await expect(nested).rejects.toThrow('withClient inside withClient')
    const inTransaction = db.transaction(() => db.transaction((client) => client.query('select 1')))
    await expect(inTransaction).rejects.toThrow('withClient inside withClient')
  })

  test('callers at the same time all get their turn', async () => {
    const counts = await Promise.all(
      Array.from({ length: 25 }, (_, i) =>
        db.transaction((client) => client.query<{ i: number }>('select $1::integer as i', [i])),
      ),
    )
    expect(counts.map((rows) => rows[0]!.i)).toEqual(Array.from({ length: 25 }, (_, i) => i))
  })

  test('work that outlives its connection may ask for a new one', async () => {
    let later: Promise<unknown> = Promise.resolve()
    await db.withClient(async () => {
      later = new Promise((resolve) => setTimeout(resolve, 50)).then(ids)
    })
    await expect(later).resolves.toEqual(await ids())
  })
})

test('a server that is not there is named without its password', async () => {
  const opening = openDatabase({ url: 'postgresql://me:secret@127.0.0.1:1/gallery' })
  await expect(opening).rejects.toMatchObject({
    name: 'UpstreamError',
    code: 'database-unreachable',
    message: expect.stringMatching(/127\.0\.0\.1:1\/gallery: .+/) as unknown,
  })
  await expect(opening).rejects.not.toThrow('secret')
})
