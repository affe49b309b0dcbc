import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdGatherer, mergeLists, sortIds } from '../../src/roads/node-ids.ts'
import { packIds, sharedWords, WORD, type PackedIds } from '../../src/roads/packed-ids.ts'

const id = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.maxSafeInteger())
const idLists = fc.array(fc.array(id))
const sorted = (ids: number[]) => [...new Set(ids)].sort((a, b) => a - b)

const unpack = ({ low, highs, starts }: PackedIds) =>
  [...low].map((word, rank) => {
    const run = starts.findLastIndex((start) => start <= rank)
    return (highs[run] ?? NaN) * WORD + word
  })

test('IdGatherer gives every id once, in order, however the lists were cut', () => {
  fc.assert(
    fc.property(idLists, (lists) => {
      const gatherer = new IdGatherer()
      for (const list of lists) gatherer.add(Float64Array.from(list))
      expect(unpack(gatherer.finish())).toEqual(sorted(lists.flat()))
    }),
  )
})

test('IdGatherer merges as many batches as come', () => {
  const gatherer = new IdGatherer()
  for (let part = 0; part < 24; part++)
    gatherer.add(Float64Array.from({ length: 40_000 }, (_, i) => (part * 7919 + i * 31) % 100_003))
  const { low, highs } = gatherer.finish()
  expect(low.length).toBe(100_003)
  expect(low.every((id, i) => id === i)).toBe(true)
  expect(highs).toEqual([0])
})

test('mergeLists gives every id once, in order, in memory that threads share', () => {
  fc.assert(
    fc.property(idLists, (lists) => {
      const packed = lists.map((list) => packIds(sortIds(Float64Array.from(list))))
      const merged = mergeLists(packed, sharedWords)
      expect(unpack(merged)).toEqual(sorted(lists.flat()))
      expect(merged.low.buffer).toBeInstanceOf(SharedArrayBuffer)
    }),
  )
})
