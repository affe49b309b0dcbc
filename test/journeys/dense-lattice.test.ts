import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gridPoints, regionCentre } from '../../src/geo/grid.ts'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import { createLaea } from '../../src/geo/projection.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { createDenseLattice } from '../../src/journeys/dense-lattice.ts'
import type { LonLat } from '../../src/types.ts'

const model = { patchPx: 224, stridePx: 32, gsd: 0.5 }

/** A box of about 1 × 1 km. */
const boxAt = ({ lon, lat }: LonLat) => {
  const [east, north] = [0.009 / Math.cos((lat * Math.PI) / 180), 0.009]
  return boundaryFromBbox([lon, lat, lon + east, lat + north])
}

function latticeOf(at: LonLat, stepM: number, spacingM: number) {
  const boundary = boxAt(at)
  const lattice = createDenseLattice({ ...model, centre: regionCentre(boundary), stepM, spacingM })
  return { lattice, points: gridPoints(boundary, stepM) }
}

const kyiv = { lon: 30.51, lat: 50.44 }

for (const { stepM, spacingM, most } of [
  { stepM: 16, spacingM: 16, most: 0.1 },
  { stepM: 32, spacingM: 16, most: 0.1 },
  { stepM: 48, spacingM: 16, most: 0.1 },
  { stepM: 8, spacingM: 8, most: 0.1 },
  { stepM: 40, spacingM: 8, most: 0.1 },
  { stepM: 10, spacingM: 16, most: 11.4 },
  { stepM: 10, spacingM: 8, most: 5.7 },
]) {
  test(`a grid of ${stepM} m has a patch within ${most} m of every point, patches every ${spacingM} m`, () => {
    const { lattice, points } = latticeOf(kyiv, stepM, spacingM)
    expect(points.length).toBeGreaterThan(300)
    for (const point of points) {
      const { distanceM } = lattice.patchFinder(lattice.windowOf(point))(point)
      expect(distanceM).toBeLessThan(most)
    }
  })
}

test('the square of a patch lies in its window, and its centre where the distance says', () => {
  const places = fc.record({
    lon: fc.double({ min: -179, max: 179, noNaN: true }),
    lat: fc.double({ min: -75, max: 75, noNaN: true }),
  })
  const grids = fc.record({ stepM: fc.integer({ min: 4, max: 60 }), isFine: fc.boolean() })
  fc.assert(
    fc.property(places, grids, (at, { stepM, isFine }) => {
      const centre = regionCentre(boxAt(at))
      const spacingM = isFine ? 8 : 16
      const lattice = createDenseLattice({ ...model, centre, stepM, spacingM })
      const window = lattice.windowOf(at)
      const { square, distanceM } = lattice.patchFinder(window)(at)
      expect(square.px).toBe(224)
      expect(Math.min(square.x, square.y)).toBeGreaterThanOrEqual(0)
      expect(Math.max(square.x, square.y) + 224).toBeLessThanOrEqual(lattice.windowPx)
      expect((square.x * 0.5) % spacingM).toBe(0)
      // The same by hand: from the top left corner of the window.
      const frame = createLocalFrame(lattice.centreOf(window))
      const middle = frame.inverse(
        (square.x + 112 - lattice.windowPx / 2) * 0.5,
        (lattice.windowPx / 2 - square.y - 112) * 0.5,
      )
      const [east, north] = createLocalFrame(middle).forward(at)
      expect(Math.hypot(east, north)).toBeCloseTo(distanceM, 3)
      expect(distanceM).toBeLessThan(spacingM * 0.75)
    }),
  )
})

test('windows lie side by side: each is responsible for a square of the grid', () => {
  const { lattice, points } = latticeOf(kyiv, 16, 16)
  const counts = new Map<string, number>()
  for (const point of points) {
    const { column, row } = lattice.windowOf(point)
    counts.set(`${column},${row}`, (counts.get(`${column},${row}`) ?? 0) + 1)
  }
  expect(Math.max(...counts.values())).toBe(20 * 20)
  expect([...counts.values()].filter((count) => count === 20 * 20).length).toBeGreaterThan(3)
})

test('far from the centre of a large region a point still finds a patch, some metres further away', () => {
  const centre = { lon: 31, lat: 49 }
  const lattice = createDenseLattice({ ...model, centre, stepM: 16, spacingM: 16 })
  for (let i = 0; i < 500; i++) {
    const point = { lon: 40 + i * 1e-4, lat: 48 + i * 3e-5 }
    expect(lattice.patchFinder(lattice.windowOf(point))(point).distanceM).toBeLessThan(32)
  }
})

test('the window of four shifted passes is half a stride larger than each pass', () => {
  const plan = { ...model, centre: kyiv, stepM: 8 }
  const coarse = createDenseLattice({ ...plan, spacingM: 16 })
  const fine = createDenseLattice({ ...plan, spacingM: 8 })
  expect([coarse.windowPx, coarse.passPx, coarse.passes]).toEqual([832, 832, 1])
  expect([fine.windowPx, fine.passPx, fine.passes]).toEqual([848, 832, 2])
  expect(fine.spanM).toBe(coarse.spanM)
})

test('the box of a row of windows holds their points, across the date line too, and not the next window', () => {
  const places = fc.record({
    lon: fc.oneof(
      fc.double({ min: -179.99, max: 179.99, noNaN: true }),
      fc.double({ min: 179.9, max: 179.999, noNaN: true }),
    ),
    lat: fc.double({ min: -75, max: 75, noNaN: true }),
  })
  const offsets = fc.record({
    east: fc.integer({ min: -60, max: 60 }),
    north: fc.integer({ min: -60, max: 60 }),
  })
  fc.assert(
    fc.property(places, offsets, fc.boolean(), (at, { east, north }, isPair) => {
      const lattice = createDenseLattice({ ...model, centre: at, stepM: 16, spacingM: 16 })
      const point = createLaea(at).inverse(east * 1000, north * 1000)
      const first = lattice.windowOf(point)
      const last = isPair ? { column: first.column + 1, row: first.row } : first
      const [west, south, eastern, northern] = lattice.boxOf(first, last)
      const isIn = ({ lon, lat }: LonLat) => {
        const isAcross =
          west > eastern ? lon >= west || lon <= eastern : lon >= west && lon <= eastern
        return isAcross && lat >= south && lat <= northern
      }
      const centre = createLaea(at).forward(lattice.centreOf(first))
      const around = [-0.495, 0, 0.495].flatMap((x) =>
        [-0.495, 0, 0.495].map((y) => [x, y] as const),
      )
      for (const [x, y] of around) {
        const own = createLaea(at).inverse(
          centre[0] + x * lattice.spanM,
          centre[1] + y * lattice.spanM,
        )
        expect(isIn(own)).toBe(true)
      }
      const beyond = createLaea(at).inverse(centre[0], centre[1] + lattice.spanM)
      expect(isIn(beyond)).toBe(false)
    }),
  )
})
