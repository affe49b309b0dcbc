import { readFileSync, writeFileSync } from 'node:fs'
import type { Feature, FeatureCollection, MultiPolygon, Polygon, Position } from 'geojson'
import { describe, expect, test } from 'vitest'
import { cutAtAntimeridian } from '../../src/heatmap/antimeridian.ts'
import { renderGeoJson } from '../../src/heatmap/geojson.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'
import { boxBoundary, makeBestScenes, makeHeatmap, makeTown } from './made-heatmap.ts'

type Cells = FeatureCollection<Polygon | MultiPolygon> & { whereabouts: Record<string, unknown> }

const parse = (heatmap: Heatmap) => JSON.parse(renderGeoJson(heatmap)) as Cells

const fiji = makeHeatmap({
  boundary: {
    type: 'MultiPolygon',
    coordinates: [
      boxBoundary([179, -18, 180, -16]).coordinates as Position[][],
      boxBoundary([-180, -18, -179, -16]).coordinates as Position[][],
    ],
  },
  centre: { lon: 180, lat: -17 },
  cells: 'square:30km@3832',
})

const arctic = makeHeatmap({
  boundary: boxBoundary([-180, 88, 180, 90]),
  centre: { lon: 0, lat: 90 },
  cells: 'h3:3',
})

describe('renderGeoJson', () => {
  test('the town is as in the golden file', () => {
    const url = new URL('../golden/heatmap.geojson', import.meta.url)
    const text = renderGeoJson(makeTown())
    if (process.env['BLESS']) writeFileSync(url, text)
    expect(text).toBe(readFileSync(url, 'utf8'))
  })

  for (const [name, heatmap] of Object.entries({ town: makeTown(), h3: makeTown('h3:8'), fiji })) {
    test(`${name}: outer rings are closed, counter-clockwise and within ±180°`, () => {
      for (const ring of parse(heatmap).features.flatMap(ringsOf)) {
        expect(ring.at(0)).toEqual(ring.at(-1))
        expect(signedArea(ring)).toBeGreaterThan(0)
        for (const [lon] of ring) expect(Math.abs(lon!)).toBeLessThanOrEqual(180)
      }
    })
  }

  test('a member crs is absent, bbox holds every vertex', () => {
    const { bbox, features, ...rest } = parse(makeTown())
    expect(rest).not.toHaveProperty('crs')
    const places = features.flatMap(ringsOf).flat()
    const lons = places.map(([lon]) => lon!)
    const lats = places.map(([, lat]) => lat!)
    expect(bbox).toEqual([
      Math.min(...lons),
      Math.min(...lats),
      Math.max(...lons),
      Math.max(...lats),
    ])
  })

  test('best cells come first, with rank, score, area, best point and colour', () => {
    const heatmap = makeTown()
    const { features } = parse(heatmap)
    const cell = heatmap.cells[0]!
    expect(features[0]).toMatchObject({
      id: cell.key,
      properties: {
        rank: 1,
        score: 1,
        good: true,
        points: cell.pointCount,
        distance: cell.distance,
        bestLon: expect.closeTo(cell.point.lon, 6) as number,
        bestLat: expect.closeTo(cell.point.lat, 6) as number,
        fill: '#fde725',
      },
    })
    expect(features.at(-1)!.properties).toMatchObject({ score: 0, fill: '#101854' })
    expect(features).toHaveLength(heatmap.cells.length)
  })

  test('on a map of best scenes each cell has its scene, and that scene’s colour', () => {
    const { features } = parse(makeBestScenes(['corn_field', 'harbor']))
    const fills = features.map(({ properties }) => `${properties!['scene']} ${properties!['fill']}`)
    expect([...new Set(fills)].sort()).toEqual(['corn_field #ee8866', 'harbor #4b0092'])
  })

  test('sources, dates, model, question and the warning are in the file', () => {
    expect(parse(makeTown()).whereabouts).toMatchObject({
      notice: 'a place to start looking, not proof',
      attribution: 'Imagery © Example & Sons · roads © OpenStreetMap contributors',
      capturedBetween: ['2019-08-04', '2021-03-31'],
      cells: 'square:1km',
      region: { name: 'made-up', model: { name: 'tiny-overhead' } },
    })
  })

  test('cells across the antimeridian are cut there and the bbox goes the short way', () => {
    const { bbox, features } = parse(fiji)
    expect(features.some(({ geometry }) => geometry.type === 'MultiPolygon')).toBe(true)
    expect(bbox![0]).toBeGreaterThan(178)
    expect(bbox![2]).toBeLessThan(-178)
    for (const ring of features.flatMap(ringsOf)) {
      const lons = ring.map(([lon]) => lon!)
      expect(Math.max(...lons) - Math.min(...lons)).toBeLessThan(1)
    }
  })

  test('a cell that holds the pole reaches 90° north over all longitudes', () => {
    const { bbox, features } = parse(arctic)
    expect(bbox).toEqual([-180, expect.any(Number), 180, 90])
    const polar = features.filter((feature) =>
      ringsOf(feature).some((ring) => ring.some(([, lat]) => lat === 90)),
    )
    expect(polar).toHaveLength(1)
  })
})

describe('cutAtAntimeridian', () => {
  test('pieces cover what the ring covered', () => {
    const ring = [
      [179, 0],
      [-179, 0],
      [-179, 1],
      [179, 1],
      [179, 0],
    ] as const
    const pieces = cutAtAntimeridian(ring)
    expect(pieces).toHaveLength(2)
    expect(pieces.map((piece) => signedArea(piece as unknown as Position[]))).toEqual([1, 1])
  })

  test('a ring clear of the antimeridian is kept as it is', () => {
    const ring = [
      [10, 0],
      [11, 0],
      [11, 1],
      [10, 0],
    ] as const
    expect(cutAtAntimeridian(ring)).toEqual([ring])
  })
})

function ringsOf({ geometry }: Feature<Polygon | MultiPolygon>): Position[][] {
  return geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat()
}

function signedArea(ring: Position[]): number {
  let twice = 0
  for (let i = 1; i < ring.length; i++) {
    const [lon0 = 0, lat0 = 0] = ring[i - 1]!
    const [lon1 = 0, lat1 = 0] = ring[i]!
    twice += lon0 * lat1 - lon1 * lat0
  }
  return Number((twice / 2).toFixed(9))
}
