import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gridPoints, regionCentre } from '../../src/geo/grid.ts'
import { bboxOf, boundaryFromBbox } from '../../src/geo/polygon.ts'
import { fitLattice } from '../../src/journeys/dense-fit.ts'
import { createDenseLattice } from '../../src/journeys/dense-lattice.ts'
import type { LonLat } from '../../src/types.ts'

const kyiv = { lon: 30.51, lat: 50.44 }
const model = { patchPx: 224, stridePx: 32, gsd: 0.5, spacingM: 16 }

/** A box of so many metres around a place. */
function boxOf({ lon, lat }: LonLat, eastM: number, northM: number) {
  const half = [eastM / 222_400 / Math.cos((lat * Math.PI) / 180), northM / 222_400] as const
  return boundaryFromBbox([lon - half[0], lat - half[1], lon + half[0], lat + half[1]])
}

function latticesOf(boundary: ReturnType<typeof boxOf>, stepM: number) {
  const plan = { ...model, centre: regionCentre(boundary), stepM }
  const points = gridPoints(boundary, stepM)
  const windowsOf = (lattice: ReturnType<typeof fitLattice>) =>
    new Set(points.map((point) => Object.values(lattice.windowOf(point)).join())).size
  return { fitted: fitLattice(plan, boundary), standard: createDenseLattice(plan), windowsOf }
}

test('a square of a kilometre takes as many windows as before, each a fifth smaller', () => {
  const { fitted, standard, windowsOf } = latticesOf(boxOf(kyiv, 1050, 1050), 10)
  expect(standard.windowPx).toBe(832)
  expect(windowsOf(fitted)).toBe(windowsOf(standard))
  expect(fitted.windowPx ** 2).toBeLessThan(0.8 * standard.windowPx ** 2)
})

test('no region takes more pixels than the largest windows over its corners and all between', () => {
  const sides = fc.integer({ min: 200, max: 2000 })
  fc.assert(
    fc.property(sides, sides, fc.integer({ min: -70, max: 70 }), (east, north, lat) => {
      const boundary = boxOf({ lon: 4.3, lat }, east, north)
      const { fitted, standard, windowsOf } = latticesOf(boundary, 64)
      const [west, south, toEast, toNorth] = bboxOf(boundary)
      const corners = [west, toEast].flatMap((lon) =>
        [south, toNorth].map((cornerLat) => standard.windowOf({ lon, lat: cornerLat })),
      )
      const spread = (list: readonly number[]) => Math.max(...list) - Math.min(...list) + 1
      const count =
        spread(corners.map(({ column }) => column)) * spread(corners.map(({ row }) => row))
      expect(windowsOf(fitted) * fitted.windowPx ** 2).toBeLessThanOrEqual(
        count * standard.windowPx ** 2,
      )
    }),
    { numRuns: 60 },
  )
})

test('windows begin in a corner of the region: no more of them than its sides take, wherever its centre lies', () => {
  const sides = fc.integer({ min: 300, max: 1500 })
  const place = fc.record({
    lon: fc.double({ min: -170, max: 170, noNaN: true }),
    lat: fc.double({ min: -60, max: 60, noNaN: true }),
  })
  fc.assert(
    fc.property(place, sides, sides, (at, east, north) => {
      const boundary = boxOf(at, east, north)
      const { fitted, windowsOf } = latticesOf(boundary, 16)
      // The parallels of a box are bent and its top is narrower or wider than its bottom: a patch
      // more.
      const needed = (metres: number) => Math.ceil((metres * 1.01 + 2 * 16) / fitted.spanM)
      expect(windowsOf(fitted)).toBeLessThanOrEqual(needed(east) * needed(north))
    }),
    { numRuns: 60 },
  )
})

test('is the same whenever it is asked for', () => {
  const boundary = boxOf(kyiv, 1700, 900)
  const [one, other] = [latticesOf(boundary, 10).fitted, latticesOf(boundary, 10).fitted]
  expect(one.windowPx).toBe(other.windowPx)
  expect(one.windowOf({ lon: 30.52, lat: 50.441 })).toEqual(
    other.windowOf({ lon: 30.52, lat: 50.441 }),
  )
})
