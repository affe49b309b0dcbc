import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdGatherer, mergeLists, sortIds } from '../../src/roads/node-ids.ts'

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

test('mergeLists gives every id once, in order', () => {
  fc.assert(
    fc.property(idLists, (lists) => {
      const merged = mergeLists([[], ...lists].map((list) => sortIds(Float64Array.from(list))))
      expect([...merged]).toEqual(sorted(lists.flat()))
    }),
  )
})
