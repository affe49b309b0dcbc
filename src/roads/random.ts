/**
 * Seeded random numbers of 53 bits: xoshiro128**, filled by splitmix32. Integer arithmetic only.
 */

/** Draws whole numbers from 0 up to, but without, `limit` (≤ 2^53), all equally likely. */
export type DrawBelow = (limit: number) => number

const WORD = 2 ** 32
const DRAWS = 2 ** 53

/** Makes the sequence of a seed, a whole number from 0 to 2^53 − 1. */
export function createRandom(seed: number): DrawBelow {
  const next = xoshiro(seed)
  const next53 = () => (next() >>> 11) * WORD + next()
  return (limit) => {
    // The last, incomplete round of `limit` would favour small numbers: draw again.
    const fair = DRAWS - (DRAWS % limit)
    let drawn = next53()
    while (drawn >= fair) drawn = next53()
    return drawn % limit
  }
}

function xoshiro(seed: number): () => number {
  const mix = splitmix(seed)
  const s = new Uint32Array([mix(), mix(), mix(), mix()])
  return () => {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = s
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0
    const t2 = s2 ^ s0
    const t3 = s3 ^ s1
    s[1] = s1 ^ t2
    s[0] = s0 ^ t3
    s[2] = t2 ^ (s1 << 9)
    s[3] = rotate(t3, 11)
    return result
  }
}

/** Both halves of the seed go in: the high one first, so that seeds 2^32 apart differ. */
function splitmix(seed: number): () => number {
  let state = scramble(Math.floor(seed / WORD)) ^ (seed % WORD)
  return () => {
    state = (state + 0x9e3779b9) | 0
    return scramble(state)
  }
}

function scramble(word: number): number {
  let z = word | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
