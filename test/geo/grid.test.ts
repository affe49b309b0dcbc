import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gridPoints, regionCentre } from '../../src/geo/grid.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { createLaea } from '../../src/geo/projection.ts'

test('the centre of a region is the middle of its box, rounded to 0.01°', () => {
  expect(regionCentre(boundaryFromBbox([4.351, 51.871, 4.369, 51.879]))).toEqual({
    lon: 4.36,
    lat: 51.88,
  })
})

test('grid points are the centres of the squares of the region projection', () => {
  const boundary = boundaryFromBbox([4.35, 51.87, 4.36, 51.88])
  const projection = createLaea(regionCentre(boundary))
  const points = gridPoints(boundary, 50)
  for (const point of points) {
    const [x, y] = projection.forward(point)
    expect(x / 50 - Math.floor(x / 50)).toBeCloseTo(0.5, 4)
    expect(y / 50 - Math.floor(y / 50)).toBeCloseTo(0.5, 4)
  }
  expect(points.map((point) => point.id)).toEqual(points.map((_, i) => i))
})

test('the number of grid points is the area of the region over the area of a square', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -170, max: 160, noNaN: true }),
      fc.double({ min: -70, max: 70, noNaN: true }),
      (west, south) => {
        const boundary = boundaryFromBbox([west, south, west + 0.02, south + 0.02])
        const metresPerDegree = 111_320
        const km2 =
          ((0.02 * metresPerDegree) / 1000) ** 2 * Math.cos(((south + 0.01) * Math.PI) / 180)
        const points = gridPoints(boundary, 50)
        expect(points.length * 0.0025).toBeGreaterThan(km2 * 0.95)
        expect(points.length * 0.0025).toBeLessThan(km2 * 1.05)
      },
    ),
    { numRuns: 20 },
  )
})

test('a grid of too many points is refused with the way out', () => {
  expect(() => gridPoints(boundaryFromBbox([0, 40, 10, 50]), 10)).toThrow(/at most 5000000/)
})

test('points that the caller does not keep are left out and ids stay dense', () => {
  const boundary = boundaryFromBbox([4.35, 51.87, 4.36, 51.88])
  const eastern = gridPoints(boundary, 50, (at) => at.lon > 4.355)
  expect(eastern.length).toBeGreaterThan(10)
  expect(eastern.every((point, i) => point.lon > 4.355 && point.id === i)).toBe(true)
})
