/** Sorted ids in half the memory: their low words, and where the high word changes, which in real data is thrice. */

/** Ids without repeats, ascending. */
export interface PackedIds {
  /** `uint32[ids]` in memory that threads share. */
  readonly low: Uint32Array
  /** The high words that occur, ascending: `id = high × 2³² + low`. */
  readonly highs: readonly number[]
  /** The rank at which each begins. */
  readonly starts: readonly number[]
}

export const WORD = 2 ** 32

/** Packs sorted ids without repeats; negative ones and those above 2³² come out right. */
export function packIds(ids: Float64Array): PackedIds {
  const low = new Uint32Array(new SharedArrayBuffer(4 * ids.length))
  const highs: number[] = []
  const starts: number[] = []
  for (let rank = 0, end = -Infinity; rank < ids.length; rank++) {
    const id = ids[rank] as number
    if (id >= end) {
      const high = Math.floor(id / WORD)
      highs.push(high)
      starts.push(rank)
      end = (high + 1) * WORD
    }
    low[rank] = id
  }
  return { low, highs, starts }
}
