import fc from 'fast-check'
import { expect, test } from 'vitest'
import { radixSort } from '../../src/roads/radix-sort.ts'

const spreads = [
  { name: 'all the same', spread: 1 },
  { name: 'within one digit', spread: 4096 },
  { name: 'within three digits', spread: 2 ** 34 },
  { name: 'within four digits', spread: 2 ** 48 },
  { name: 'too far apart for digits', spread: 2 ** 53 },
]
for (const { name, spread } of spreads)
  test(`radixSort sorts ids ${name} as a sort that compares them does`, () => {
    const start = fc.integer({ min: -1000, max: 1000 })
    fc.assert(
      fc.property(start, fc.integer({ min: 1, max: 2 ** 31 }), (min, seed) => {
        const ids = Float64Array.from({ length: 1500 }, (_, i) => {
          const share = ((i + 1) * seed * 0.6180339887) % 1
          return min + Math.floor(share * spread)
        })
        expect(radixSort(ids.slice()).join()).toBe(ids.slice().sort().join())
      }),
      { numRuns: 20 },
    )
  })
