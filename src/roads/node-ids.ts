/**
 * Gathers and sorts the ids of all nodes that roads need, without repeats; a node's rank is its
 * place among them.
 */
import { createFloats } from './number-list.ts'
import {
  NO_IDS,
  mergePacked,
  ownWords,
  packIds,
  type Allocate,
  type PackedIds,
} from './packed-ids.ts'
import { radixSort } from './radix-sort.ts'

/** Sorts a list in place; @returns the part of it that holds each id once */
export function sortIds<Ids extends Float64Array>(list: Ids): Ids {
  const ids = radixSort(list)
  let count = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number
    if (count === 0 || id !== ids[count - 1]) ids[count++] = id
  }
  return ids.subarray(0, count) as Ids
}

/** Ids sorted at once: the arrays that this takes fit a cache, and few merges are left. */
const BATCH = 1 << 18

/**
 * Gathers ids in any order, with repeats; sorts them in batches and merges batches of like size.
 */
export class IdGatherer {
  readonly #sorted: PackedIds[] = []
  readonly #batch = createFloats()

  add(ids: Float64Array): void {
    this.#batch.reserve(ids.length).set(ids, this.#batch.length)
    this.#batch.length += ids.length
    if (this.#batch.length >= BATCH) this.#sortBatch()
  }

  /** All ids. */
  finish(): PackedIds {
    this.#sortBatch()
    while (this.#sorted.length > 1) this.#mergeLast()
    return this.#sorted.pop() ?? NO_IDS
  }

  #sortBatch(): void {
    this.#sorted.push(packIds(sortIds(this.#batch.array.subarray(0, this.#batch.length))))
    this.#batch.length = 0
    for (;;) {
      const [a, b] = this.#sorted.slice(-2)
      if (!a || !b || a.low.length > 2 * b.low.length) return
      this.#mergeLast()
    }
  }

  #mergeLast(): void {
    const [a, b] = this.#sorted.splice(-2)
    if (a && b) this.#sorted.push(mergePacked(a, b, ownWords))
  }
}

/**
 * Merges lists, like with like, and takes them out of `lists` so that they are let go meanwhile.
 */
export function mergeLists(lists: PackedIds[], allocate: Allocate): PackedIds {
  while (lists.length > 2) {
    const [a = NO_IDS, b = NO_IDS] = lists.splice(0, 2)
    lists.push(mergePacked(a, b, ownWords))
  }
  const [a = NO_IDS, b = NO_IDS] = lists.splice(0)
  return mergePacked(a, b, allocate)
}
