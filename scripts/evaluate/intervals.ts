/**
 * 95 % intervals by bootstrap, as `whereabouts_train/metrics.py` makes them. The random numbers are
 * others than NumPy's: values are the same, intervals agree about.
 */
import { createRandom } from '../../src/roads/random.ts'
import { mean } from './ranks.ts'

/** A mean with the lower and upper end of its 95 % interval. */
export type Interval = readonly [value: number, low: number, high: number]

const DRAWS = 1000
const SEED = 1

/**
 * The mean of `values` and its interval. Classes are drawn first, then pictures within each: both
 * vary in the world.
 * @param groups  class of each value
 */
export function bootstrap(values: readonly number[], groups: readonly string[]): Interval {
  const members = new Map<string, number[]>()
  values.forEach((value, i) => {
    const group = groups[i] ?? ''
    members.set(group, [...(members.get(group) ?? []), value])
  })
  const classes = [...members.values()]
  const drawBelow = createRandom(SEED)
  const means = Array.from({ length: DRAWS }, () =>
    mean(classes.flatMap(() => drawAgain(classes[drawBelow(classes.length)] ?? [], drawBelow))),
  )
  const sorted = means.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
  return [mean(values), quantile(sorted, 0.025), quantile(sorted, 0.975)]
}

/** Mean of second − first, paired, with its interval. */
export function pairedDifference(
  first: readonly number[],
  second: readonly number[],
  groups: readonly string[],
): Interval {
  return bootstrap(
    second.map((value, i) => value - (first[i] ?? NaN)),
    groups,
  )
}

/** Rounded to so many digits behind the point. */
export function rounded(interval: Interval, digits: number): Interval {
  const [value, low, high] = interval
  return [round(value, digits), round(low, digits), round(high, digits)]
}

/** To so many digits behind the point. */
export function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}

function drawAgain(values: readonly number[], drawBelow: (limit: number) => number): number[] {
  return values.map(() => values[drawBelow(values.length)] ?? NaN)
}

/** Linear between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? NaN
  const high = sorted[Math.ceil(at)] ?? NaN
  return low + (high - low) * (at - Math.floor(at))
}
