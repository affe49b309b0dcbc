/** Of the time that a piece of work takes, how long it waits for hosts: requests, and their turn at a host's gate. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Requests of one piece of work; of several at once the time counts once. */
interface Waiting {
  underWay: number
  since: number
  ms: number
}

const current = new AsyncLocalStorage<Waiting>()

/** What a piece of work took, ms. */
export interface TimeTaken {
  readonly totalMs: number
  readonly downloadMs: number
}

/** Runs `work`, and tells what it took, also when it fails. */
export async function timeDownloads<T>(
  work: () => Promise<T>,
  tell: (taken: TimeTaken) => void,
): Promise<T> {
  const startedAt = performance.now()
  const waiting: Waiting = { underWay: 0, since: 0, ms: 0 }
  try {
    return await current.run(waiting, work)
  } finally {
    tell({ totalMs: performance.now() - startedAt, downloadMs: waiting.ms })
  }
}

/** Runs `request`, whose time counts as waiting for a host for the piece of work that it belongs to, if any. */
export async function asDownload<T>(request: () => Promise<T>): Promise<T> {
  const waiting = current.getStore()
  if (waiting === undefined) return request()
  if (waiting.underWay++ === 0) waiting.since = performance.now()
  try {
    return await request()
  } finally {
    if (--waiting.underWay === 0) waiting.ms += performance.now() - waiting.since
  }
}
