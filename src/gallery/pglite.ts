/**
 * The embedded PGlite as `Database`: one folder, one process, one connection that callers take in
 * turn.
 * @io disk, database
 */
import { join } from 'node:path'
import { UpstreamError } from '../errors.ts'
import { createDatabase, type Loan } from './connection.ts'
import { copyStatement, encodeCopy } from './copy.ts'
import type { Client, Database } from './database.ts'
import { lockFolder } from './folder-lock.ts'
import { openSession, pgliteProgram, type PgliteSession } from './pglite-session.ts'
import { openThreadSession } from './pglite-thread.ts'

/**
 * Opens or creates the database in a folder, which is locked until `close`.
 * @throws {UpstreamError} `database-locked` when another process has it, `database-unavailable`
 *   when it cannot be opened
 */
export async function openPglite(folder: string, inThread: boolean): Promise<Database> {
  const unlock = await lockFolder(folder)
  try {
    const session = await openCluster(join(folder, 'cluster'), inThread)
    const close = () => session.close().finally(unlock)
    return createDatabase({
      kind: 'pglite',
      acquire: createTurns(clientOf(session)),
      isBroken: () => false,
      close,
    })
  } catch (error) {
    await unlock()
    throw error
  }
}

async function openCluster(cluster: string, inThread: boolean): Promise<PgliteSession> {
  try {
    if (inThread) return await openThreadSession(cluster)
    return await openSession(cluster, await pgliteProgram())
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown error'
    throw new UpstreamError(
      'database-unavailable',
      `Opening the embedded database in "${cluster}" failed: ${reason}`,
      { hint: 'check the disk and permissions of the folder, or put a copy in its place', cause },
    )
  }
}

/** Hands the one connection to callers in the order in which they asked. */
function createTurns(client: Client): () => Promise<Loan> {
  let last = Promise.resolve()
  return async () => {
    const before = last
    let release = () => {}
    last = new Promise((resolve) => (release = resolve))
    await before
    return { client, release }
  }
}

function clientOf(session: PgliteSession): Client {
  return {
    query: async <T>(sql: string, params: readonly unknown[] = []) =>
      (await session.run({ kind: 'query', sql, params })) as T[],
    script: async (sql) => {
      await session.run({ kind: 'script', sql })
    },
    copyRows: async (table, rows) => {
      for (const file of encodeCopy(table, rows)) {
        await session.run({ kind: 'copy', sql: copyStatement(table, "'/dev/blob'"), file })
      }
    },
  }
}
