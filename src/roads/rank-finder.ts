/** Finds the rank of a node's id: its place in the sorted list of the ids that roads need. */
import { WORD, ownWords, type Allocate, type PackedIds } from './packed-ids.ts'

/** Ids per entry of the table that narrows a search. */
const IDS_PER_BUCKET = 8
/** Steps after which searching is faster than walking on. */
const STEPS_MAX = 64

/**
 * Makes `uint32[⌈ids / 8⌉ + 1]`, the lowest rank of each bucket of equally wide ranges of ids: a
 * search begins near its end.
 */
export function createBuckets(ids: PackedIds, allocate: Allocate): Uint32Array {
  const { low, highs, starts } = ids
  const { count, first, bucketsPerId } = measureBuckets(ids)
  const buckets = allocate(count + 1).fill(low.length)
  // From the end, so that the lowest rank of a bucket is written last.
  for (let run = starts.length - 1, stop = low.length; run >= 0; run--) {
    const base = (highs[run] as number) * WORD
    const start = starts[run] as number
    for (let rank = stop - 1; rank >= start; rank--)
      buckets[Math.floor((base + (low[rank] as number) - first) * bucketsPerId)] = rank
    stop = start
  }
  for (let bucket = count - 1; bucket >= 0; bucket--)
    buckets[bucket] = Math.min(buckets[bucket] as number, buckets[bucket + 1] as number)
  return buckets
}

function measureBuckets({ low, highs, starts }: PackedIds) {
  const count = Math.ceil(low.length / IDS_PER_BUCKET)
  const idAt = (run: number, rank: number) => (highs[run] ?? 0) * WORD + (low[rank] ?? 0)
  const first = idAt(0, 0)
  const last = idAt(starts.length - 1, low.length - 1)
  return { count, first, bucketsPerId: count / (last - first + 1) }
}

/** Finds ranks; asking for ids in ascending order, or along a way, costs next to nothing. */
export class RankFinder {
  readonly #ids: PackedIds
  readonly #low: Uint32Array
  readonly #first: number
  readonly #bucketsPerId: number
  readonly #buckets: Uint32Array
  /** The run of ids with the high word asked last: all ids below `#end` whose rank is in it. */
  #begin = 0
  #end = 0
  #start = 0
  #stop = 0
  /** First rank whose id is not below the id asked last. */
  #at = 0

  /** @param buckets  of the same ids, which threads can share */
  constructor(ids: PackedIds, buckets = createBuckets(ids, ownWords)) {
    this.#ids = ids
    this.#low = ids.low
    this.#buckets = buckets
    const { first, bucketsPerId } = measureBuckets(ids)
    this.#first = first
    this.#bucketsPerId = bucketsPerId
  }

  /**
   * Rank of an id anywhere in the list, or -1. A way's nodes often have neighbouring ids, so look
   * there first.
   */
  find(id: number): number {
    if (id < this.#begin || id >= this.#end) this.#enterRun(id)
    const word = id >>> 0
    const at = this.#at
    if (at + 1 < this.#stop && this.#low[at + 1] === word) return (this.#at = at + 1)
    if (at - 1 >= this.#start && this.#low[at - 1] === word) return (this.#at = at - 1)
    this.#at = this.#lowerBound(id, word)
    return this.#rankOf(word)
  }

  /** Rank of an id that is mostly a little above the one asked last, or -1. */
  advanceTo(id: number): number {
    if (id < this.#begin || id >= this.#end) this.#enterRun(id)
    const low = this.#low
    const word = id >>> 0
    let at = this.#at
    if (at > this.#start && (low[at - 1] as number) >= word) at = this.#lowerBound(id, word)
    for (let steps = 0; at < this.#stop && (low[at] as number) < word; at++)
      if (++steps > STEPS_MAX) {
        at = this.#lowerBound(id, word)
        break
      }
    this.#at = at
    return this.#rankOf(word)
  }

  #rankOf(word: number): number {
    return this.#at < this.#stop && this.#low[this.#at] === word ? this.#at : -1
  }

  /** Finds the run of a high word; an empty one where no id has it. */
  #enterRun(id: number): void {
    const { low, highs, starts } = this.#ids
    const high = Math.floor(id / WORD)
    const run = highs.findIndex((known) => known >= high)
    this.#begin = high * WORD
    this.#end = this.#begin + WORD
    this.#start = starts[run] ?? low.length
    this.#stop = highs[run] === high ? (starts[run + 1] ?? low.length) : this.#start
    this.#at = this.#start
  }

  #lowerBound(id: number, word: number): number {
    const bucket = Math.floor((id - this.#first) * this.#bucketsPerId)
    if (!(bucket >= 0)) return this.#start
    let low = Math.max(this.#start, this.#buckets[bucket] ?? this.#stop)
    let high = Math.min(this.#stop, this.#buckets[bucket + 1] ?? this.#stop)
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#low[middle] as number) < word) low = middle + 1
      else high = middle
    }
    return Math.min(low, this.#stop)
  }
}
