/** The ids of all nodes that roads need, sorted, without repeats; a node's rank is its place in that list. */

/** Sorts a copy of a list and drops repeats. */
export function sortIds(list: Float64Array): Float64Array<ArrayBuffer> {
  const ids = Float64Array.from(list).sort()
  let count = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number
    if (count === 0 || id !== ids[count - 1]) ids[count++] = id
  }
  return ids.slice(0, count)
}

/**
 * Gathers sorted lists as they come and merges those of like size, so that most of the sorting is done while other
 * threads decode: 4 × less waiting than one sort at the end.
 */
export class IdGatherer {
  readonly #lists: SharedFloats[] = []

  add(list: Float64Array): void {
    this.#lists.push(mergeIds(list, sharedFloats(0)))
    while (this.#lists.length > 1) {
      const [a, b] = this.#lists.slice(-2) as [SharedFloats, SharedFloats]
      if (a.length > 2 * b.length) return
      this.#lists.splice(-2, 2, mergeIds(a, b))
    }
  }

  /** All ids, in memory that threads share. */
  finish(): Float64Array<SharedArrayBuffer> {
    return this.#lists.splice(0).reduceRight(mergeIds, sharedFloats(0))
  }
}

type SharedFloats = Float64Array<SharedArrayBuffer>

function sharedFloats(length: number): SharedFloats {
  return new Float64Array(new SharedArrayBuffer(8 * length))
}

function mergeIds(a: Float64Array, b: Float64Array): SharedFloats {
  const merged = sharedFloats(a.length + b.length)
  let count = 0
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] as number, b[j] as number]
    merged[count++] = x < y ? x : y
    if (x <= y) i++
    if (y <= x) j++
  }
  merged.set(a.subarray(i), count)
  merged.set(b.subarray(j), count + a.length - i)
  return merged.subarray(0, count + a.length - i + b.length - j)
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
