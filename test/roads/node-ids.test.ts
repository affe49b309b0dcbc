import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IdGatherer, RankFinder, mergeShared, sortIds } from '../../src/roads/node-ids.ts'

const id = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.maxSafeInteger())
const idLists = fc.array(fc.array(id))
const sorted = (ids: number[]) => [...new Set(ids)].sort((a, b) => a - b)

test('IdGatherer gives every id once, in order, however the lists were cut', () => {
  fc.assert(
    fc.property(idLists, (lists) => {
      const gatherer = new IdGatherer()
      for (const list of lists) gatherer.add(Float64Array.from(list))
      expect([...gatherer.finish()]).toEqual(sorted(lists.flat()))
    }),
  )
})

test('IdGatherer merges as many batches as come', () => {
  const gatherer = new IdGatherer()
  for (let part = 0; part < 24; part++)
    gatherer.add(Float64Array.from({ length: 40_000 }, (_, i) => (part * 7919 + i * 31) % 100_003))
  const ids = gatherer.finish()
  expect(ids.length).toBe(100_003)
  expect(ids.every((id, i) => id === i)).toBe(true)
})

test('mergeShared gives every id once, in memory that threads share', () => {
  fc.assert(
    fc.property(idLists, (lists) => {
      const merged = mergeShared(lists.map((list) => sortIds(Float64Array.from(list))))
      expect([...merged]).toEqual(sorted(lists.flat()))
      expect(merged.buffer).toBeInstanceOf(SharedArrayBuffer)
    }),
  )
})

describe('RankFinder', () => {
  for (const method of ['find', 'advanceTo'] as const)
    test(`${method} finds each id that is there and no other, in any order of asking`, () => {
      fc.assert(
        fc.property(fc.array(id), fc.array(id), (ids, questions) => {
          const list = sorted(ids)
          const finder = new RankFinder(Float64Array.from(list))
          for (const question of [...questions, ...ids, ...list])
            expect(finder[method](question)).toBe(list.indexOf(question))
        }),
      )
    })

  test('advanceTo crosses long gaps', () => {
    const ids = Float64Array.from({ length: 10_000 }, (_, i) => i * 3)
    const finder = new RankFinder(ids)
    expect([0, 3, 15_000, 29_997, 6, 7].map((id) => finder.advanceTo(id))).toEqual([
      0, 1, 5000, 9999, 2, -1,
    ])
  })
})
