import { expect, test } from 'vitest'
import { bootstrap, pairedDifference } from '../../scripts/evaluate/intervals.ts'
import { hasHit, mean, rankFitting } from '../../scripts/evaluate/ranks.ts'

const ranked = (distances: readonly number[], fits: readonly boolean[]) =>
  rankFitting(Float64Array.from(distances), fits)

test('the right order is perfect, the reverse is the worst', () => {
  const fits = [true, true, false, false]
  expect(ranked([0, 1, 2, 3], fits)).toEqual({ auc: 1, percentile: 1 / 6, precision: 1 })
  const worst = ranked([3, 2, 1, 0], fits)
  expect(worst.auc).toBe(0)
  expect(worst.percentile).toBeCloseTo(5 / 6, 12)
  expect(worst.precision).toBeCloseTo((1 / 3 + 2 / 4) / 2, 12)
})

test('equal distances count half in the area and against the query elsewhere', () => {
  expect(ranked([1, 1], [true, false])).toEqual({ auc: 0.5, percentile: 1, precision: 0.5 })
})

test('a query that everything or nothing fits has no figures, and no say in a mean', () => {
  expect(ranked([1, 2], [true, true]).auc).toBeNaN()
  expect(ranked([1, 2], [false, false]).precision).toBeNaN()
  expect(mean([NaN, 1, 3])).toBe(2)
})

test('a distance that is not a number is refused: it would count as a perfect hit', () => {
  expect(() => ranked([NaN, 1], [true, false])).toThrow('got NaN')
})

test('a hit is a fitting scene among the k largest logits', () => {
  const logits = Float32Array.from([0, 5, 3, 4])
  expect(hasHit(logits, new Set([3]), 1)).toBe(false)
  expect(hasHit(logits, new Set([3]), 2)).toBe(true)
})

test('the interval widens when the classes differ, not when pictures of one class are many', () => {
  const values = Array.from({ length: 400 }, (_, i) => (i < 200 ? 0 : 1))
  const classes = values.map((value) => String(value))
  const own = values.map((_, i) => String(i))
  expect(bootstrap(values, classes)).toEqual([0.5, 0, 1])
  const [value, low, high] = bootstrap(values, own)
  expect(value).toBe(0.5)
  // Binomial of 400: ± 1.96 × 0.025.
  expect(low).toBeCloseTo(0.451, 2)
  expect(high).toBeCloseTo(0.549, 2)
})

test('a difference that is the same everywhere is beyond doubt', () => {
  expect(pairedDifference([1, 2, 3], [1.5, 2.5, 3.5], ['a', 'b', 'b'])).toEqual([0.5, 0.5, 0.5])
})
