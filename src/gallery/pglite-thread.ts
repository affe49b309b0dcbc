/**
 * PGlite in a worker thread, so that it does not keep the thread from its work that answers HTTP or
 * feeds the sessions.
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

/** Starts a thread and opens the cluster in it; nothing is left of the thread when that fails. */
export async function openThreadSession(folder: string): Promise<PgliteSession> {
  const setup: Setup = { folder, program: await pgliteProgram() }
  const worker = startWorker(import.meta.url, 'pglite-worker', setup)
  const pending = new Map<number, Pending>()
  worker.on('message', (answer: Answer) => settle(pending, answer))
  let failure: UpstreamError | undefined
  const fail = (cause: Error) => {
    failure ??= failed(cause)
    for (const call of pending.values()) call.reject(failure)
    pending.clear()
  }
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`its thread ended with ${code}`)))
  let lastId = 0
  const call = (request: Call['request']) =>
    new Promise<unknown[]>((resolve, reject) => {
      if (failure !== undefined) {
        reject(failure)
        return
      }
      lastId++
      pending.set(lastId, { resolve, reject })
      worker.postMessage({ id: lastId, request } satisfies Call)
    })
  const end = async () => {
    await worker.terminate()
  }
  try {
    await call({ kind: 'query', sql: 'select 1', params: [] })
  } catch (error) {
    await end()
    throw error
  }
  const close = async () => {
    if (failure === undefined) await call({ kind: 'close' }).finally(end)
  }
  return { run: call, close }
}

function settle(pending: Map<number, Pending>, { id, rows, error }: Answer): void {
  const call = pending.get(id)
  pending.delete(id)
  if (error === undefined) call?.resolve(rows ?? [])
  else call?.reject(Object.assign(new Error(error.message), { code: error.code }))
}

function failed(cause: Error): UpstreamError {
  return new UpstreamError(
    'database-unavailable',
    `Asking the embedded database failed: ${cause.message}`,
    { hint: 'start this process again: what was stored is there', cause },
  )
}
