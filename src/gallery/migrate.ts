/**
 * Brings a database to the schema of `migrations/`: plain SQL, forward only, each file once.
 * Markers in a file's leading comments: `-- no-transaction` (then one statement per file);
 * `-- breaking`, which keeps older programs out.
 * @io disk, database
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { InputError } from '../errors.ts'
import type { Client, Database } from './database.ts'

interface Migration {
  readonly name: string
  readonly sha256: string
  readonly sql: string
  readonly isBreaking: boolean
  readonly inTransaction: boolean
}

type Applied = Pick<Migration, 'name' | 'sha256'> & { readonly breaking: boolean }

/** Any constant will do. */
const lockKey = 365_224

const createLog = `
  create table if not exists migrations (
    name text primary key, sha256 text not null, breaking boolean not null,
    applied_at timestamptz not null default now())`

/**
 * Applies what is missing of the files `0001_….sql` in a folder.
 * @returns the names of the files that were applied now
 * @throws {InputError} `migration-changed`, `database-too-new`
 * @throws {UpstreamError} `database-read-only`  some are missing, and only reading is allowed
 */
export async function migrate(
  db: Database,
  folder: URL = new URL('../../migrations/', import.meta.url),
): Promise<string[]> {
  const migrations = await readMigrations(folder)
  return db.withClient(async (client) => {
    // Asked before anything is written: a replica that has all of them can be used.
    if ((await hasLog(client)) && (await findMissing(client, migrations)).length === 0) return []
    await client.query('select pg_advisory_lock($1)', [lockKey])
    try {
      await client.script(createLog)
      const missing = await findMissing(client, migrations)
      for (const migration of missing) await apply(client, migration)
      return missing.map(({ name }) => name)
    } finally {
      await client.query('select pg_advisory_unlock($1)', [lockKey])
    }
  })
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8')
      const header = /^(?:--.*\n|\n)*/.exec(sql)?.[0].split('\n') ?? []
      const sha256 = createHash('sha256').update(sql).digest('hex')
      const inTransaction = !header.includes('-- no-transaction')
      return { name, sha256, sql, inTransaction, isBreaking: header.includes('-- breaking') }
    }),
  )
}

async function hasLog(client: Client): Promise<boolean> {
  const rows = await client.query(`select where to_regclass('migrations') is not null`)
  return rows.length > 0
}

async function findMissing(client: Client, migrations: Migration[]): Promise<Migration[]> {
  const applied = await client.query<Applied>('select name, sha256, breaking from migrations')
  for (const { name, sha256, breaking } of applied) {
    const ours = migrations.find((migration) => migration.name === name)
    if (ours === undefined ? breaking : ours.sha256 !== sha256) throw refuse(name, ours)
  }
  const known = new Set(applied.map(({ name }) => name))
  return migrations.filter(({ name }) => !known.has(name))
}

async function apply(client: Client, migration: Migration): Promise<void> {
  const { name, sha256, sql, isBreaking, inTransaction } = migration
  if (inTransaction) await client.script('begin')
  try {
    await client.script(sql)
    const log = 'insert into migrations (name, sha256, breaking) values ($1, $2, $3)'
    await client.query(log, [name, sha256, isBreaking])
    if (inTransaction) await client.script('commit')
  } catch (error) {
    if (inTransaction) await client.script('rollback')
    throw error
  }
}

function refuse(name: string, ours: Migration | undefined): InputError {
  return ours === undefined
    ? new InputError(
        'database-too-new',
        `Expected a known schema, got breaking migration ${name}`,
        {
          hint: 'install the newer version of whereabouts',
        },
      )
    : new InputError('migration-changed', `Expected ${name} as it was applied, got other content`, {
        hint: 'restore the file; put the change into a new migration',
      })
}
