/**
 * A seed comes in, random numbers and noise fields leave: all that is irregular in the sample town.
 */

/** Uniform numbers in 0…1 (1 excluded). */
export type Random = () => number

/** Same seed, same numbers (mulberry32: 32 bits of state are plenty for a picture). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A number between two others. */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random()
}

/** One of the items. */
export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random() * items.length)] ?? items[0]
}

/** A smooth field, about −1…1, that repeats every 512 steps. */
export type Noise = (x: number, y: number) => number

const SIDE = 512
const MASK = SIDE - 1

/** Noise with detail from 128 steps down to `finest` steps, each octave weaker. */
export function createNoise(random: Random, finest: number): Noise {
  const field = new Float32Array(SIDE * SIDE)
  for (let step = 128, strength = 0.6; step >= finest; step /= 2, strength *= 0.8) {
    addOctave(field, random, { step, strength })
  }
  return (x, y) => field[((Math.floor(y) & MASK) << 9) | (Math.floor(x) & MASK)] ?? 0
}

function addOctave(
  field: Float32Array,
  random: Random,
  { step, strength }: { step: number; strength: number },
): void {
  const count = SIDE / step
  const knots = Float32Array.from({ length: count * count }, () => strength * (2 * random() - 1))
  const knot = (x: number, y: number): number => knots[(y % count) * count + (x % count)] ?? 0
  for (let y = 0; y < SIDE; y++) {
    const row = Math.floor(y / step)
    const v = ease((y % step) / step)
    for (let x = 0; x < SIDE; x++) {
      const column = Math.floor(x / step)
      const u = ease((x % step) / step)
      const top = knot(column, row) * (1 - u) + knot(column + 1, row) * u
      const bottom = knot(column, row + 1) * (1 - u) + knot(column + 1, row + 1) * u
      field[y * SIDE + x] = (field[y * SIDE + x] ?? 0) + top * (1 - v) + bottom * v
    }
  }
}

function ease(t: number): number {
  return t * t * (3 - 2 * t)
}
