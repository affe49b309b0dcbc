import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  bboxOf,
  boundaryFromBbox,
  boundaryFromPoints,
  parseBoundary,
  prepareBoundary,
  toGeoJsonBbox,
} from '../../src/geo/polygon.ts'
import type { Boundary, LonLat } from '../../src/types.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

const box = (...[west, south, east, north]: [number, number, number, number]) => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
]
const withHole: Boundary = { type: 'Polygon', coordinates: [box(0, 0, 10, 10), box(4, 4, 6, 6)] }
const twoParts: Boundary = {
  type: 'MultiPolygon',
  coordinates: [[box(0, 0, 1, 1)], [box(2, 0, 3, 1), box(2.4, 0.4, 2.6, 0.6)]],
}

describe('parseBoundary', () => {
  const feature = (geometry: unknown) => ({ type: 'Feature', properties: {}, geometry })
  const cases = [
    { name: 'Polygon', value: withHole, expected: withHole },
    { name: 'MultiPolygon', value: twoParts, expected: twoParts },
    { name: 'Feature', value: feature(withHole), expected: withHole },
    {
      name: 'FeatureCollection of several polygons',
      value: { type: 'FeatureCollection', features: [feature(withHole), feature(twoParts)] },
      expected: {
        type: 'MultiPolygon',
        coordinates: [withHole.coordinates, ...twoParts.coordinates],
      },
    },
    {
      name: 'GeometryCollection',
      value: { type: 'GeometryCollection', geometries: [withHole] },
      expected: withHole,
    },
  ]
  for (const { name, value, expected } of cases)
    test(`reads a ${name}`, () => expect(parseBoundary(value)).toEqual(expected))

  const polygon = (...rings: unknown[]) => ({ type: 'Polygon', coordinates: rings })
  const refused = [
    { name: 'null', value: null, message: 'got null' },
    { name: 'text', value: 'POLYGON', message: 'got string' },
    { name: 'a point', value: { type: 'Point', coordinates: [0, 0] }, message: 'got Point' },
    { name: 'no type', value: {}, message: 'got undefined' },
    { name: 'a feature without geometry', value: feature(null), message: 'geometry of boundary' },
    {
      name: 'no polygon at all',
      value: { type: 'FeatureCollection', features: [] },
      message: 'none',
    },
    { name: 'no rings', value: polygon(), message: 'rings for polygon 0' },
    { name: 'coordinates that are no list', value: polygon(7), message: 'a list for ring 0' },
    {
      name: 'an open ring',
      value: polygon(box(0, 0, 1, 1).slice(0, 4)),
      message: 'equal its first',
    },
    {
      name: 'three positions',
      value: polygon([
        [0, 0],
        [1, 1],
        [0, 0],
      ]),
      message: 'at least 4',
    },
    {
      name: 'a line',
      value: polygon([
        [0, 0],
        [1, 1],
        [2, 2],
        [0, 0],
      ]),
      message: 'an area',
    },
    {
      name: 'an edge of more than half a turn',
      value: polygon(box(-170, 64, 170, 70)),
      message: 'edges of at most 180°',
    },
    { name: 'metres', value: polygon(box(500000, 5e6, 600000, 6e6)), message: 'longitude ±180' },
    { name: 'text for numbers', value: polygon([['0', '0']]), message: 'at least 4' },
    {
      name: 'missing latitudes',
      value: polygon([[0], [1], [2], [0]]),
      message: 'longitude ±180 and latitude ±90',
    },
  ]
  for (const { name, value, message } of refused)
    test(`refuses ${name}`, () => {
      expect(() => parseBoundary(value)).toThrow(
        expect.objectContaining({
          code: 'boundary-invalid',
          message: expect.stringContaining(message) as unknown,
        }),
      )
    })
})

describe('boundaryFromBbox', () => {
  test('makes a rectangle whose bbox it is', () => {
    expect(bboxOf(boundaryFromBbox([9.4, 47, 9.7, 47.3]))).toEqual([9.4, 47, 9.7, 47.3])
  })
  test('makes two across the antimeridian, where the west is greater than the east', () => {
    const fiji = [177, -19, -178, -16] as const
    const boundary = boundaryFromBbox(fiji)
    expect(parseBoundary(boundary)).toEqual(boundary)
    expect(bboxOf(boundary)).toEqual([177, -19, 182, -16])
    expect(toGeoJsonBbox(bboxOf(boundary))).toEqual(fiji)
    expect(prepareBoundary(boundary).containsPoint({ lon: 179.9, lat: -17 })).toBe(true)
    expect(prepareBoundary(boundary).containsPoint({ lon: -179.9, lat: -17 })).toBe(true)
    expect(prepareBoundary(boundary).containsPoint({ lon: 0, lat: -17 })).toBe(false)
  })
  for (const bbox of [
    [1, 0, 0, 1],
    [0, 1, 1, 0],
    [0, 0, 0, 1],
    [-181, 0, 0, 1],
    [0, 0, 1, 91],
    [NaN, 0, 1, 1],
    [180, 0, -180, 1],
    [180, 0, -179, 1],
  ] as const)
    test(`refuses ${bbox.join(',')}`, () => {
      expect(() => boundaryFromBbox(bbox)).toThrow('Expected west < east')
    })
})

const band = (west: number, east: number) =>
  boundaryFromBbox([west, 0, east, 1]).coordinates as number[][][]

describe('bboxOf', () => {
  const boxes = [
    { name: 'Fiji', parts: [band(177, 180), band(-180, -178)], lons: [177, 182], rfc: [177, -178] },
    {
      name: 'Russia',
      parts: [band(19, 23), band(27, 180), band(-180, -169)],
      lons: [19, 191],
      rfc: [19, -169],
    },
    {
      name: 'Alaska',
      parts: [band(-180, -130), band(172, 180)],
      lons: [172, 230],
      rfc: [172, -130],
    },
    { name: 'parts in the west', parts: [band(-80, -70), band(-60, -50)], lons: [-80, -50] },
    { name: 'the whole globe', parts: [band(-180, 180)], lons: [-180, 180] },
    { name: 'parts 170° apart', parts: [band(-85, -84), band(84, 85)], lons: [-85, 85] },
  ]
  for (const { name, parts, lons, rfc = lons } of boxes)
    test(`goes no wider around than it must: ${name}`, () => {
      const [west, , east] = bboxOf({ type: 'MultiPolygon', coordinates: parts })
      expect([west, east]).toEqual(lons)
      const [rfcWest, , rfcEast] = toGeoJsonBbox([west, 0, east, 1])
      expect([rfcWest, rfcEast]).toEqual(rfc)
    })
})

describe('boundaryFromPoints', () => {
  test('holds its points with a margin, on the globe', () => {
    const points = [
      { lon: 180, lat: 90 },
      { lon: 10, lat: 50 },
    ]
    expect(bboxOf(boundaryFromPoints(points))).toEqual([9.999, 49.999, 180, 90])
    expect(() => boundaryFromPoints([])).toThrow('at least one point')
  })
})

describe('containsPoint', () => {
  const cases = [
    { name: 'inside', boundary: withHole, at: [1, 1], inside: true },
    { name: 'in a hole', boundary: withHole, at: [5, 5], inside: false },
    { name: 'outside', boundary: withHole, at: [11, 5], inside: false },
    { name: 'beside a hole', boundary: withHole, at: [7, 5], inside: true },
    { name: 'in the second part', boundary: twoParts, at: [2.1, 0.5], inside: true },
    { name: 'in the hole of the second part', boundary: twoParts, at: [2.5, 0.5], inside: false },
    { name: 'between the parts', boundary: twoParts, at: [1.5, 0.5], inside: false },
  ] as const
  for (const { name, boundary, at, inside } of cases)
    test(`${name}: ${inside}`, () => {
      expect(prepareBoundary(boundary).containsPoint({ lon: at[0], lat: at[1] })).toBe(inside)
    })

  test('counts the overlap of two parts as inside', () => {
    const overlap = parseBoundary({
      type: 'MultiPolygon',
      coordinates: [[box(0, 0, 2, 2)], [box(1, 1, 3, 3)]],
    })
    expect(prepareBoundary(overlap).containsPoint({ lon: 1.5, lat: 1.5 })).toBe(true)
  })

  test('puts every point of a common edge into exactly one of two neighbours', () => {
    const [west, east] = [
      prepareBoundary(boundaryFromBbox([0, 0, 1, 1])),
      prepareBoundary(boundaryFromBbox([1, 0, 2, 1])),
    ]
    for (let lat = 0.01; lat < 1; lat += 0.07) {
      const at = { lon: 1, lat }
      expect(Number(west.containsPoint(at)) + Number(east.containsPoint(at))).toBe(1)
    }
  })
})

describe('clipSegment', () => {
  const cases = [
    { name: 'wholly inside', a: [1, 1], b: [3, 3], parts: [[0, 1]] },
    { name: 'wholly outside', a: [11, 0], b: [12, 5], parts: [] },
    { name: 'from outside to outside past a corner', a: [-1, 9.5], b: [0.5, 11], parts: [] },
    { name: 'leaving', a: [8, 1], b: [12, 1], parts: [[0, 0.5]] },
    {
      name: 'through the hole',
      a: [0, 5],
      b: [10, 5],
      parts: [
        [0, 0.4],
        [0.6, 1],
      ],
    },
    {
      name: 'right through',
      a: [-10, 5],
      b: [20, 5],
      parts: [
        [1 / 3, 14 / 30],
        [16 / 30, 2 / 3],
      ],
    },
    { name: 'inside the hole', a: [4.5, 5], b: [5.5, 5], parts: [] },
    { name: 'through a corner of the hole', a: [3, 5], b: [5, 7], parts: [[0, 1]] },
    { name: 'a point', a: [1, 1], b: [1, 1], parts: [[0, 1]] },
  ]
  for (const { name, a, b, parts } of cases)
    test(name, () => {
      const [from, to] = [a, b].map(([lon = 0, lat = 0]) => ({ lon, lat }))
      const clipped = prepareBoundary(withHole).clipSegment(from!, to!)
      expect(clipped.length).toBe(parts.length)
      clipped.flat().forEach((share, i) => expect(share).toBeCloseTo(parts.flat()[i] ?? NaN, 12))
    })

  const coordinate = fc.double({ min: -1.2, max: 1.2, noNaN: true })
  const place = fc.record({ lon: coordinate, lat: coordinate })
  const star = starWithHole(40)
  const corners = (star.coordinates as number[][][]).flat()
  const corner = fc.constantFrom(...corners)
  const prepared = prepareBoundary(star)

  /** Compares what is clipped with the plain rule at 50 places of the segment, cuts left out. */
  function expectAsCounted(a: LonLat, b: LonLat): void {
    const clipped = prepared.clipSegment(a, b)
    for (let i = 0; i < 50; i++) {
      const share = (i + 0.5) / 50
      const at = { lon: a.lon + share * (b.lon - a.lon), lat: a.lat + share * (b.lat - a.lat) }
      if (corners.some(([x = 0, y = 0]) => Math.hypot(at.lon - x, at.lat - y) < 1e-6)) continue
      const nearest = Math.min(1, ...clipped.flat().map((cut) => Math.abs(cut - share)))
      if (nearest < 1e-9) continue
      const isInside = clipped.some(([from, to]) => share > from && share < to)
      expect(isInside).toBe(isInsideSlowly(star, at.lon, at.lat))
    }
  }

  test('agrees with counting the points of the segment that lie inside', () => {
    fc.assert(fc.property(place, place, expectAsCounted), { numRuns: 200 })
  })

  test('agrees with it on segments through a corner, where rounding may miss both edges', () => {
    fc.assert(
      fc.property(place, corner, fc.double({ min: 0.1, max: 2, noNaN: true }), (a, at, past) => {
        const [lon = 0, lat = 0] = at
        expectAsCounted(a, { lon: lon + past * (lon - a.lon), lat: lat + past * (lat - a.lat) })
      }),
      { numRuns: 500 },
    )
  })
})

describeWithShared('a real country outline', () => {
  test('of 10⁴ vertices: the index agrees with the plain rule at 2,000 places', () => {
    const geojson: unknown = JSON.parse(
      readFileSync(sharedPath('data/boundaries/ukraine-detailed.geojson'), 'utf8'),
    )
    const boundary = parseBoundary(geojson)
    const prepared = prepareBoundary(boundary)
    const [west, south, east, north] = bboxOf(boundary)
    let insideCount = 0
    for (let i = 0; i < 2000; i++) {
      const lon = west + ((i * 0.6180339887) % 1) * (east - west)
      const lat = south + ((i * 0.7548776662) % 1) * (north - south)
      const isInside = prepared.containsPoint({ lon, lat })
      if (isInside) insideCount++
      expect(isInside).toBe(isInsideSlowly(boundary, lon, lat))
    }
    expect(insideCount).toBeGreaterThan(800)
    expect(prepared.containsPoint({ lon: 30.52, lat: 50.45 })).toBe(true)
    expect(prepared.containsPoint({ lon: 21.01, lat: 52.23 })).toBe(false)
  })
})

/** A star with `spikes` spikes around 0,0 and a star-shaped hole. */
function starWithHole(spikes: number): Boundary {
  const ring = (outer: number, inner: number) => {
    const positions = Array.from({ length: 2 * spikes }, (_, i) => {
      const radius = i % 2 ? inner : outer
      return [radius * Math.cos((Math.PI * i) / spikes), radius * Math.sin((Math.PI * i) / spikes)]
    })
    return [...positions, positions[0]!]
  }
  return { type: 'Polygon', coordinates: [ring(1, 0.6), ring(0.4, 0.2)] }
}

/** The even–odd rule over all edges, part by part. */
function isInsideSlowly(boundary: Boundary, x: number, y: number): boolean {
  const parts = boundary.type === 'Polygon' ? [boundary.coordinates] : boundary.coordinates
  return parts.some((rings) => {
    let odd = false
    for (const ring of rings)
      for (let i = 1; i < ring.length; i++) {
        const [x0, y0] = ring[i - 1] as [number, number]
        const [x1, y1] = ring[i] as [number, number]
        if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) odd = !odd
      }
    return odd
  })
}
