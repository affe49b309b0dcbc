/**
 * PGlite with pgvector, opened in the thread that calls this.
 * @io database
 */
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { parsers } from './parsers.ts'

/** One thing to run; plain data, so that it can cross into a worker thread. */
export type SessionRequest =
  | { readonly kind: 'query'; readonly sql: string; readonly params: readonly unknown[] }
  | { readonly kind: 'script'; readonly sql: string }
  | { readonly kind: 'copy'; readonly sql: string; readonly file: Uint8Array<ArrayBuffer> }

/** A PGlite, here or in another thread. */
export interface PgliteSession {
  run(request: SessionRequest): Promise<unknown[]>
  close(): Promise<void>
}

/** Opens or creates the cluster in a folder. */
export async function openSession(folder: string): Promise<PgliteSession> {
  const pglite = await PGlite.create({ dataDir: folder, extensions: { vector }, parsers })
  return { run: (request) => run(pglite, request), close: () => pglite.close() }
}

async function run(pglite: PGlite, request: SessionRequest): Promise<unknown[]> {
  if (request.kind === 'query') {
    return (await pglite.query(request.sql, [...request.params])).rows
  }
  if (request.kind === 'script') await pglite.exec(request.sql)
  else await pglite.query(request.sql, [], { blob: new Blob([request.file]) })
  return []
}
