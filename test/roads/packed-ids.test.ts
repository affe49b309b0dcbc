import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packIds, WORD } from '../../src/roads/packed-ids.ts'

test('packIds keeps every id', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.maxSafeInteger()), (ids) => {
      const list = ids.sort((a, b) => a - b)
      const { low, highs, starts } = packIds(Float64Array.from(list))
      const unpacked = [...low].map((word, rank) => {
        const run = starts.findLastIndex((start) => start <= rank)
        return (highs[run] ?? NaN) * WORD + word
      })
      expect(unpacked).toEqual(list)
    }),
  )
})
