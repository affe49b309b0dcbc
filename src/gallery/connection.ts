/** Lending of connections, the same for both databases: transactions, and the refusal to nest. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { UpstreamError, WhereaboutsError } from '../errors.ts'
import type { Client, Database } from './database.ts'
import { told } from './statement-errors.ts'

const beginSnapshot = 'begin isolation level repeatable read, read only'

/** A connection taken from a database until `release`. */
export interface Loan {
  readonly client: Client
  /** `isBroken`: the connection cannot be used again. */
  release(isBroken: boolean): void
}

/** What one kind of database brings. */
export interface DatabaseParts {
  readonly kind: Database['kind']
  acquire(): Promise<Loan>
  /** Tells errors after which the connection is gone from errors of a statement. */
  isBroken(error: unknown): boolean
  close(): Promise<void>
}

/** Makes a `Database` of its parts. */
export function createDatabase(parts: DatabaseParts): Database {
  const current = new AsyncLocalStorage<{ isLent: boolean }>()

  async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    // PGlite has one connection: waiting for it inside its own callback would never end.
    if (current.getStore()?.isLent === true) {
      throw new Error('Expected one connection per caller, got withClient inside withClient')
    }
    const loan = await parts.acquire()
    const mark = { isLent: true }
    let isBroken = false
    const client = withErrors(loan.client, (error) => {
      if (error instanceof WhereaboutsError) return error
      if (!parts.isBroken(error)) return told(error)
      isBroken = true
      return lost(error)
    })
    try {
      return await current.run(mark, () => work(client))
    } finally {
      mark.isLent = false
      loan.release(isBroken)
    }
  }

  return {
    kind: parts.kind,
    withClient,
    transaction: (work) => withClient((client) => inTransaction(client, 'begin', work)),
    snapshot: (work, settings = '') =>
      withClient((client) => inTransaction(client, `${beginSnapshot}; ${settings}`, work)),
    close: () => parts.close(),
  }
}

/**
 * The client with its own errors told otherwise; what else its borrower does may fail too, and
 * stays what it is.
 */
function withErrors(client: Client, tell: (error: unknown) => unknown): Client {
  const rethrow = (error: unknown): never => {
    throw tell(error)
  }
  return {
    query: <T>(sql: string, params?: readonly unknown[]) =>
      client.query<T>(sql, params).catch(rethrow),
    script: (sql) => client.script(sql).catch(rethrow),
    copyRows: (table, rows) => client.copyRows(table, rows).catch(rethrow),
  }
}

function lost(cause: unknown): UpstreamError {
  const reason = cause instanceof Error ? cause.message : 'unknown error'
  return new UpstreamError('database-unreachable', `Asking PostgreSQL failed: ${reason}`, {
    hint: 'check that the server runs',
    cause,
  })
}

async function inTransaction<T>(
  client: Client,
  begin: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    await client.script(begin)
    const result = await work(client)
    await client.script('commit')
    return result
  } catch (error) {
    // A connection that cannot even roll back reports the first error, not the second.
    await client.script('rollback').catch(() => undefined)
    throw error
  }
}
