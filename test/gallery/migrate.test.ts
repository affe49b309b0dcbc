import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { migrate } from '../../src/gallery/migrate.ts'
import { describeOnEachDatabase } from '../databases.ts'

describeOnEachDatabase('migrate', (open) => {
  let folder: URL
  let db: Database
  beforeEach(async () => {
    folder = pathToFileURL((await mkdtemp(join(tmpdir(), 'whereabouts-migrations-'))) + '/')
    db ??= await open()
    await db.withClient((client) =>
      client.script('drop table migrations; drop table if exists a, b'),
    )
  })
  afterEach(() => rm(folder, { recursive: true }))

  const write = (name: string, sql: string) => writeFile(new URL(name, folder), sql)
  const tables = async () => {
    const rows = await db.withClient((client) =>
      client.query<{ name: string }>(
        "select table_name as name from information_schema.tables where table_name in ('a', 'b') order by 1",
      ),
    )
    return rows.map(({ name }) => name)
  }

  test('files are applied once, in order; other files are left alone', async () => {
    await write('0002_b.sql', 'alter table a add column n integer; create table b (id integer);')
    await write('0001_a.sql', 'create table a (id integer);')
    await write('README.md', 'nonsense')
    expect(await migrate(db, folder)).toEqual(['0001_a.sql', '0002_b.sql'])
    expect(await migrate(db, folder)).toEqual([])
    expect(await tables()).toEqual(['a', 'b'])
  })

  test('a file that fails leaves nothing of itself, and those before it stay', async () => {
    await write('0001_a.sql', 'create table a (id integer);')
    await write('0002_b.sql', 'create table b (id integer); select * from nowhere;')
    await expect(migrate(db, folder)).rejects.toMatchObject({ code: '42P01' })
    expect(await tables()).toEqual(['a'])
    await write('0002_b.sql', 'create table b (id integer);')
    expect(await migrate(db, folder)).toEqual(['0002_b.sql'])
  })

  test('an applied file with other content is an error', async () => {
    await write('0001_a.sql', 'create table a (id integer);')
    await migrate(db, folder)
    await write('0001_a.sql', 'create table a (id bigint);')
    await expect(migrate(db, folder)).rejects.toMatchObject({ code: 'migration-changed' })
  })

  test('a database with a newer migration is used, unless that one is breaking', async () => {
    await write('0001_a.sql', 'create table a (id integer);')
    await write('0002_b.sql', '-- More room.\n\ncreate table b (id integer);')
    await migrate(db, folder)
    await rm(new URL('0002_b.sql', folder))
    expect(await migrate(db, folder)).toEqual([])

    await write('0003_b.sql', '-- Renames.\n-- breaking\ndrop table b;')
    await migrate(db, folder)
    await rm(new URL('0003_b.sql', folder))
    await expect(migrate(db, folder)).rejects.toMatchObject({ code: 'database-too-new' })
  })

  test('a file without a transaction runs outside of one', async () => {
    await write('0001_a.sql', 'create table a (id integer);')
    const sql = '-- no-transaction\ncreate index concurrently a_id on a (id);'
    await write('0002_index.sql', sql)
    expect(await migrate(db, folder)).toEqual(['0001_a.sql', '0002_index.sql'])
  })

  test('many at the same time apply each file once', async () => {
    await write('0001_a.sql', 'create table a (id integer);')
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(db, folder)))
    expect(applied.flat()).toEqual(['0001_a.sql'])
  })
})

test('our own migrations say why, what they lock and how long they take', async () => {
  const sql = await readFile(new URL('../../migrations/0001_create_gallery.sql', import.meta.url))
  expect(sql.toString()).toMatch(/^-- .+\n-- Locks /)
})
