/**
 * PGlite with pgvector, opened in the thread that calls this.
 * @io disk, database
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
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

let program: Promise<WebAssembly.Module> | undefined

/**
 * The compiled PGlite, once for all clusters and threads of the process: it would compile its 9 MB
 * for each anew.
 */
export function pgliteProgram(): Promise<WebAssembly.Module> {
  program ??= compileProgram()
  return program
}

/** Opens or creates the cluster in a folder. */
export async function openSession(
  folder: string,
  pgliteWasmModule: WebAssembly.Module,
): Promise<PgliteSession> {
  const pglite = await PGlite.create({
    dataDir: folder,
    extensions: { vector },
    parsers,
    pgliteWasmModule,
  })
  return { run: (request) => run(pglite, request), close: () => pglite.close() }
}

async function compileProgram(): Promise<WebAssembly.Module> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  return WebAssembly.compile(await readFile(join(dirname(entry), 'pglite.wasm')))
}

async function run(pglite: PGlite, request: SessionRequest): Promise<unknown[]> {
  if (request.kind === 'query') {
    return (await pglite.query(request.sql, [...request.params])).rows
  }
  if (request.kind === 'script') await pglite.exec(request.sql)
  else await pglite.query(request.sql, [], { blob: new Blob([request.file]) })
  return []
}
