import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packIds } from '../../src/roads/packed-ids.ts'
import { RankFinder } from '../../src/roads/rank-finder.ts'

/** Small ones, those around multiples of 2³², where the high word changes, and any. */
const id = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc
    .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -9, max: 9 }))
    .map(([high, low]) => high * 2 ** 32 + low),
  fc.maxSafeInteger(),
)
const sorted = (ids: number[]) => [...new Set(ids)].sort((a, b) => a - b)

describe('RankFinder', () => {
  for (const method of ['find', 'advanceTo'] as const)
    test(`${method} finds each id that is there and no other, in any order of asking`, () => {
      fc.assert(
        fc.property(fc.array(id), fc.array(id), (ids, questions) => {
          const list = sorted(ids)
          const finder = new RankFinder(packIds(Float64Array.from(list)))
          for (const question of [...questions, ...ids, ...list])
            expect(finder[method](question)).toBe(list.indexOf(question))
        }),
      )
    })

  test('advanceTo crosses long gaps', () => {
    const ids = Float64Array.from({ length: 10_000 }, (_, i) => i * 3)
    const finder = new RankFinder(packIds(ids))
    expect([0, 3, 15_000, 29_997, 6, 7].map((id) => finder.advanceTo(id))).toEqual([
      0, 1, 5000, 9999, 2, -1,
    ])
  })
})
