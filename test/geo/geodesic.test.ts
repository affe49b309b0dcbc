import fc from 'fast-check'
import geodesic from 'geographiclib-geodesic'
import { describe, expect, test } from 'vitest'
import {
  distanceM as distanceBetweenM,
  segmentLengthMm,
  SurfacePoint,
} from '../../src/geo/geodesic.ts'
import type { LonLat } from '../../src/types.ts'

function karneyM(a: LonLat, b: LonLat): number {
  return geodesic.Geodesic.WGS84.Inverse(a.lat, a.lon, b.lat, b.lon).s12 ?? NaN
}

function surface({ lon, lat }: LonLat): SurfacePoint {
  return new SurfacePoint().moveTo(lon, lat)
}

function distanceM(a: LonLat, b: LonLat): number {
  return distanceBetweenM(surface(a), surface(b))
}

const anywhere = fc.record({
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
})

describe('distanceM', () => {
  const cases = [
    { name: 'a degree along the equator', a: [0, 0], b: [1, 0], metres: 111319.491 },
    { name: 'a degree north from the equator', a: [0, 0], b: [0, 1], metres: 110574.389 },
    { name: 'a metre in Vaduz', a: [9.521, 47.141], b: [9.521, 47.141009], metres: 1.0006 },
    { name: 'over the antimeridian', a: [179.999, 0], b: [-179.999, 0], metres: 222.639 },
    { name: 'over the pole', a: [0, 89.999], b: [180, 89.999], metres: 223.388 },
    { name: 'nothing', a: [12, 34], b: [12, 34], metres: 0 },
  ] as const
  for (const { name, a, b, metres } of cases) {
    test(`measures ${name}`, () => {
      const [from, to] = [a, b].map(([lon, lat]) => ({ lon, lat })) as [LonLat, LonLat]
      expect(distanceM(from, to)).toBeCloseTo(metres, 3)
    })
  }

  test('agrees with Karney to 0.1 mm on segments up to 30 km, everywhere', () => {
    const azimuth = fc.double({ min: 0, max: 360, noNaN: true })
    const metres = fc.double({ min: 0.01, max: 30_000, noNaN: true })
    fc.assert(
      fc.property(anywhere, azimuth, metres, (a, azi, s) => {
        const { lat2 = NaN, lon2 = NaN } = geodesic.Geodesic.WGS84.Direct(a.lat, a.lon, azi, s)
        expect(Math.abs(distanceM(a, { lon: lon2, lat: lat2 }) - s)).toBeLessThan(1e-4)
      }),
      { numRuns: 2000 },
    )
  })

  test('agrees with Karney between any two places', () => {
    fc.assert(
      fc.property(anywhere, anywhere, (a, b) => {
        expect(Math.abs(distanceM(a, b) - karneyM(a, b))).toBeLessThan(1e-4)
      }),
      { numRuns: 500 },
    )
  })

  test('is the same there and back', () => {
    fc.assert(fc.property(anywhere, anywhere, (a, b) => distanceM(a, b) === distanceM(b, a)))
  })
})

test('segmentLengthMm rounds to whole millimetres', () => {
  const a = { lon: 9.521, lat: 47.141 }
  const b = { lon: 9.5222, lat: 47.1423 }
  expect(segmentLengthMm(surface(a), surface(b))).toBe(Math.round(karneyM(a, b) * 1000))
})
