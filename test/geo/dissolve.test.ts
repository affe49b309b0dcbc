import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dissolveOverlaps } from '../../src/geo/dissolve.ts'
import { bboxOf, prepareBoundary } from '../../src/geo/polygon.ts'
import type { Boundary } from '../../src/types.ts'

const box = (...[west, south, east, north]: [number, number, number, number]) => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
]
const boundaryOf = (...parts: number[][][][]): Boundary => ({
  type: 'MultiPolygon',
  coordinates: parts,
})

/** With an altitude at each position, as KML has it. */
function raised(boundary: Boundary): Boundary {
  const raise = (part: number[][][]) => part.map((ring) => ring.map((at, i) => [...at, 400 + i]))
  return boundary.type === 'Polygon'
    ? { ...boundary, coordinates: raise(boundary.coordinates) }
    : { ...boundary, coordinates: boundary.coordinates.map(raise) }
}

/** Square degrees, holes taken off; parts that overlap count as often as they are. */
function areaOf(boundary: Boundary): number {
  const parts = boundary.type === 'Polygon' ? [boundary.coordinates] : boundary.coordinates
  const ofRing = (ring: number[][]) => {
    const twice = ring.slice(1).map(([x = 0, y = 0], i) => {
      const [fromX = 0, fromY = 0] = ring[i] ?? []
      return fromX * y - x * fromY
    })
    return Math.abs(twice.reduce((sum, one) => sum + one, 0)) / 2
  }
  return parts.reduce(
    (sum, [outer = [], ...holes]) =>
      sum + ofRing(outer) - holes.reduce((all, hole) => all + ofRing(hole), 0),
    0,
  )
}

const KEPT: readonly { name: string; boundary: Boundary }[] = [
  {
    name: 'one part that winds around a hole',
    boundary: { type: 'Polygon', coordinates: [box(0, 0, 9, 9), box(2, 2, 3, 3)] },
  },
  {
    name: 'parts that lie apart',
    boundary: boundaryOf([box(0, 0, 1, 1)], [box(2, 0, 3, 1)]),
  },
  {
    name: 'parts that touch',
    boundary: boundaryOf([box(0, 0, 1, 1)], [box(1, 0, 2, 1)], [box(1, 1, 2, 2)]),
  },
  {
    name: 'an island in a hole',
    boundary: boundaryOf([box(0, 0, 9, 9), box(2, 2, 8, 8)], [box(3, 3, 5, 5)]),
  },
  {
    name: 'both sides of the antimeridian',
    boundary: boundaryOf([box(177, -19, 180, -16)], [box(-180, -19, -178, -16)]),
  },
]

const JOINED: readonly { name: string; boundary: Boundary; area: number }[] = [
  {
    name: 'two half over each other',
    boundary: boundaryOf([box(0, 0, 2, 1)], [box(1, 0, 3, 1)]),
    area: 3,
  },
  {
    name: 'one in another',
    boundary: boundaryOf([box(0, 0, 10, 10)], [box(3, 3, 4, 4)]),
    area: 100,
  },
  {
    name: 'one given twice',
    boundary: boundaryOf([box(0, 0, 2, 2)], [box(0, 0, 2, 2)]),
    area: 4,
  },
  {
    name: 'a hole that another part fills by half',
    boundary: boundaryOf([box(0, 0, 9, 9), box(2, 2, 8, 8)], [box(2, 2, 5, 8)]),
    area: 63,
  },
  {
    name: 'four around a hole that nobody drew',
    boundary: boundaryOf(
      [box(0, 0, 9, 2)],
      [box(0, 7, 9, 9)],
      [box(0, 0, 2, 9)],
      [box(7, 0, 9, 9)],
    ),
    area: 56,
  },
]

const BROKEN: readonly { name: string; boundary: Boundary; area: number }[] = [
  {
    name: 'a hole that sticks out of its part is no land out there',
    boundary: boundaryOf([box(0, 0, 4, 4), box(3, 3, 6, 6)], [box(0, 0, 2, 4)]),
    area: 15,
  },
  {
    name: 'a hole beside its part is no land',
    boundary: boundaryOf([box(0, 0, 4, 4), box(5, 0, 6, 4)], [box(0, 0, 2, 4)]),
    area: 16,
  },
  {
    name: 'both lobes of a ring that crosses itself stay',
    boundary: boundaryOf(
      [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]], // prettier-ignore
      [box(3, 1, 6, 3)],
    ),
    area: 8 + 6 - 2,
  },
]

describe('dissolveOverlaps', () => {
  for (const { name, boundary } of KEPT) {
    test(`leaves as it is, with altitudes or without: ${name}`, () => {
      expect(dissolveOverlaps(boundary)).toBe(boundary)
      const high = raised(boundary)
      expect(dissolveOverlaps(high)).toBe(high)
    })
  }

  for (const { name, boundary, area } of JOINED) {
    test(`joins ${name}`, () => {
      expect(areaOf(dissolveOverlaps(boundary))).toBeCloseTo(area, 9)
    })

    test(`joins ${name}, whatever the altitudes`, () => {
      expect(areaOf(dissolveOverlaps(raised(boundary)))).toBeCloseTo(area, 9)
    })
  }

  for (const { name, boundary, area } of BROKEN) {
    test(`where rings are broken: ${name}`, () => {
      expect(areaOf(dissolveOverlaps(boundary))).toBeCloseTo(area, 9)
    })
  }

  test('keeps every place that lay inside, and adds none', () => {
    const corner = fc.integer({ min: 0, max: 12 })
    const length = fc.integer({ min: 1, max: 6 })
    const drawn = fc.array(fc.tuple(corner, corner, length, length), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(drawn, (boxes) => {
        const parts = boxes.map(([x, y, width, height]) => [box(x, y, x + width, y + height)])
        const joined = dissolveOverlaps(boundaryOf(...parts))
        const [before, after] = [prepareBoundary(boundaryOf(...parts)), prepareBoundary(joined)]
        let covered = 0
        for (let i = 0; i < 18 * 18; i++) {
          const at = { lon: (i % 18) + 0.5, lat: Math.floor(i / 18) + 0.5 }
          covered += Number(before.containsPoint(at))
          expect(after.containsPoint(at)).toBe(before.containsPoint(at))
        }
        expect(areaOf(joined)).toBeCloseTo(covered, 6)
      }),
    )
  })

  test('joins what is slanted: its area is that of the places inside', () => {
    const slanted = (turn: number) => {
      const ring = [0, 1, 2, 3].map((i) => [Math.cos(turn + i * 1.57), Math.sin(turn + i * 1.57)])
      return [[...ring, ring[0] ?? []]]
    }
    const drawn = boundaryOf(...[0, 0.1, 0.3, 0.7].map(slanted))
    const joined = dissolveOverlaps(drawn)
    bboxOf(joined).forEach((side, i) => expect(side).toBeCloseTo(bboxOf(drawn)[i] ?? NaN, 9))
    const after = prepareBoundary(joined)
    let inside = 0
    for (let i = 0; i < 250_000; i++) {
      const at = { lon: ((i % 500) - 249.5) / 250, lat: (Math.floor(i / 500) - 249.5) / 250 }
      inside += Number(after.containsPoint(at))
    }
    expect(Math.abs(areaOf(joined) / ((inside / 250_000) * 4) - 1)).toBeLessThan(2e-3)
  })
})
