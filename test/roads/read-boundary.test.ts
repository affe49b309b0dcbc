import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isInPolygon } from '../../src/geo/rings.ts'
import { readBoundaryRelation } from '../../src/roads/read-boundary.ts'
import type { Boundary } from '../../src/types.ts'
import { describeWithShared, sharedPath } from '../shared.ts'
import { relationBlob, type MadeRelation } from './make-boundary.ts'
import { makeExtract, type MadeExtract } from './make-pbf.ts'

const { signal } = new AbortController()
interface GeodesicModule {
  Geodesic: {
    WGS84: {
      Polygon(isLine: boolean): {
        AddPoint(lat: number, lon: number): void
        Compute(isReversed: boolean, isSigned: boolean): { area: number }
      }
    }
  }
}
const { Geodesic } = createRequire(import.meta.url)('geographiclib-geodesic') as GeodesicModule

const polygonsOf = (boundary: Boundary) =>
  boundary.type === 'Polygon' ? [boundary.coordinates] : boundary.coordinates
/** On the ellipsoid, by GeographicLib. */
function areaKm2(boundary: Boundary): number {
  const ringArea = (ring: readonly (readonly number[])[]): number => {
    const polygon = Geodesic.WGS84.Polygon(false)
    for (const [lon, lat] of ring.slice(1)) polygon.AddPoint(lat!, lon!)
    return polygon.Compute(false, true).area / 1e6
  }
  // Outer rings run counter-clockwise, holes clockwise.
  return polygonsOf(boundary)
    .flat()
    .map(ringArea)
    .reduce((sum, area) => sum + area, 0)
}

let folder = ''
const read = async (extract: MadeExtract, relations: MadeRelation[], name = 'A') => {
  const path = join(folder, 'a.osm.pbf')
  await writeFile(path, Buffer.concat([makeExtract(extract), relationBlob(relations)]))
  return readBoundaryRelation(path, { name }, signal)
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-boundary-'))
})
afterAll(() => rm(folder, { recursive: true }))

const at = (id: number, lon: number, lat: number) => ({ id, lon, lat })
const NODES = [
  at(1, 0, 0),
  at(2, 0, 3),
  at(3, 3, 3),
  at(4, 3, 0),
  at(5, 1, 1),
  at(6, 1, 2),
  at(7, 2, 2),
  at(8, 10, 10),
  at(9, 11, 11),
  at(10, 10, 11),
]
const WAYS = [
  { id: 20, refs: [1, 2, 3] },
  { id: 21, refs: [1, 4, 3] },
  { id: 22, refs: [5, 6, 7, 5] },
  { id: 23, refs: [8, 9, 10, 8] },
]
const way = (id: number, role = 'outer') => ({ type: 1 as const, id, role })
const A = {
  id: 7,
  tags: { boundary: 'administrative', name: 'A', admin_level: '4' },
  members: [
    { type: 0 as const, id: 8, role: 'admin_centre' },
    way(20),
    way(22, 'inner'),
    way(21, ''),
    { type: 2 as const, id: 9, role: 'subarea' },
    way(23),
  ],
}
const EXTRACT = { blocks: [{ dense: NODES }, { ways: WAYS }] }

describe('a boundary in an extract', () => {
  test('is put together from its ways, with holes and exclaves', async () => {
    const boundary = await read(EXTRACT, [A])
    const isIn = (lon: number, lat: number) =>
      polygonsOf(boundary).some((rings) => isInPolygon(rings, lon, lat))
    expect(
      polygonsOf(boundary)
        .map((rings) => rings.length)
        .sort(),
    ).toEqual([1, 2])
    expect([isIn(0.5, 2.5), isIn(1.2, 1.7), isIn(10.2, 10.7), isIn(5, 5)]).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  test('is found whatever the order of the file', async () => {
    const blocks = [{ ways: WAYS.slice(2) }, { nodes: NODES }, { ways: WAYS.slice(0, 2) }]
    expect(await read({ blocks }, [A])).toEqual(await read(EXTRACT, [A]))
  })

  test('is put together from ways that carry the places of their nodes, which are not in the extract', async () => {
    const placeOf = new Map(NODES.map(({ id, lon, lat }) => [id, [lon, lat] as [number, number]]))
    const ways = WAYS.map((made) => ({
      ...made,
      locations: made.refs.map((ref) => placeOf.get(ref)!),
    }))
    const extract = { optionalFeatures: ['LocationsOnWays'], blocks: [{ ways }] }
    expect(await read(extract, [A])).toEqual(await read(EXTRACT, [A]))
  })

  test('is none where the relation is something else', async () => {
    const other = { ...A, tags: { ...A.tags, boundary: 'national_park' } }
    await expect(read(EXTRACT, [other])).rejects.toMatchObject({ code: 'boundary-not-found' })
  })

  const BROKEN: {
    name: string
    extract: MadeExtract
    members: MadeRelation['members']
    says: RegExp
  }[] = [
    {
      name: 'ways are missing',
      extract: { blocks: [{ dense: NODES }, { ways: WAYS.slice(1) }] },
      members: A.members,
      says: /"A" in the extract, got 1 of 4 ways missing \(way 20/,
    },
    { name: 'it has no ways', extract: EXTRACT, members: [], says: /got no way of it/ },
    { name: 'it is open', extract: EXTRACT, members: [way(20)], says: /gap at 3,3/ },
    {
      name: 'a node is missing',
      extract: { blocks: [{ dense: NODES.slice(1) }, { ways: WAYS }] },
      members: A.members,
      says: /node 1 missing/,
    },
  ]
  for (const { name, extract, members, says } of BROKEN) {
    test(`is refused where ${name}, saying what`, async () => {
      const reading = read(extract, [{ ...A, members }])
      await expect(reading).rejects.toThrow(says)
      await expect(reading).rejects.toMatchObject({ code: 'boundary-incomplete' })
    })
  }

  test('of a history is refused', async () => {
    const extract = { ...EXTRACT, requiredFeatures: ['HistoricalInformation'] }
    await expect(read(extract, [A])).rejects.toMatchObject({ code: 'extract-feature' })
  })

  test('is not read on when that is not wanted any more', async () => {
    await read(EXTRACT, [A])
    const path = join(folder, 'a.osm.pbf')
    const stopped = readBoundaryRelation(path, { name: 'A' }, AbortSignal.abort(new Error('stop')))
    await expect(stopped).rejects.toThrow('stop')
  })
})

describeWithShared('boundaries of real extracts', () => {
  const readReal = (extract: string, name: string, adminLevel?: number) =>
    readBoundaryRelation(sharedPath(`data/osm/${extract}.osm.pbf`), { name, adminLevel }, signal)

  test('Liechtenstein has the area that its statistical office states, 160.5 km²', async () => {
    const boundary = await readReal('liechtenstein', 'Liechtenstein')
    expect(areaKm2(boundary)).toBeGreaterThan(160.4)
    expect(areaKm2(boundary)).toBeLessThan(160.6)
  })

  test('its eleven municipalities make the country, exclaves and all', async () => {
    const names = ['Balzers', 'Eschen', 'Gamprin', 'Mauren', 'Planken', 'Ruggell', 'Schaan']
    names.push('Schellenberg', 'Triesen', 'Triesenberg', 'Vaduz')
    const parts = await Promise.all(names.map((name) => readReal('liechtenstein', name, 8)))
    const whole = await readReal('liechtenstein', 'LI')
    const sum = parts.map(areaKm2).reduce((a, b) => a + b, 0)
    expect(Math.abs(sum - areaKm2(whole))).toBeLessThan(1e-6)
    // Vaduz: 17.28 km², the town and its six exclaves.
    expect(polygonsOf(parts[10]!).length).toBe(7)
    expect(Math.abs(areaKm2(parts[10]!) - 17.28)).toBeLessThan(0.05)
  })

  test('Monaco is a country and a town, of which this extract holds the town whole', async () => {
    await expect(readReal('monaco', 'Monaco')).rejects.toMatchObject({ code: 'boundary-ambiguous' })
    await expect(readReal('monaco', 'Monaco', 2)).rejects.toMatchObject({
      code: 'boundary-incomplete',
    })
    // 2.0 km² of land, and harbours.
    const area = areaKm2(await readReal('monaco', 'Monaco', 8))
    expect(area).toBeGreaterThan(2)
    expect(area).toBeLessThan(2.5)
  })

  test('an extract that was cut within a country says so', async () => {
    await expect(readReal('andorra', 'Andorra')).rejects.toThrow(/2 of 19 ways missing/)
  })
})
