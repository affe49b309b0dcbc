import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isInPolygon, isInRing, signedDoubleArea } from '../../src/geo/rings.ts'
import { assembleRings, makePolygons } from '../../src/roads/assemble-rings.ts'

/**
 * Nodes of each ring from its lowest, in ascending direction: rings are compared whatever their
 * start and turn.
 */
const normal = (rings: number[][]): string[] =>
  rings
    .map((ring) => {
      const nodes = ring.slice(1)
      const at = nodes.indexOf(Math.min(...nodes))
      const forth = [...nodes.slice(at), ...nodes.slice(0, at)]
      const back = [forth[0]!, ...forth.slice(1).reverse()]
      return (forth[1]! < back[1]! ? forth : back).join(' ')
    })
    .sort()

const CASES: { name: string; ways: number[][]; rings: string[] }[] = [
  { name: 'a closed way', ways: [[1, 2, 3, 1]], rings: ['1 2 3'] },
  {
    name: 'ways in disorder, some turned around',
    ways: [
      [5, 6, 1],
      [3, 2, 1],
      [3, 4, 5],
    ],
    rings: ['1 2 3 4 5 6'],
  },
  {
    name: 'two rings',
    ways: [
      [1, 2, 3],
      [7, 8, 7 + 2, 7],
      [3, 1],
    ],
    rings: ['1 2 3', '7 8 9'],
  },
  {
    name: 'rings that touch in a node, each for itself',
    ways: [
      [1, 2, 3],
      [3, 4, 5, 3],
      [3, 6, 1],
    ],
    rings: ['1 2 3 6', '3 4 5'],
  },
  {
    name: 'two rings that touch in two nodes',
    ways: [
      [1, 2, 3],
      [3, 4, 1],
      [1, 5, 3],
      [3, 6, 1],
    ],
    rings: ['1 2 3 4', '1 5 3 6'],
  },
  { name: 'ways of one node, which say nothing', ways: [[1], [1, 2, 3, 1]], rings: ['1 2 3'] },
  { name: 'nothing', ways: [], rings: [] },
]

describe('assembleRings joins', () => {
  for (const { name, ways, rings } of CASES) {
    test(name, () => {
      const assembled = assembleRings(ways)
      expect('rings' in assembled && normal(assembled.rings).length).toBe(rings.length)
      // Rings that touch twice can be read in several ways: then it counts that each is simple.
      if (!name.includes('two nodes')) {
        expect('rings' in assembled && normal(assembled.rings)).toEqual(rings)
      }
      for (const ring of 'rings' in assembled ? assembled.rings : []) {
        expect(ring[0]).toBe(ring.at(-1))
        expect(new Set(ring).size).toBe(ring.length - 1)
      }
    })
  }

  test('a ring cut anywhere, shuffled and turned, into itself', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 29 }), { maxLength: 8 })
    fc.assert(
      fc.property(cuts, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (at, turns) => {
        const ring = [...Array.from({ length: 30 }, (_, node) => node), 0]
        const ends = [0, ...new Set(at), 30].sort((a, b) => a - b)
        const ways = ends
          .slice(1)
          .map((end, index) => ring.slice(ends[index], end + 1))
          .map((way, index) => (turns[index % 10] ? [...way].reverse() : way))
          .sort((a, b) => ((a[0]! * 7) % 11) - ((b[0]! * 7) % 11))
        const assembled = assembleRings(ways)
        expect('rings' in assembled && normal(assembled.rings)).toEqual(normal([ring]))
      }),
    )
  })

  test('and says where one has a gap', () => {
    expect(assembleRings([[1, 2, 3]])).toEqual({ gapAt: 3 })
    expect(
      assembleRings([
        [1, 2, 3, 1],
        [4, 5],
        [5, 6],
      ]),
    ).toEqual({ gapAt: 6 })
  })
})

const square = (west: number, south: number, side: number): number[][] => [
  [west, south],
  [west, south + side],
  [west + side, south + side],
  [west + side, south],
  [west, south],
]

describe('makePolygons', () => {
  test('gives holes to the smallest ring around them, islands in lakes too', () => {
    const polygons = makePolygons(
      [square(0, 0, 10), square(20, 0, 5), square(3, 3, 2)],
      [square(2, 2, 4), square(3.5, 3.5, 0.5), square(21, 1, 1)],
    )
    expect(polygons.map((rings) => rings.length)).toEqual([2, 2, 2])
    const isIn = (lon: number, lat: number) =>
      polygons.filter((p) => isInPolygon(p, lon, lat)).length
    expect([isIn(1, 1), isIn(2.5, 2.5), isIn(3.2, 3.2), isIn(3.7, 3.7), isIn(22, 4)]).toEqual([
      1, 0, 1, 0, 1,
    ])
  })

  test('turns outer rings counter-clockwise and holes clockwise', () => {
    const [polygon] = makePolygons([square(0, 0, 10)], [square(2, 2, 4)])
    expect(polygon!.map(signedDoubleArea)).toEqual([200, -32])
  })

  test('knows the home of a hole that touches its outer ring', () => {
    const [polygon] = makePolygons([square(0, 0, 10)], [square(0, 0, 3)])
    expect(polygon!.length).toBe(2)
    expect(isInRing(polygon![1]!, 1, 1)).toBe(true)
  })
})
