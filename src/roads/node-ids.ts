/** The ids of all nodes that roads need, sorted, without repeats; a node's rank is its place in that list. */
import { createFloats } from './number-list.ts'
import { radixSort } from './radix-sort.ts'

/** Sorts a copy of a list and drops repeats. */
export function sortIds(list: Float64Array): Float64Array<ArrayBuffer> {
  const ids = radixSort(list)
  let count = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number
    if (count === 0 || id !== ids[count - 1]) ids[count++] = id
  }
  return ids.slice(0, count)
}

/** Ids sorted at once: the arrays that this takes fit a cache, and few merges are left. */
const BATCH = 1 << 18

/** Gathers ids in any order, with repeats; sorts them in batches and merges batches of like size. */
export class IdGatherer {
  readonly #sorted: Float64Array<ArrayBuffer>[] = []
  readonly #batch = createFloats()

  add(ids: Float64Array): void {
    this.#batch.reserve(ids.length).set(ids, this.#batch.length)
    this.#batch.length += ids.length
    if (this.#batch.length >= BATCH) this.#sortBatch()
  }

  /** All ids. */
  finish(): Float64Array<ArrayBuffer> {
    this.#sortBatch()
    while (this.#sorted.length > 1) this.#mergeLast()
    return this.#sorted.pop() ?? new Float64Array(0)
  }

  #sortBatch(): void {
    this.#sorted.push(sortIds(this.#batch.array.subarray(0, this.#batch.length)))
    this.#batch.length = 0
    for (;;) {
      const [a, b] = this.#sorted.slice(-2)
      if (!a || !b || a.length > 2 * b.length) return
      this.#mergeLast()
    }
  }

  #mergeLast(): void {
    const [a, b] = this.#sorted.splice(-2)
    if (!a || !b) return
    const merged = new Float64Array(a.length + b.length)
    this.#sorted.push(merged.slice(0, mergeIds(a, b, merged)))
  }
}

/** Merges sorted lists into memory that threads share. */
export function mergeShared(lists: readonly Float64Array[]): Float64Array<SharedArrayBuffer> {
  let all = sharedFloats(0)
  for (const list of lists) {
    const merged = sharedFloats(all.length + list.length)
    all = merged.subarray(0, mergeIds(all, list, merged))
  }
  return all
}

function sharedFloats(length: number): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(8 * length))
}

/** @returns how many ids `merged` holds now */
function mergeIds(a: Float64Array, b: Float64Array, merged: Float64Array): number {
  let count = 0
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const x = a[i] as number
    const y = b[j] as number
    merged[count++] = x < y ? x : y
    if (x <= y) i++
    if (y <= x) j++
  }
  merged.set(a.subarray(i), count)
  merged.set(b.subarray(j), count + a.length - i)
  return count + a.length - i + b.length - j
}

/** Ids per entry of the table that narrows a search. */
const IDS_PER_BUCKET = 4
/** Steps after which searching is faster than walking on. */
const STEPS_MAX = 64

/** Finds ranks; asking for ids in ascending order, or along a way, costs next to nothing. */
export class RankFinder {
  readonly #ids: Float64Array
  readonly #first: number
  readonly #bucketsPerId: number
  /** Lowest rank of each bucket of equally wide ranges of ids: a search begins near its end. */
  readonly #buckets: Uint32Array
  /** First rank whose id is not below the id asked last. */
  #at = 0

  constructor(ids: Float64Array) {
    this.#ids = ids
    const count = Math.ceil(ids.length / IDS_PER_BUCKET)
    this.#first = ids[0] ?? 0
    this.#bucketsPerId = count / ((ids.at(-1) ?? 0) - this.#first + 1)
    this.#buckets = new Uint32Array(count + 1).fill(ids.length)
    for (let rank = ids.length - 1; rank >= 0; rank--)
      this.#buckets[this.#bucketOf(ids[rank] as number)] = rank
    for (let bucket = count - 1; bucket >= 0; bucket--)
      this.#buckets[bucket] = Math.min(
        this.#buckets[bucket] as number,
        this.#buckets[bucket + 1] as number,
      )
  }

  /** Rank of an id anywhere in the list, or -1. A way's nodes often have neighbouring ids, so look there first. */
  find(id: number): number {
    const ids = this.#ids
    if (ids[this.#at + 1] === id) return ++this.#at
    if (ids[this.#at - 1] === id) return --this.#at
    this.#at = this.#lowerBound(id)
    return ids[this.#at] === id ? this.#at : -1
  }

  /** Rank of an id that is mostly a little above the one asked last, or -1. */
  advanceTo(id: number): number {
    const ids = this.#ids
    let at = this.#at
    if (at > 0 && (ids[at - 1] as number) >= id) at = this.#lowerBound(id)
    for (let steps = 0; (ids[at] as number) < id; at++)
      if (++steps > STEPS_MAX) {
        at = this.#lowerBound(id)
        break
      }
    this.#at = at
    return ids[at] === id ? at : -1
  }

  #bucketOf(id: number): number {
    return Math.floor((id - this.#first) * this.#bucketsPerId)
  }

  #lowerBound(id: number): number {
    const bucket = this.#bucketOf(id)
    if (!(bucket >= 0)) return 0
    let low = this.#buckets[bucket] ?? this.#ids.length
    let high = this.#buckets[bucket + 1] ?? this.#ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ids[middle] as number) < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
