import { expect, test } from 'vitest'
import { outcomeOf } from '../../src/errors.ts'
import { openDatabase, type DatabasePlace } from '../../src/gallery/open.ts'
import { told } from '../../src/gallery/statement-errors.ts'
import { describeOnEachDatabase } from '../databases.ts'

const cases = [
  { state: '53100', message: 'could not extend file', code: 'database-full' },
  { state: '25006', message: 'cannot execute INSERT', code: 'database-read-only' },
  { state: '42501', message: 'permission denied for table points', code: 'database-forbidden' },
  {
    state: '42501',
    message: 'permission denied to create extension "vector"',
    code: 'database-without-pgvector',
  },
  {
    state: '0A000',
    message: 'extension "vector" is not available',
    code: 'database-without-pgvector',
  },
  {
    state: '58P01',
    message: 'could not open extension control file "/usr/share/extension/vector.control"',
    code: 'database-without-pgvector',
  },
  {
    state: '42704',
    message: 'type "halfvec" does not exist',
    code: 'database-without-pgvector',
  },
]
for (const { state, message, code } of cases) {
  test(`${message} (${state}) is told as ${code}, with what the server said and a next step`, () => {
    const error = told(Object.assign(new Error(message), { code: state }))
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/.{20}/) as string })
    expect(outcomeOf(error).exit).toBe(69)
  })
}

test('any other error of a statement stays what it is', () => {
  for (const state of ['42P01', '23505', '0A000', '42704']) {
    const error = Object.assign(new Error('relation "x" does not exist'), { code: state })
    expect(told(error)).toBe(error)
  }
})

/** Opens it as a role that may do nothing, one of those that every server has. */
async function openAsNobody(where: DatabasePlace) {
  const db = await openDatabase(
    'url' in where ? { url: `${where.url}?options=${encodeURI('-c role=pg_monitor')}` } : where,
  )
  // The embedded one has one connection.
  if ('dataDir' in where) await db.withClient((client) => client.script('set role pg_monitor'))
  return db
}

describeOnEachDatabase('a role without rights', (_open, place) => {
  test('is told that it lacks them, and what to grant', async () => {
    const db = await openAsNobody(await place())
    try {
      for (const sql of ['select count(*) from points', 'create table notes (id integer)']) {
        await expect(db.withClient((client) => client.query(sql))).rejects.toMatchObject({
          name: 'UpstreamError',
          code: 'database-forbidden',
          message: expect.stringContaining('permission denied') as string,
          hint: expect.stringContaining('grant') as string,
        })
      }
    } finally {
      await db.close()
    }
  })
})

describeOnEachDatabase('a database without pgvector', (open) => {
  test('is told so, and how it is put in', async () => {
    const db = await open()
    await db.withClient((client) => client.script('drop extension vector cascade'))
    await expect(
      db.withClient((client) => client.query('select null::halfvec')),
    ).rejects.toMatchObject({
      name: 'UpstreamError',
      code: 'database-without-pgvector',
      hint: expect.stringContaining('create extension vector') as string,
    })
  })
})
