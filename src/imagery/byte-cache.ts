/**
 * A cache bounded by bytes: what was used longest ago goes first; work under way is shared,
 * failures are not kept.
 */
import { shareWork } from './download-time.ts'

interface Entry<T> {
  readonly wait: () => Promise<T>
  byteCount: number
}

/** Decoded pixels by key. */
export class ByteCache<T extends { readonly byteLength: number }> {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry<T>>()
  #byteCount = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Answers from the cache, or makes the bytes once however many ask at the same time. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const before = this.#entries.get(key)
    if (before !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, before)
      return before.wait()
    }
    const entry: Entry<T> = { wait: shareWork(make), byteCount: 0 }
    this.#entries.set(key, entry)
    const value = entry.wait()
    value.then(
      ({ byteLength }) => {
        if (this.#entries.get(key) === entry) this.#weigh(entry, byteLength)
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
      },
    )
    return value
  }

  clear(): void {
    this.#entries.clear()
    this.#byteCount = 0
  }

  #weigh(entry: Entry<T>, byteCount: number): void {
    entry.byteCount = byteCount
    this.#byteCount += byteCount
    for (const [key, oldest] of this.#entries) {
      if (this.#byteCount <= this.#maxBytes || oldest === entry) break
      this.#byteCount -= oldest.byteCount
      this.#entries.delete(key)
    }
  }
}
