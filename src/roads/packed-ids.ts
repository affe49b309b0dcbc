/**
 * Sorted ids in half the memory: their low words, and where the high word changes, which in real
 * data is thrice.
 */

/** Ids without repeats, ascending. */
export interface PackedIds {
  /** `uint32[ids]` */
  readonly low: Uint32Array
  /** The high words that occur, ascending: `id = high × 2³² + low`. */
  readonly highs: readonly number[]
  /** The rank at which each begins. */
  readonly starts: readonly number[]
}

export const WORD = 2 ** 32

const NO_WORDS = new Uint32Array(0)
/** No ids at all. */
export const NO_IDS: PackedIds = { low: NO_WORDS, highs: [], starts: [] }

/** Packs sorted ids without repeats; negative ones and those above 2³² come out right. */
export function packIds(ids: Float64Array): PackedIds {
  const low = new Uint32Array(ids.length)
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

/** Gives `uint32[count]`, all zero. */
export type Allocate = (count: number) => Uint32Array

/** Memory of the calling thread, which can be handed over to another one. */
export const ownWords: Allocate = (count) => new Uint32Array(count)
/** Memory that threads share. */
export const sharedWords: Allocate = (count) => new Uint32Array(new SharedArrayBuffer(4 * count))

/** Merges two lists, without repeats. */
export function mergePacked(a: PackedIds, b: PackedIds, allocate: Allocate): PackedIds {
  const merged = allocate(a.low.length + b.low.length)
  const highs: number[] = []
  const starts: number[] = []
  let count = 0
  for (let i = 0, j = 0; i < a.highs.length || j < b.highs.length;) {
    const high = Math.min(a.highs[i] ?? Infinity, b.highs[j] ?? Infinity)
    const wordsOfA = a.highs[i] === high ? runAt(a, i++) : NO_WORDS
    const wordsOfB = b.highs[j] === high ? runAt(b, j++) : NO_WORDS
    highs.push(high)
    starts.push(count)
    count = mergeWords(wordsOfA, wordsOfB, { merged, count })
  }
  // A view: copying the words to spare the room of the few repeats would double what is held
  // meanwhile.
  return { low: merged.subarray(0, count), highs, starts }
}

/** The words under one high word. */
function runAt({ low, starts }: PackedIds, run: number): Uint32Array {
  return low.subarray(starts[run], starts[run + 1])
}

/** @returns how many words `merged` holds now */
function mergeWords(
  a: Uint32Array,
  b: Uint32Array,
  { merged, count }: { readonly merged: Uint32Array; count: number },
): number {
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
