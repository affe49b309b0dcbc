/** A cache bounded by bytes: what was used longest ago goes first; work under way is shared, failures are not kept. */

interface Entry {
  readonly value: Promise<Uint8Array>
  byteCount: number
}

/** Decoded pixels by key. */
export class ByteCache {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  #byteCount = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Answers from the cache, or makes the bytes once however many ask at the same time. */
  get(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const before = this.#entries.get(key)
    if (before !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, before)
      return before.value
    }
    const entry: Entry = { value: make(), byteCount: 0 }
    this.#entries.set(key, entry)
    entry.value.then(
      (bytes) => {
        if (this.#entries.get(key) === entry) this.#weigh(entry, bytes.byteLength)
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
      },
    )
    return entry.value
  }

  clear(): void {
    this.#entries.clear()
    this.#byteCount = 0
  }

  #weigh(entry: Entry, byteCount: number): void {
    entry.byteCount = byteCount
    this.#byteCount += byteCount
    for (const [key, oldest] of this.#entries) {
      if (this.#byteCount <= this.#maxBytes || oldest === entry) break
      this.#byteCount -= oldest.byteCount
      this.#entries.delete(key)
    }
  }
}
