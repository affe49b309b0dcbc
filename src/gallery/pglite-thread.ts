/**
 * PGlite in a worker thread, so that it does not keep the thread from its work that answers HTTP or feeds the sessions.
 * @io database
 */
import { UpstreamError } from '../errors.ts'
import { startWorker } from '../worker-thread.ts'
import { pgliteProgram, type PgliteSession, type SessionRequest } from './pglite-session.ts'

/** What the thread begins with. */
export interface Setup {
  readonly folder: string
  readonly program: WebAssembly.Module
}

/** What the thread is asked. */
export interface Call {
  readonly id: number
  readonly request: SessionRequest | { readonly kind: 'close' }
}

/** What it answers. */
export interface Answer {
  readonly id: number
  readonly rows?: unknown[]
  readonly error?: { readonly message: string; readonly code?: unknown }
}

interface Pending {
  resolve(rows: unknown[]): void
  reject(error: Error): void
}

/** Starts a thread and opens the cluster in it. */
export async function openThreadSession(folder: string): Promise<PgliteSession> {
  const setup: Setup = { folder, program: await pgliteProgram() }
  const worker = startWorker(import.meta.url, 'pglite-worker', setup)
  const pending = new Map<number, Pending>()
  worker.on('message', (answer: Answer) => settle(pending, answer))
  worker.on('error', (error) => rejectAll(pending, error))
  worker.on('exit', (code) => rejectAll(pending, new Error(`PGlite's thread ended with ${code}`)))
  let lastId = 0
  const call = (request: Call['request']) =>
    new Promise<unknown[]>((resolve, reject) => {
      lastId++
      pending.set(lastId, { resolve, reject })
      worker.postMessage({ id: lastId, request } satisfies Call)
    })
  await call({ kind: 'query', sql: 'select 1', params: [] })
  return {
    run: call,
    close: async () => {
      await call({ kind: 'close' })
      await worker.terminate()
    },
  }
}

function settle(pending: Map<number, Pending>, { id, rows, error }: Answer): void {
  const call = pending.get(id)
  pending.delete(id)
  if (error === undefined) call?.resolve(rows ?? [])
  else call?.reject(Object.assign(new Error(error.message), { code: error.code }))
}

function rejectAll(pending: Map<number, Pending>, cause: Error): void {
  const error = new UpstreamError(
    'database-unavailable',
    `The embedded database failed: ${cause.message}`,
    { cause },
  )
  for (const call of pending.values()) call.reject(error)
  pending.clear()
}
