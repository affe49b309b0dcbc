/**
 * Of the time that a piece of work takes, how long it waits for hosts: requests, and their turn at
 * a host's gate.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** The waiting of one piece of work: of several requests at once the time counts once. */
class Waiting {
  /** Work that waits for this one, and so for its hosts. */
  readonly #followers = new Set<{ readonly waiting: Waiting }>()
  #requests = 0
  #since = 0
  #ms = 0

  get ms(): number {
    return this.#ms + (this.#requests > 0 ? performance.now() - this.#since : 0)
  }

  enter(): void {
    if (this.#requests++ > 0) return
    this.#since = performance.now()
    for (const { waiting } of this.#followers) waiting.enter()
  }

  leave(): void {
    if (--this.#requests > 0) return
    this.#ms += performance.now() - this.#since
    for (const { waiting } of this.#followers) waiting.leave()
  }

  /** Waits for shared work: while that waits for a host, so does this. */
  async follow<T>(shared: Waiting, result: Promise<T>): Promise<T> {
    const follower = { waiting: this }
    shared.#followers.add(follower)
    if (shared.#requests > 0) this.enter()
    try {
      return await result
    } finally {
      shared.#followers.delete(follower)
      if (shared.#requests > 0) this.leave()
    }
  }
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
  const waiting = new Waiting()
  try {
    return await current.run(waiting, work)
  } finally {
    tell({ totalMs: performance.now() - startedAt, downloadMs: waiting.ms })
  }
}

/**
 * Runs `request`, whose time counts as waiting for a host for the piece of work that it belongs to,
 * if any.
 */
export async function asDownload<T>(request: () => Promise<T>): Promise<T> {
  const waiting = current.getStore()
  if (waiting === undefined) return request()
  waiting.enter()
  try {
    return await request()
  } finally {
    waiting.leave()
  }
}

/**
 * Begins work that several pieces of work may wait for: its requests count for each of them, as
 * long as it waits.
 * @returns what each of them calls to wait for the result
 */
export function shareWork<T>(make: () => Promise<T>): () => Promise<T> {
  const shared = new Waiting()
  const result = current.run(shared, make)
  return () => current.getStore()?.follow(shared, result) ?? result
}
