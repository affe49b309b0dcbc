import fc from 'fast-check'
import { PbfReader, PbfWriter } from 'pbf'
import { expect, test } from 'vitest'
import { createFloats, readDeltas } from '../../src/roads/number-list.ts'
import { deltas } from './make-pbf.ts'

function pack(values: number[]): PbfReader {
  const writer = new PbfWriter()
  writer.writePackedSVarint(1, deltas(values))
  const reader = new PbfReader(writer.finish())
  reader.nextField()
  return reader
}

test('readDeltas reads back every list of whole numbers, of one byte or nine each', () => {
  // The file stores twice the difference, which must stay below 2^53.
  const size = fc.integer({ min: 0, max: 51 })
  const value = fc.tuple(size, fc.maxSafeInteger()).map(([bits, n]) => n % 2 ** bits)
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), (values) => {
      const list = createFloats()
      list.push(7)
      readDeltas(pack(values), list)
      expect([...list.copy()].map((n) => n + 0)).toEqual([7, ...values.map((n) => n + 0)])
    }),
    { examples: [[[2 ** 51 - 1, 1 - 2 ** 51, 0]]] },
  )
})

test('readDeltas refuses a list that ends within a number', () => {
  const reader = new PbfReader(Uint8Array.from([0x0a, 2, 0x02, 0x80, 0x01]))
  reader.nextField()
  expect(() => readDeltas(reader, createFloats())).toThrow('end of a message')
})
