import { readFileSync } from 'node:fs'
import type { Position } from 'geojson'
import geodesic from 'geographiclib-geodesic'
import { describe, expect, test } from 'vitest'
import { createRegionCover, refuseTooManyCells } from '../../src/geo/cells-cover.ts'
import { createCellGeometry, parseCells } from '../../src/geo/cells.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { projectBoundary } from '../../src/geo/project-boundary.ts'
import type { Bbox, Boundary, LonLat } from '../../src/types.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

const box = (...[west, south, east, north]: Bbox): Position[] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
]

const polygon = (...rings: Position[][]): Boundary => ({ type: 'Polygon', coordinates: rings })

interface Case {
  readonly name: string
  readonly boundary: Boundary
  readonly centre: LonLat
  readonly specs: readonly string[]
}

const concave: Position[] = [
  [4.3, 51.8],
  [4.5, 51.8],
  [4.5, 51.95],
  [4.45, 51.95],
  [4.4, 51.82],
  [4.35, 51.95],
  [4.3, 51.95],
  [4.3, 51.8],
]

const rotterdam = { lon: 4.4, lat: 51.88 }
const cases: readonly Case[] = [
  {
    name: 'a concave polygon with a hole',
    boundary: polygon(concave, box(4.32, 51.81, 4.36, 51.84)),
    centre: rotterdam,
    specs: ['square:1km', 'square:333m', 'square:2km@28992', 'square:5km@3857', 'h3:8', 'h3:5'],
  },
  {
    name: 'a ring given clockwise',
    boundary: polygon([...concave].reverse()),
    centre: rotterdam,
    specs: ['square:1km', 'h3:7'],
  },
  {
    name: 'planes whose x grows to the south or the west',
    boundary: polygon(box(14.9, 49.9, 15.1, 50.1), box(14.96, 49.96, 15, 50)),
    centre: { lon: 15, lat: 50 },
    specs: ['square:2km@5513', 'square:2km@8352', 'square:2km@2046'],
  },
  {
    name: 'two parts that meet at the antimeridian',
    boundary: {
      type: 'MultiPolygon',
      coordinates: [[box(179, -18, 180, -16)], [box(-180, -18, -179, -16)]],
    },
    centre: { lon: 180, lat: -17 },
    specs: ['square:25km', 'h3:4'],
  },
  {
    name: 'a box of more than half a turn',
    boundary: boundaryFromBbox([-170, 50, 170, 80]),
    centre: { lon: 0, lat: 65 },
    specs: ['square:500km'],
  },
  {
    name: 'a box of half a turn',
    boundary: boundaryFromBbox([-90, 50, 90, 80]),
    centre: { lon: 0, lat: 65 },
    specs: ['square:500km'],
  },
  {
    name: 'a box around the north pole',
    boundary: polygon(box(-180, 80, 180, 90)),
    centre: { lon: 0, lat: 90 },
    specs: ['square:100km', 'h3:3'],
  },
]

describe('createRegionCover', () => {
  for (const { name, boundary, centre, specs } of cases) {
    for (const spec of specs) {
      test(`${name}: areas of all ${spec} cells sum to the region's area`, () => {
        const geometry = createCellGeometry(parseCells(spec), centre)
        const cover = createRegionCover(geometry, boundary)
        const keys = cover.cellsTouching()
        const areas = keys.map((key) => cover.areaInRegionKm2(key))
        const sum = areas.reduce((total, area) => total + area, 0)
        expect(Math.abs(sum / cover.areaKm2 - 1)).toBeLessThan(toleranceOf(spec))
        expect(Math.min(...areas)).toBeGreaterThan(0)
        expect(new Set(keys).size).toBe(keys.length)
      })
    }

    test(`${name}: the area agrees with geographiclib within 0.1 %`, () => {
      const geometry = createCellGeometry(parseCells('square:25km'), centre)
      const cover = createRegionCover(geometry, boundary)
      expect(Math.abs(cover.areaKm2 / geodesicKm2(boundary) - 1)).toBeLessThan(1e-3)
    })
  }

  test('a cell wholly inside has the full area, one outside has none, one on the edge a part', () => {
    const geometry = createCellGeometry(parseCells('square:1km'), rotterdam)
    const boundary = polygon(box(4.35, 51.85, 4.45, 51.91))
    const cover = createRegionCover(geometry, boundary)
    const edge = geometry.keyOf({ lon: 4.35, lat: 51.88 })
    expect(cover.areaInRegionKm2('0,0')).toBe(1)
    expect(cover.areaInRegionKm2('500,0')).toBe(0)
    expect(cover.areaInRegionKm2(edge)).toBeGreaterThan(0)
    expect(cover.areaInRegionKm2(edge)).toBeLessThan(1)
  })

  test('an edge through the centre of the projection, which bends like an S, is true to 1 m', () => {
    const centre = { lon: 10, lat: 50 }
    const { plane } = createCellGeometry(parseCells('square:25km'), centre)
    const corners = [
      [8, 48],
      [12, 52],
      [8, 52],
      [8, 48],
    ]
    const [[ring = []] = []] = projectBoundary(
      { type: 'Polygon', coordinates: [corners] },
      plane,
      1,
    )
    const chords = Array.from({ length: ring.length / 2 }, (_, i) =>
      [...ring, ...ring].slice(2 * i, 2 * i + 4),
    )
    for (let t = 0; t <= 1; t += 1 / 64) {
      const [x, y] = plane.forward({ lon: 8 + 4 * t, lat: 48 + 4 * t })
      expect(Math.min(...chords.map((chord) => distanceToChord([x, y], chord)))).toBeLessThan(1.5)
    }
  })

  for (const { name, spec, bbox } of [
    { name: 'ends', spec: 'square:25km@3857', bbox: [-10, 80, 10, 90] },
    // EPSG:5070 is centred on 96° W: at 84° E its plane has two sides.
    { name: 'has a seam', spec: 'square:100km@5070', bbox: [80, 20, 90, 30] },
  ] as const) {
    test(`a boundary where a named CRS ${name} is refused, with a next step`, () => {
      const [west, south, east, north] = bbox
      const centre = { lon: (west + east) / 2, lat: (south + north) / 2 }
      const geometry = createCellGeometry(parseCells(spec), centre)
      expect(() => createRegionCover(geometry, polygon(box(west, south, east, north)))).toThrow(
        expect.objectContaining({
          code: 'outside-projection',
          hint: expect.stringContaining('leave the @ out') as unknown,
        }),
      )
    })
  }

  test('a cell inside a hole does not touch the region', () => {
    const boundary = polygon(box(4.3, 51.8, 4.5, 51.95), box(4.35, 51.85, 4.45, 51.91))
    const geometry = createCellGeometry(parseCells('square:1km'), rotterdam)
    const cover = createRegionCover(geometry, boundary)
    expect(cover.cellsTouching()).not.toContain('0,0')
    expect(cover.areaInRegionKm2('0,0')).toBe(0)
  })

  test('every place inside lies in a cell that touches the region, for both grids', () => {
    for (const spec of ['square:777m', 'h3:8']) {
      const geometry = createCellGeometry(parseCells(spec), rotterdam)
      const touching = new Set(
        createRegionCover(geometry, polygon(box(4.35, 51.85, 4.45, 51.91))).cellsTouching(),
      )
      for (let i = 1; i < 50; i++) {
        for (let j = 1; j < 50; j++) {
          const key = geometry.keyOf({ lon: 4.35 + i * 0.002, lat: 51.85 + j * 0.0012 })
          expect(touching.has(key)).toBe(true)
        }
      }
    }
  })

  test('millions of cells are counted for area but not listed', () => {
    const geometry = createCellGeometry(parseCells('square:1m'), rotterdam)
    const cover = createRegionCover(geometry, polygon(concave))
    expect(cover.areaInRegionKm2('0,-8000')).toBeCloseTo(1e-6, 12)
    expect(() => cover.cellsTouching()).toThrow(/2000000 cells/)
  })

  test('a boundary without area is refused', () => {
    const geometry = createCellGeometry(parseCells('square:1km'), rotterdam)
    expect(() => createRegionCover(geometry, polygon(box(4.4, 51.8, 4.4, 51.9)))).toThrow(/area/)
  })

  test('a boundary of more than a hemisphere is refused', () => {
    const geometry = createCellGeometry(parseCells('square:25km'), { lon: 0, lat: 0 })
    const world = polygon(box(-120, -60, 120, 60))
    expect(() => createRegionCover(geometry, world)).toThrow(/9,100 km/)
  })
})

describeWithShared('createRegionCover on a country', () => {
  test('Ukraine has about 1,000 cells of 25 km and the area that geographiclib finds', () => {
    const text = readFileSync(sharedPath('data/boundaries/UKR.geo.json'), 'utf8')
    const { features } = JSON.parse(text) as { features: { geometry: Boundary }[] }
    const boundary = features[0]!.geometry
    const geometry = createCellGeometry(parseCells('square:25km'), { lon: 31.13, lat: 48.37 })
    const cover = createRegionCover(geometry, boundary)
    expect(cover.cellsTouching().length).toBeGreaterThan(1000)
    expect(cover.cellsTouching().length).toBeLessThan(1200)
    expect(Math.abs(cover.areaKm2 / geodesicKm2(boundary) - 1)).toBeLessThan(1e-3)
  })
})

function distanceToChord([x, y]: readonly [number, number], chord: readonly number[]): number {
  const [x0 = NaN, y0 = NaN, x1 = NaN, y1 = NaN] = chord
  const [dx, dy] = [x1 - x0, y1 - y0]
  const t = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)))
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy)
}

/** Hexagons on an edge of H3's icosahedron are bent a little; a named CRS is not equal-area. */
function toleranceOf(spec: string): number {
  if (spec.startsWith('h3')) return 1e-4
  return spec.includes('@') ? 1e-3 : 1e-9
}

/** Independent area: geographiclib, with vertices added because its edges are geodesics. */
function geodesicKm2(boundary: Boundary): number {
  const polygons = boundary.type === 'Polygon' ? [boundary.coordinates] : boundary.coordinates
  const ringKm2 = (ring: Position[]) => {
    const area = geodesic.Geodesic.WGS84.Polygon(false)
    for (let i = 1; i < ring.length; i++) {
      const [lon0 = 0, lat0 = 0] = ring[i - 1]!
      const [lon1 = 0, lat1 = 0] = ring[i]!
      const stepCount = Math.abs(lon1 - lon0) > 90 ? 720 : 50
      for (let step = 0; step < stepCount; step++) {
        const t = step / stepCount
        area.AddPoint(lat0 + (lat1 - lat0) * t, lon0 + (lon1 - lon0) * t)
      }
    }
    return Math.abs(area.Compute(false, true).area ?? NaN) / 1e6
  }
  return polygons.reduce(
    (sum, [outer, ...holes]) =>
      sum + ringKm2(outer!) - holes.reduce((total, hole) => total + ringKm2(hole), 0),
    0,
  )
}

test('two million cells are allowed, one more is not', () => {
  expect(() => refuseTooManyCells(2_000_000)).not.toThrow()
  expect(() => refuseTooManyCells(2_000_001)).toThrow(/at most 2000000 cells/)
})
