/**
 * Accuracy and retrieval of single queries, as `whereabouts_train/metrics.py` computes them: keep
 * the two in step.
 */
import type { Logits } from '../../src/types.ts'

/** How one query ranked what fits it; NaN where nothing fits or everything does. */
export interface Ranked {
  /** Share of pairs in the right order; ties count half. */
  readonly auc: number
  /** Mean place of what fits, 0 = best, 1 = last; ties count against the query. */
  readonly percentile: number
  /** Average precision; ties count against the query. */
  readonly precision: number
}

/**
 * Does one of the `k` scenes with the largest logits fit? Equal logits: the earlier scene first.
 */
export function hasHit(logits: Logits, fits: ReadonlySet<number>, k: number): boolean {
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0))
  return order.slice(0, k).some((scene) => fits.has(scene))
}

/**
 * One query over a gallery.
 * @param distances  to every picture of the gallery, smaller is better
 * @param fits  which of them fit the query
 * @throws {Error} when a distance is not a number: it would count as a perfect hit
 */
export function rankFitting(distances: Float64Array, fits: readonly boolean[]): Ranked {
  if (distances.some(Number.isNaN)) throw new Error('Expected numbers for distances, got NaN')
  const inside = distances.filter((_, i) => fits[i]).sort()
  const outside = distances.filter((_, i) => !fits[i]).sort()
  const parts = Array.from(inside, (distance) => {
    const own = countUpTo(inside, distance)
    const others = countUpTo(outside, distance)
    return {
      lost: (countBelow(outside, distance) + others) / 2 / outside.length,
      percentile: (own + others - 1) / (distances.length - 1),
      precision: own / (own + others),
    }
  })
  if (outside.length === 0) return { auc: NaN, percentile: NaN, precision: NaN }
  return {
    auc: 1 - mean(parts.map(({ lost }) => lost)),
    percentile: mean(parts.map(({ percentile }) => percentile)),
    precision: mean(parts.map(({ precision }) => precision)),
  }
}

/** The mean of what is a number; NaN where nothing is. */
export function mean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.reduce((sum, value) => sum + value, 0) / known.length
}

function countBelow(sorted: Float64Array, limit: number): number {
  return countWhile(sorted, (value) => value < limit)
}

function countUpTo(sorted: Float64Array, limit: number): number {
  return countWhile(sorted, (value) => value <= limit)
}

/** By halving: `isCounted` holds for the first ones alone. */
function countWhile(sorted: Float64Array, isCounted: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isCounted(sorted[middle] ?? NaN)) low = middle + 1
    else high = middle
  }
  return low
}
