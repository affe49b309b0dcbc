/** The ids of all nodes that roads need, sorted, without repeats; a node's rank is its place in that list. */

/** Gathers ids into shared memory, sorts them and drops repeats. */
export function sortIds(lists: readonly Float64Array[]): Float64Array<SharedArrayBuffer> {
  const length = lists.reduce((sum, list) => sum + list.length, 0)
  const ids = new Float64Array(new SharedArrayBuffer(8 * length))
  let count = 0
  for (const list of lists) {
    ids.set(list, count)
    count += list.length
  }
  ids.sort()
  count = 0
  for (let i = 0; i < length; i++) {
    const id = ids[i] as number
    if (count === 0 || id !== ids[count - 1]) ids[count++] = id
  }
  return ids.subarray(0, count)
}

/** Finds ranks; asking for ids in ascending order costs next to nothing. */
export class RankFinder {
  readonly #ids: Float64Array
  /** First rank whose id is not below the id asked last. */
  #at = 0

  constructor(ids: Float64Array) {
    this.#ids = ids
  }

  /** Rank of an id anywhere in the list, or -1. Neighbours of the id found last come first: ways run along them. */
  find(id: number): number {
    const ids = this.#ids
    if (ids[this.#at + 1] === id) return ++this.#at
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

  #lowerBound(id: number): number {
    let low = 0
    let high = this.#ids.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ids[middle] as number) < id) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Steps after which halving the list is faster than walking on. */
const STEPS_MAX = 64
