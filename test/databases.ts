/**
 * Databases for tests: PGlite always, PostgreSQL where `DATABASE_URL_TEST` names a server.
 * Each is migrated once per machine into a template, of which every `open` gets a copy.
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, test } from 'vitest'
import type { Database } from '../src/gallery/database.ts'
import { migrate } from '../src/gallery/migrate.ts'
import { openDatabase, type DatabasePlace } from '../src/gallery/open.ts'
import { pgliteTemplate, templateHash } from './pglite-template.ts'

/** A migrated, empty database of its own; closed and removed when the file's tests are over. */
export type OpenTestDatabase = () => Promise<Database>

/** As `OpenTestDatabase`, but not opened: for processes that open it themselves. */
export type PlaceTestDatabase = () => Promise<DatabasePlace>

const serverUrl = process.env['DATABASE_URL_TEST'] ?? ''

/** Runs the same tests on both databases. */
export function describeOnEachDatabase(
  name: string,
  define: (open: OpenTestDatabase, place: PlaceTestDatabase) => void,
): void {
  describe(`${name} on PGlite`, () => defineOn(placePglite, define))
  if (serverUrl !== '' && serverUrl !== '0') {
    describe(`${name} on PostgreSQL`, () => defineOn(placePostgres, define))
  } else if (process.env['CI'] !== undefined && serverUrl !== '0') {
    test(`${name} on PostgreSQL`, () => {
      throw new Error('Expected DATABASE_URL_TEST in CI, got nothing: scripts/postgres.sh start')
    })
  } else {
    test.skip(`${name} on PostgreSQL (set DATABASE_URL_TEST; scripts/postgres.sh start)`, () => {})
  }
}

interface Placed {
  readonly place: DatabasePlace
  remove(): Promise<void>
}

function defineOn(
  create: () => Promise<Placed>,
  define: (open: OpenTestDatabase, place: PlaceTestDatabase) => void,
): void {
  const placed: Placed[] = []
  const opened: Database[] = []
  const place = async () => {
    const one = await create()
    placed.push(one)
    return one.place
  }
  const open = async () => {
    const database = await openDatabase(await place())
    opened.push(database)
    return database
  }
  define(open, place)
  afterAll(async () => {
    for (const database of opened) await database.close()
    for (const one of placed) await one.remove()
  })
}

/** A folder with a migrated, empty PGlite that nobody has opened. */
export async function pgliteFolder() {
  const dataDir = await mkdtemp(join(tmpdir(), 'whereabouts-test-'))
  // A thousand small files: Node’s own cp takes three times the CPU.
  await promisify(execFile)('cp', ['-R', `${await pgliteTemplate()}/.`, dataDir])
  return { dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) }
}

async function placePglite(): Promise<Placed> {
  const { dataDir, remove } = await pgliteFolder()
  return { place: { dataDir }, remove }
}

async function placePostgres(): Promise<Placed> {
  const template = await postgresTemplate()
  const name = `whereabouts_test_${randomUUID().replaceAll('-', '')}`
  await onServer(`create database ${name} template ${template}`)
  return {
    place: { url: urlOf(name) },
    remove: () => onServer(`drop database if exists ${name} with (force)`),
  }
}

async function postgresTemplate(): Promise<string> {
  const name = `whereabouts_template_${await templateHash()}`
  const server = await openDatabase({ url: serverUrl })
  try {
    await server.withClient(async (client) => {
      await client.query('select pg_advisory_lock(365225)')
      const known = await client.query('select 1 from pg_database where datname = $1', [name])
      if (known.length > 0) return
      const draft = `${name}_draft`
      await client.script(`drop database if exists ${draft}`)
      await client.script(`create database ${draft}`)
      await (await openMigrated({ url: urlOf(draft) })).close()
      await client.script(`alter database ${draft} rename to ${name}`)
    })
  } finally {
    await server.close()
  }
  return name
}

async function openMigrated(place: DatabasePlace): Promise<Database> {
  const database = await openDatabase(place)
  await migrate(database)
  return database
}

async function onServer(sql: string): Promise<void> {
  const server = await openDatabase({ url: serverUrl })
  await server.withClient((client) => client.script(sql)).finally(() => server.close())
}

function urlOf(name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}
