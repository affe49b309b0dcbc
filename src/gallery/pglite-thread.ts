/**
 * PGlite in a worker thread, so that a scan does not block the thread that answers HTTP.
 * This file is both ends: run as a worker it serves, imported it starts one.
 * @io database
 */
import { isMainThread, parentPort, Worker, workerData, type MessagePort } from 'node:worker_threads'
import { UpstreamError } from '../errors.ts'
import { openSession, type PgliteSession, type SessionRequest } from './pglite-session.ts'

interface Call {
  readonly id: number
  readonly request: SessionRequest | { readonly kind: 'close' }
}

interface Answer {
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
  const worker = startWorker({ whereaboutsPglite: folder })
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

/** From `src` the worker needs tsx to read TypeScript; from `dist` nothing. */
function startWorker(workerData: object): Worker {
  const self = import.meta.url
  if (!self.endsWith('.ts')) return new Worker(new URL(self), { workerData })
  const tsx = import.meta.resolve('tsx/esm/api')
  const code = `import('${tsx}').then((tsx) => { tsx.register(); return import('${self}') })`
  return new Worker(code, { workerData, eval: true })
}

async function serve(port: MessagePort, folder: string): Promise<void> {
  const opening = openSession(folder)
  const answer = async ({ id, request }: Call): Promise<Answer> => {
    try {
      const session = await opening
      if (request.kind !== 'close') return { id, rows: await session.run(request) }
      await session.close()
      return { id }
    } catch (error) {
      const { message, code } = error as Error & { code?: unknown }
      return { id, error: { message, code } }
    }
  }
  port.on('message', (call: Call) => void answer(call).then((reply) => port.postMessage(reply)))
}

const data = workerData as { whereaboutsPglite?: string } | null
if (!isMainThread && parentPort !== null && data?.whereaboutsPglite !== undefined) {
  await serve(parentPort, data.whereaboutsPglite)
}
