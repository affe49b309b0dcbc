/** Gathers and sorts the ids of all nodes that roads need, without repeats; a node's rank is its place among them. */
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
    // A view: copying the numbers to spare the room of the few repeats would double what is held meanwhile.
    this.#sorted.push(merged.subarray(0, mergeIds(a, b, merged)))
  }
}

/** Merges sorted lists. */
export function mergeLists(lists: readonly Float64Array[]): Float64Array {
  return lists.reduce((all, list) => {
    const merged = new Float64Array(all.length + list.length)
    return merged.subarray(0, mergeIds(all, list, merged))
  })
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
