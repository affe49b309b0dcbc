import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromUnitSquare, mercatorGsd, toUnitSquare, zoomForGsd } from '../../src/geo/mercator.ts'
import { createProjection } from '../../src/geo/projection.ts'

const GSD_CASES = [
  { name: 'equator, zoom 0', lat: 0, zoom: 0, gsd: 156543.034 },
  { name: 'Kyiv, zoom 17', lat: 50.45, zoom: 17, gsd: 0.7605 },
  { name: '39.6°, zoom 18', lat: 39.6, zoom: 18, gsd: 0.4601 },
]

const ZOOM_CASES = [
  { name: 'equator, 0.5 m', lat: 0, gsd: 0.5, zoom: 19 },
  { name: '52°, 0.5 m', lat: 52, gsd: 0.5, zoom: 18 },
  { name: '68°, 0.5 m', lat: 68, gsd: 0.5, zoom: 17 },
  { name: 'exactly the gsd of zoom 3', lat: 0, gsd: mercatorGsd(0, 3), zoom: 3 },
  { name: 'coarser than the world tile', lat: 0, gsd: 1e7, zoom: 0 },
]

describe('mercator', () => {
  for (const { name, lat, zoom, gsd } of GSD_CASES) {
    test(`mercatorGsd: ${name}`, () => {
      expect(Math.abs(mercatorGsd(lat, zoom) / gsd - 1)).toBeLessThan(1e-4)
    })
  }

  for (const { name, lat, gsd, zoom } of ZOOM_CASES) {
    test(`zoomForGsd is the coarsest zoom that is fine enough: ${name}`, () => {
      expect(zoomForGsd(lat, gsd)).toBe(zoom)
    })
  }

  test('toUnitSquare and fromUnitSquare are inverse to each other', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: -85, max: 85, noNaN: true }),
        (lon, lat) => {
          const back = fromUnitSquare(...toUnitSquare({ lon, lat }))
          expect(back.lon).toBeCloseTo(lon, 9)
          expect(back.lat).toBeCloseTo(lat, 9)
        },
      ),
    )
  })

  test('toUnitSquare is EPSG:3857 scaled to the square world', () => {
    const half = Math.PI * 6378137
    const [x, y] = createProjection(3857).forward({ lon: 4.36, lat: 51.87 })
    const [u, v] = toUnitSquare({ lon: 4.36, lat: 51.87 })
    expect((u - 0.5) * 2 * half).toBeCloseTo(x, 6)
    expect((0.5 - v) * 2 * half).toBeCloseTo(y, 6)
  })
})
