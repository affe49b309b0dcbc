import geodesic from 'geographiclib-geodesic'
import { describe, expect, test } from 'vitest'
import proj4 from 'proj4'
import { createLocalFrame } from '../../src/geo/local-frame.ts'

const wgs84 = geodesic.Geodesic.WGS84
const LATITUDES = [-89, -45, 0, 0.3, 36, 52, 68, 85, 89.9]

describe('createLocalFrame', () => {
  for (const lat of LATITUDES) {
    test(`agrees with geodesics to 0.1 mm within 1 km, both ways: ${lat}°`, () => {
      const frame = createLocalFrame({ lon: 179.999, lat })
      for (let azimuth = 0; azimuth < 360; azimuth += 15) {
        for (const distanceM of [0.5, 79, 1000]) {
          const there = wgs84.Direct(lat, 179.999, azimuth, distanceM)
          const x = distanceM * Math.sin((azimuth * Math.PI) / 180)
          const y = distanceM * Math.cos((azimuth * Math.PI) / 180)
          const found = frame.inverse(x, y)
          const missM = wgs84.Inverse(there.lat2!, there.lon2!, found.lat, found.lon).s12!
          expect(missM).toBeLessThan(1e-4)
          const [east, north] = frame.forward({ lon: there.lon2!, lat: there.lat2! })
          expect(Math.hypot(east - x, north - y)).toBeLessThan(1e-4)
        }
      }
    })
  }

  test('agrees with proj4 aeqd on WGS84 to 1 mm at 100 m', () => {
    const frame = createLocalFrame({ lon: 4.36, lat: 51.87 })
    const aeqd = proj4('+proj=aeqd +lat_0=51.87 +lon_0=4.36 +x_0=0 +y_0=0 +datum=WGS84')
    for (const [x, y] of [
      [100, 0],
      [0, 100],
      [-56, 56],
    ] as const) {
      const { lon, lat } = frame.inverse(x, y)
      const [east, north] = aeqd.forward([lon, lat])
      expect(Math.hypot(east - x, north - y)).toBeLessThan(1e-3)
    }
  })

  test('has its centre at zero', () => {
    const frame = createLocalFrame({ lon: -115.17, lat: 36.24 })
    const { lon, lat } = frame.inverse(0, 0)
    expect(lon).toBeCloseTo(-115.17, 12)
    expect(lat).toBeCloseTo(36.24, 12)
  })
})
