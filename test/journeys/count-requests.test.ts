import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProjection } from '../../src/geo/projection.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import { requestImagery } from '../../src/journeys/allowed-sources.ts'
import { countRequests, type Requests } from '../../src/journeys/count-requests.ts'
import type { LonLat } from '../../src/types.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import {
  mercatorMatrixSet,
  startService,
  wmtsCapabilities,
  type MapService,
} from '../fixtures/map-services.ts'
import { startRangeServer } from '../fixtures/range-server.ts'
import { encodeTiff, placeTags } from '../fixtures/tiff.ts'

const SIZE = { px: 224, gsd: 0.5 }
/** 400 m apart, on a line of 8 km. */
const places = Array.from({ length: 20 }, (_, i) => ({ lon: 9 + i * 0.0053, lat: 47.2 }))
const named = { attribution: 'made for tests' }

let folder: string
let service: MapService
/** The same server by its other name. */
let other: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-count-'))
  service = await startService(async (url, origin) => {
    if (url.pathname === '/items.json') return { type: 'application/json', body: stacItems() }
    const far = origin.replace('127.0.0.1', 'localhost')
    const layer = `<TileMatrixSetLink><TileMatrixSet>web</TileMatrixSet></TileMatrixSetLink>
      <ResourceURL format="image/png" resourceType="tile" template="${far}/{TileMatrix}/{TileRow}/{TileCol}"/>`
    const sets = [mercatorMatrixSet('web', [10, 19])]
    return wmtsCapabilities({ origin, sets, layer, formats: ['image/png'] })
  })
  other = service.origin.replace('127.0.0.1', 'localhost')
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

/** Pictures of the first ten places lie on one host, of the others on another. */
function stacItems(): string {
  const middle = 9 + 9.5 * 0.0053
  const item = (id: string, origin: string, [west, east]: [number, number]) => ({
    type: 'Feature',
    id,
    bbox: [west, 47.1, east, 47.3],
    properties: { datetime: '2024-05-06T00:00:00Z' },
    assets: { visual: { href: `${origin}/${id}.tif` } },
  })
  const features = [item('west', service.origin, [8.9, middle]), item('east', other, [middle, 9.2])]
  return JSON.stringify({ type: 'FeatureCollection', features })
}

async function count(source: object, at: readonly LonLat[] = places): Promise<Requests> {
  const imagery = parseImageryConfig({ ...named, ...source })
  const opened = await createImagerySource(imagery, imageryDeps(folder))
  try {
    const requests = countRequests(opened, { imagery, size: SIZE, places: at, tileBytes: null })
    if (requests === null) throw new Error('expected requests, got a source of local files')
    return requests
  } finally {
    await opened.close()
  }
}

const switched = () => ({
  kind: 'xyz',
  url: `${service.origin.replace('127.0.0.1', '{switch:127.0.0.1,localhost}')}/{z}/{x}/{y}`,
  maxZoom: 18,
})

test('requests to {switch:a,b} are told for each real host, about as many for each', async () => {
  const found = await count(switched())
  const hosts = found.hosts.map(({ host }) => host).sort()
  expect(hosts).toEqual([new URL(service.origin).host, new URL(other).host].sort())
  const [most, least] = found.hosts.map((one) => one.count) as [number, number]
  expect(most + least).toBe(found.count)
  expect(least).toBeGreaterThan(0.4 * found.count)
})

test('the hosts of an estimate are those that --allow-hosts has to name', async () => {
  const found = await count(switched())
  const hosts = found.hosts.map(({ host }) => host)
  const ask = (allowed: readonly string[]) =>
    requestImagery(
      { ...named, ...switched() },
      { dirs: [], hosts: allowed, baseDir: folder, realpath: async (path) => path },
    )
  await expect(ask(hosts)).resolves.toMatchObject({ kind: 'xyz' })
  for (const one of hosts) {
    const rest = hosts.filter((host) => host !== one)
    await expect(ask(rest)).rejects.toMatchObject({ code: 'source-forbidden' })
  }
})

test('requests to a map tile service go to the host that its capabilities name', async () => {
  const { host } = new URL(other)
  const found = await count({
    kind: 'wmts',
    url: `${service.origin}/capabilities`,
    layer: 'ortho',
    hosts: [host],
  })
  expect(found.hosts).toEqual([{ host, count: found.count }])
  expect(found.count).toBeGreaterThan(40)
})

test('requests for STAC pictures go to the hosts of the pictures that lie at the points', async () => {
  const stac = { kind: 'stac', url: `${service.origin}/items.json`, hosts: [new URL(other).host] }
  const found = await count(stac)
  const [near, far] = [new URL(service.origin).host, new URL(other).host]
  expect(found.hosts).toEqual([
    { host: near, count: 10 },
    { host: far, count: 10 },
  ])
  const nowhere = await count(stac, [{ lon: 12, lat: 50 }])
  expect(nowhere).toMatchObject({ hosts: [], count: 0 })
})

test('of adjacent files on the web only those that a patch touches are counted', async () => {
  const utm = createProjection(32632)
  const [x, y] = utm.forward({ lon: 9, lat: 47.2 }).map(Math.round) as [number, number]
  /** 300 × 300 m, from an easting. */
  const picture = (fromX: number): Buffer => {
    const tags = placeTags({ epsg: 32632, corner: [fromX, y + 150], pixelSize: 1 })
    const values = new Uint8Array(300 * 300).fill(99)
    return encodeTiff([{ width: 300, height: 300, values, samples: 1, tilePx: 64, tags }])
  }
  const server = await startRangeServer({
    '/west.tif': picture(x - 300),
    '/east.tif': picture(x),
  })
  const localhost = server.host.replace('127.0.0.1', 'localhost')
  const urls = [`${server.origin}/west.tif`, `http://${localhost}/east.tif`]
  // Inside of the western one, on the border of both, and twice inside of the eastern one.
  const at = [-150, 0, 150, 160].map((east) => utm.inverse(x + east, y))
  const found = await count({ kind: 'cog', urls }, at)
  expect(found.hosts).toEqual([
    { host: localhost, count: 3 },
    { host: server.host, count: 2 },
  ])
  await server.close()
})

test('an endpoint of single pictures is asked once for each point', async () => {
  const found = await count({
    kind: 'static-map',
    url: `${other}/map?at={lon},{lat}&zoom={zoom}&size={width}x{height}`,
    maxZoom: 19,
  })
  expect(found.hosts).toEqual([{ host: new URL(other).host, count: places.length }])
})
