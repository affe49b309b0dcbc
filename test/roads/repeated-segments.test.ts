import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatedSegments } from '../../src/roads/repeated-segments.ts'

const cases = [
  { name: 'an open way', refs: [1, 2, 3], repeated: [] },
  { name: 'a closed way', refs: [1, 2, 3, 1], repeated: [] },
  { name: 'a lollipop', refs: [1, 2, 3, 4, 2], repeated: [] },
  { name: 'to the next node and back', refs: [1, 2, 1], repeated: [2] },
  { name: 'the same node twice', refs: [1, 1], repeated: [] },
  { name: 'there and back', refs: [1, 2, 3, 2, 1], repeated: [3, 4] },
  { name: 'twice round', refs: [1, 2, 3, 1, 2, 3, 1], repeated: [4, 5, 6] },
  { name: 'nothing', refs: [], repeated: [] },
  { name: 'ids one bucket apart', refs: [1, 8193, 16385], repeated: [] },
]
for (const { name, refs, repeated } of cases)
  test(`repeatedSegments: ${name}`, () => {
    const found = repeatedSegments(Float64Array.from(refs), 0, refs.length)
    expect([...(found ?? [])]).toEqual(repeated)
  })

test('repeatedSegments leaves each pair of neighbours exactly once', () => {
  const refs = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(refs, (nodes) => {
      const found = repeatedSegments(Float64Array.from([99, ...nodes]), 1, nodes.length + 1)
      const pairs = nodes.slice(1).map((b, i) => [nodes[i]!, b].sort().join())
      const kept = pairs.filter((_, i) => !found?.has(i + 2))
      expect(new Set(kept)).toEqual(new Set(pairs))
      expect(kept.length).toBe(new Set(pairs).size)
    }),
    { examples: [[[0, 1, 0]]], numRuns: 1000 },
  )
})

test('repeatedSegments copes with ways longer than the rules allow', () => {
  const refs = Float64Array.from({ length: 20_000 }, (_, i) => i)
  expect(repeatedSegments(refs, 0, refs.length)).toBeNull()
})
