/**
 * A PostgreSQL server with pgvector as `Database`.
 * @io database
 */
import { once } from 'node:events'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { UpstreamError } from '../errors.ts'
import { createDatabase, type Loan } from './connection.ts'
import { copyStatement, encodeCopy } from './copy.ts'
import type { Client, Database } from './database.ts'
import { parsers } from './parsers.ts'

const connectionsMax = 10
const connectTimeoutMs = 10_000

/**
 * Connects to `postgresql://user:password@host:port/name`.
 * @throws {UpstreamError} `database-unreachable`
 */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'whereabouts',
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    types: { getTypeParser },
  })
  // An idle connection that the server ends is replaced by the pool; without a listener Node would
  // exit.
  pool.on('error', () => undefined)
  // One that is lent tells its borrower: the query fails.
  pool.on('connect', (connection) => connection.on('error', () => undefined))
  const acquire = async (): Promise<Loan> => {
    const connection = await pool.connect().catch((error: unknown) => {
      throw unreachable(url, error)
    })
    return { client: clientOf(connection), release: (isBroken) => connection.release(isBroken) }
  }
  const database = createDatabase({ kind: 'postgres', acquire, isBroken, close: () => pool.end() })
  try {
    await database.withClient((client) => client.query('select 1'))
  } catch (error) {
    await database.close()
    throw error
  }
  return database
}

function clientOf(connection: pg.PoolClient): Client {
  return {
    query: async <T>(sql: string, params: readonly unknown[] = []) => {
      const { rows } = await connection.query<pg.QueryResultRow>(sql, [...params])
      return rows as T[]
    },
    script: async (sql) => {
      await connection.query(sql)
    },
    copyRows: async (table, rows) => {
      for (const file of encodeCopy(table, rows)) {
        const stream = connection.query(copyFrom(copyStatement(table, 'stdin')))
        stream.end(file)
        await once(stream, 'finish')
      }
    },
  }
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  return parsers[oid] ?? (pg.types.getTypeParser(oid, format) as (value: string) => unknown)
}

/** SQLSTATE 08 connection, 57P shutdown; errors of the socket have no SQLSTATE at all. */
function isBroken(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (!(error instanceof pg.DatabaseError))
    return 'code' in error || /terminated/.test(error.message)
  return /^(08|57P)/.test(error.code ?? '')
}

function unreachable(url: string, cause: unknown): UpstreamError {
  const { host, pathname } = new URL(url)
  return new UpstreamError(
    'database-unreachable',
    `Connecting to PostgreSQL failed: ${host}${pathname}: ${cause instanceof Error ? cause.message || String('code' in cause && cause.code) : 'unknown error'}`,
    { hint: 'check the database URL and that the server runs', cause },
  )
}
