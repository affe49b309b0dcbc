import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gridPoints, regionCentre } from '../../src/geo/grid.ts'
import { createRegionCover } from '../../src/geo/cells-cover.ts'
import { createCellGeometry, parseCells } from '../../src/geo/cells.ts'
import { boundaryFromBbox, parseBoundary } from '../../src/geo/polygon.ts'
import { createLaea } from '../../src/geo/projection.ts'
import type { Bbox } from '../../src/types.ts'

const boxOf = (box: Bbox) => boundaryFromBbox(box).coordinates

test('the centre of a region is the middle of its box, rounded to 0.01°', () => {
  expect(regionCentre(boundaryFromBbox([4.351, 51.871, 4.369, 51.879]))).toEqual({
    lon: 4.36,
    lat: 51.88,
  })
})

describe('a region on both sides of the antimeridian', () => {
  const fiji = parseBoundary({
    type: 'MultiPolygon',
    coordinates: [boxOf([179.5, -17, 180, -16.5]), boxOf([-180, -17, -179.3, -16.5])],
  })

  test('has its centre there, and its grid goes on beyond', () => {
    expect(regionCentre(fiji)).toEqual({ lon: -179.9, lat: -16.75 })
    const points = gridPoints(fiji, 1000)
    const east = points.filter(({ lon }) => lon > 0).length
    // 53.2 and 74.5 km from west to east, 55.3 from south to north.
    expect(east / 2945).toBeCloseTo(1, 1)
    expect((points.length - east) / 4123).toBeCloseTo(1, 1)
  })

  test('is covered by cells, of which none lies elsewhere', () => {
    const geometry = createCellGeometry(parseCells('square:25km'), regionCentre(fiji))
    const cover = createRegionCover(geometry, fiji)
    expect(cover.areaKm2 / 7080).toBeCloseTo(1, 2)
    expect(cover.cellsTouching().length).toBeLessThan(30)
  })
})

test('a region that reaches further than a hemisphere is refused before points are drawn', () => {
  const far = boundaryFromBbox([-100, 0, 100, 1])
  const tooLarge = expect.objectContaining({ code: 'boundary-too-large' }) as Error
  for (const draw of [() => regionCentre(far), () => gridPoints(far, 100_000)])
    expect(draw).toThrow(tooLarge)
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
