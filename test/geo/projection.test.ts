import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import {
  createLaea,
  createProjection,
  createProjectionFromProj4,
} from '../../src/geo/projection.ts'

// Coordinates by GDAL 3.6 / PROJ 9.1.
const CASES = [
  { epsg: 3857, lon: 5, lat: 52, x: 556597.454, y: 6800125.454, withinM: 0.01 },
  { epsg: 28992, lon: 4.99, lat: 51.84, x: 127626.116, y: 428009.379, withinM: 0.01 },
  { epsg: 32631, lon: 4.35, lat: 51.87, x: 592944.42, y: 5747440.794, withinM: 0.01 },
  { epsg: 32631, lon: 3, lat: 68, x: 500000.0, y: 7542864.297, withinM: 0.01 },
  { epsg: 26913, lon: -104.775, lat: 38.95, x: 519496.86, y: 4311252.119, withinM: 0.01 },
  { epsg: 3035, lon: 4.35, lat: 51.87, x: 3932296.811, y: 3210604.79, withinM: 0.01 },
  { epsg: 2154, lon: 2.28, lat: 48.98, x: 647296.759, y: 6875802.809, withinM: 0.01 },
  { epsg: 27700, lon: -1.5, lat: 53, x: 433653.297, y: 344858.883, withinM: 0.01 },
  { epsg: 2263, lon: -73.97, lat: 40.78, x: 992558.443, y: 223453.3, withinM: 0.01 },
  { epsg: 23700, lon: 19.05, lat: 47.5, x: 650192.512, y: 239562.847, withinM: 0.01 },
  { epsg: 31467, lon: 9.2, lat: 48.8, x: 3514768.212, y: 5406965.755, withinM: 1 },
  // Datums of which PROJ 9.1 guesses no shift, or the wrong way; by PROJ 9.5's transformation.
  { epsg: 2039, lon: 34.78, lat: 32.08, x: 179383.784, y: 665268.335, withinM: 0.01 },
  { epsg: 6991, lon: 34.78, lat: 32.08, x: 179383.784, y: 665268.334, withinM: 0.01 },
  { epsg: 31901, lon: 47.98, lat: 29.37, x: 498035.22, y: 3250275.032, withinM: 0.01 },
  { epsg: 4326, lon: 9, lat: 48, x: 9.0, y: 48.0, withinM: 0.01 },
  // Coordinates that grow to the west and south, or south and west.
  { epsg: 2047, lon: 17.5, lat: -29, x: -48719.784, y: 3209372.386, withinM: 0.01 },
  { epsg: 8352, lon: 15, lat: 50, x: 1058146.302, y: 703011.213, withinM: 0.01 },
  { epsg: 5514, lon: 17.1, lat: 48.15, x: -574240.993, y: -1280109.378, withinM: 3 },
  { epsg: 31370, lon: 4.35, lat: 50.85, x: 148679.447, y: 171066.81, withinM: 0.01 },
]

describe('createProjection', () => {
  for (const { epsg, lon, lat, x, y, withinM } of CASES) {
    test(`EPSG:${epsg} puts a known place where PROJ puts it`, () => {
      const [east, north] = createProjection(epsg).forward({ lon, lat })
      expect(Math.hypot(east - x, north - y)).toBeLessThan(withinM)
    })
  }

  for (const epsg of [3857, 28992, 32631, 3035, 2154, 27700, 2056, 5070, 2263, 2047]) {
    test(`EPSG:${epsg}: inverse undoes forward to 1 mm`, () => {
      const projection = createProjection(epsg)
      const place = { 5070: [-96, 40], 2263: [-74, 40.7], 27700: [-1.5, 53], 2047: [17.5, -29] }[
        epsg
      ] ?? [5, 47]
      const [x, y] = projection.forward({ lon: place[0]!, lat: place[1]! })
      const back = projection.inverse(x, y)
      expect(back.lon).toBeCloseTo(place[0]!, 7)
      expect(back.lat).toBeCloseTo(place[1]!, 7)
    })
  }

  test('knows no CRS in grads, whose coordinates it would take for degrees', () => {
    for (const epsg of [4807, 4811, 4816]) expect(() => createProjection(epsg)).toThrow(InputError)
  })

  test('refuses an unknown code, naming it and the way out', () => {
    expect(() => createProjection(999999)).toThrow(InputError)
    expect(() => createProjection(999999)).toThrow(/EPSG:999999/)
  })

  test('refuses a proj4 text that proj4 cannot use', () => {
    expect(() => createProjectionFromProj4('+proj=nonsense')).toThrow(InputError)
  })
})

describe('createLaea', () => {
  test('puts its centre at zero and undoes itself within 1000 km', () => {
    const laea = createLaea({ lon: 31.2, lat: 48.4 })
    const [x, y] = laea.forward({ lon: 31.2, lat: 48.4 })
    expect(Math.hypot(x, y)).toBeLessThan(1e-6)
    fc.assert(
      fc.property(
        fc.double({ min: 22, max: 40, noNaN: true }),
        fc.double({ min: 44, max: 52, noNaN: true }),
        (lon, lat) => {
          const back = laea.inverse(...laea.forward({ lon, lat }))
          expect(back.lon).toBeCloseTo(lon, 7)
          expect(back.lat).toBeCloseTo(lat, 7)
        },
      ),
    )
  })

  test('keeps areas on the ellipsoid: a quad 800 km from the centre is as large as the same quad at it', () => {
    const areaAt = (centre: { lon: number; lat: number }): number => {
      const laea = createLaea(centre)
      const corners = [
        [39, 48],
        [39.1, 48],
        [39.1, 48.1],
        [39, 48.1],
      ].map(([lon, lat]) => laea.forward({ lon: lon!, lat: lat! }))
      return Math.abs(
        corners.reduce((sum, [x, y], index) => {
          const [nextX, nextY] = corners[(index + 1) % 4]!
          return sum + (x * nextY - nextX * y) / 2
        }, 0),
      )
    }
    expect(areaAt({ lon: 28, lat: 48 }) / areaAt({ lon: 39.05, lat: 48.05 })).toBeCloseTo(1, 4)
  })
})
