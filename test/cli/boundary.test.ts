import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBoundary } from '../../src/cli/boundary.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

const ring = [
  [9, 47],
  [10, 47],
  [10, 48],
  [9, 47],
]
const polygon = { type: 'Polygon', coordinates: [ring] }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-cli-'))
  await writeFile(join(folder, 'a.geojson'), JSON.stringify({ type: 'Feature', geometry: polygon }))
})
afterAll(() => rm(folder, { recursive: true }))

describe('readBoundary', () => {
  test('reads a file, a box, or nothing', async () => {
    const boundary = join(folder, 'a.geojson')
    expect(await readBoundary({ boundary }, undefined)).toEqual(polygon)
    expect(await readBoundary({ bbox: '9,47,10,48' }, undefined)).toMatchObject({ type: 'Polygon' })
    expect(await readBoundary({}, 'a.osm.pbf')).toBeNull()
    const text = ` ${JSON.stringify(polygon)}`
    expect(await readBoundary({ boundary: text }, undefined)).toEqual(polygon)
  })

  test('another format than GeoJSON is to be converted', async () => {
    const boundary = join(folder, 'a.kml')
    await writeFile(boundary, '<?xml version="1.0"?><kml/>')
    await expect(readBoundary({ boundary }, undefined)).rejects.toMatchObject({
      code: 'json',
      hint: expect.stringContaining('ogr2ogr -f GeoJSON') as unknown,
    })
  })

  const REFUSED = [
    { name: 'two of them', options: { bbox: '9,47,10,48', boundaryName: 'A' }, says: /got 2/ },
    { name: 'a name without an extract', options: { boundaryName: 'A' }, says: /OSM extract/ },
    {
      name: 'a level that is no number',
      options: { boundaryName: 'A', boundaryLevel: 'x', boundaryExtract: 'a.osm.pbf' },
      says: /--boundary-level/,
    },
    { name: 'a box of three numbers', options: { bbox: '1,2,3' }, says: /4 numbers/ },
  ]
  for (const { name, options, says } of REFUSED) {
    test(`refuses ${name}`, async () => {
      await expect(async () => readBoundary(options, undefined)).rejects.toThrow(says)
    })
  }
})

describeWithShared('a boundary by its name', () => {
  test('comes from the extract of the points, or from another', async () => {
    const extract = sharedPath('data/osm/liechtenstein.osm.pbf')
    const vaduz = { boundaryName: 'Vaduz', boundaryLevel: '8' }
    const own = await readBoundary(vaduz, extract)
    expect(own?.type).toBe('MultiPolygon')
    expect(await readBoundary({ ...vaduz, boundaryExtract: extract }, undefined)).toEqual(own)
  })
})
