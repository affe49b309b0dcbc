import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatEstimate } from '../../src/cli/estimate-report.ts'
import { listRegions } from '../../src/gallery/regions.ts'
import { boundaryFromBbox, parseBoundary } from '../../src/geo/polygon.ts'
import { insertPlan, planRegion, type RegionPlan } from '../../src/journeys/create-region.ts'
import { extrapolateDistinct } from '../../src/journeys/count-requests.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { estimateRegion, estimateRest } from '../../src/journeys/estimate-region.ts'
import { requestDense } from '../../src/journeys/request-dense.ts'
import { startTileServer, type TileServer } from '../fixtures/tile-server.ts'
import { createRandom } from '../gallery/rows.ts'
import { makeTown, type Town } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const { signal } = new AbortController()
let folder: string
let town: Town
let server: TileServer
let world: TestWorld

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-estimate-'))
  town = await makeTown(folder)
  server = await startTileServer()
  world = await openTestWorld({ models: 'tiny' })
})
afterAll(async () => {
  await world.close()
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const plan = (imagery: object, east = 9.004): Promise<RegionPlan> =>
  planRegion(
    world,
    {
      name: 'r',
      imagery,
      sampling: { kind: 'grid', stepM: 30, whereImagery: false },
      boundary: boundaryFromBbox([9, 47.2, east, 47.203]),
    },
    { signal, onWarning: () => undefined },
  )
const tiles = () => ({
  kind: 'xyz',
  url: server.url,
  attribution: 'made by us',
  licence: 'CC0',
  termsUrl: 'https://example.org/terms',
  maxZoom: 18,
  requestsPerSecond: 10,
})

test('imagery without attribution is told as such among the terms', async () => {
  const planned = await plan({ kind: 'geotiff', files: [town.ortho] })
  const { terms } = await estimateRegion(world, planned, { sampleCount: 0, signal })
  expect(terms).toEqual(['no "attribution" in the source: results name its files (ortho.tif)'])
})

test('patches without attribution are told as such among the terms', async () => {
  const file = join(folder, 'patches.csv')
  await writeFile(file, 'file,lon,lat\na.png,9,47.2\n')
  const planned = await planRegion(
    world,
    {
      name: 'r',
      imagery: { kind: 'patches', file },
      sampling: { kind: 'patches' },
      boundary: null,
    },
    { signal, onWarning: () => undefined },
  )
  const { terms } = await estimateRegion(world, planned, { sampleCount: 0, signal })
  expect(terms).toEqual(['no attribution in the list of patches: results name no source'])
})

test('an estimate counts every tile once, tells the terms, and fetches nothing', async () => {
  const planned = await plan(tiles())
  const estimate = await estimateRegion(world, planned, { sampleCount: 0, signal })
  expect(server.requests.length).toBe(0)
  // 0.004° × 0.003° at 47.2° are 303 × 334 m; a tile of zoom 18 is 104 m wide there, a patch 112 m.
  expect(estimate.areaKm2).toBeCloseTo(0.303 * 0.3336, 2)
  expect(estimate.points).toBe(planned.points.length)
  const hosts = [{ host: new URL(server.url).host, count: estimate.requests?.count }]
  expect(estimate.requests).toMatchObject({ isMeasured: false, hosts })
  expect(estimate.requests?.count).toBeGreaterThanOrEqual(16)
  expect(estimate.requests?.count).toBeLessThanOrEqual(30)
  expect(estimate.requests?.bytes).toBe(20_000 * (estimate.requests?.count ?? 0))
  expect(estimate.imageryS).toBeCloseTo((estimate.requests?.count ?? 0) / 10, 6)
  expect(estimate.patchesPerSecond).toBeGreaterThan(1)
  expect(estimate.terms).toEqual(['made by us', 'CC0', 'https://example.org/terms'])
  expect(await listRegions(world.db)).toEqual([])
})

test('what lies in two parts of a boundary counts once', async () => {
  const parts = [
    boundaryFromBbox([9, 47.2, 9.003, 47.203]),
    boundaryFromBbox([9.001, 47.2, 9.004, 47.203]),
  ]
  const planned = await planRegion(
    world,
    {
      name: 'r',
      imagery: tiles(),
      sampling: { kind: 'grid', stepM: 30, whereImagery: false },
      boundary: parseBoundary({ type: 'GeometryCollection', geometries: parts }),
    },
    { signal, onWarning: () => undefined },
  )
  const { areaKm2 } = await estimateRegion(world, planned, { sampleCount: 0, signal })
  expect(areaKm2).toBeCloseTo(0.303 * 0.3336, 2)
})

test('samples measure the weight of a tile and find what is not there', async () => {
  const planned = await plan(tiles())
  const { sample, requests } = await estimateRegion(world, planned, { sampleCount: 5, signal })
  expect(server.requests.length).toBeGreaterThan(3)
  expect(sample).toMatchObject({ patches: 5, unavailable: 0 })
  expect(requests?.isMeasured).toBe(true)
  expect(requests?.bytes).not.toBe(20_000 * (requests?.count ?? 0))
})

test('the count is that of a build', async () => {
  const planned = await plan(tiles())
  const { requests } = await estimateRegion(world, planned, { sampleCount: 1000, signal })
  expect(new Set(server.requests.map(({ path }) => path)).size).toBe(requests?.count)
})

test('requests and time of {switch:a,b} are those of a build on two hosts: the slower one ends last', async () => {
  const own = await startTileServer()
  const url = own.url.replace('127.0.0.1', '{switch:127.0.0.1,localhost}')
  const planned = await plan({ ...tiles(), url, requestsPerSecond: 100 })
  const { requests, imageryS } = await estimateRegion(world, planned, { sampleCount: 0, signal })
  expect(own.requests.length).toBe(0)
  expect(imageryS).toBeCloseTo((requests?.hosts[0]?.count ?? 0) / 100, 6)
  await estimateRegion(world, planned, { sampleCount: 100, signal })
  const asked = own.requests.map(({ headers }) => headers.host)
  expect(requests?.hosts.length).toBe(2)
  for (const { host, count } of requests?.hosts ?? []) {
    expect(asked.filter((one) => one === host).length).toBe(count)
  }
  await own.close()
})

test('points outside of the imagery are told, and imagery of another place', async () => {
  const imagery = { kind: 'geotiff', files: [town.ortho] }
  const estimateOf = async (planned: RegionPlan) =>
    estimateRegion(world, planned, { sampleCount: 0, signal })
  const planned = await plan(imagery, 9.02)
  const partly = await estimateOf(planned)
  const { looked = 0, inside = 0 } = partly.outline ?? {}
  expect(looked).toBe(Math.min(200, planned.points.length))
  expect(inside).toBeGreaterThan(0)
  expect(inside).toBeLessThan(looked)
  expect(formatEstimate(partly)).toContain(`outline  ${looked - inside} of ${looked} points`)
  const moved = planned.points.map((point) => ({ ...point, lon: point.lon + 1 }))
  const elsewhere = await estimateOf({ ...planned, points: moved })
  expect(elsewhere.outline).toEqual({ looked, inside: 0 })
  expect(formatEstimate(elsewhere)).toContain('is it of another place?')
  expect((await estimateOf(await plan(tiles()))).outline).toBeNull()
})

test('local files need no requests', async () => {
  const planned = await plan({ kind: 'geotiff', files: [town.ortho], attribution: 'drawn' })
  const estimate = await estimateRegion(world, planned, { sampleCount: 4, signal })
  expect(estimate).toMatchObject({ requests: null, terms: ['drawn'], sample: { patches: 4 } })
  expect(formatEstimate(estimate)).toMatch(/^imagery {2}from local files$/m)
})

const touching = [
  { name: 'few of many pieces', pieces: 1_000_000, growth: 20 },
  { name: 'pieces shared by some patches', pieces: 20_000, growth: 10 },
  { name: 'all pieces, again and again', pieces: 300, growth: 50 },
]
for (const { name, pieces, growth } of touching) {
  test(`the requests of many points are extrapolated from some: ${name}`, () => {
    const random = createRandom(9)
    const touched = 4000
    const met = new Set<number>()
    const touch = (count: number) => {
      for (let i = 0; i < count; i++) met.add(Math.floor(random() * pieces))
      return met.size
    }
    const distinct = touch(touched)
    const guess = extrapolateDistinct({ touched, distinct, growth })
    const truth = touch(touched * (growth - 1))
    expect(Math.abs(guess / truth - 1)).toBeLessThan(0.05)
  })
}

test('the report says what is measured and what is assumed', () => {
  const text = formatEstimate({
    areaKm2: 603_549.7,
    points: 100_000,
    patchM: 112,
    windows: null,
    requests: {
      hosts: [
        { host: 'a.example.org', count: 250_000 },
        { host: 'b.example.org', count: 150_000 },
      ],
      count: 400_000,
      bytes: 8e9,
      isMeasured: false,
    },
    outline: { looked: 200, inside: 120 },
    patchesPerSecond: 200,
    sample: { patches: 8, unavailable: 1, patchesPerSecond: 4 },
    inferenceS: 500,
    imageryS: 40_000,
    terms: ['© Example', 'no bulk downloads'],
  })
  expect(text.split('\n')).toEqual([
    'region   604000 km², 100000 points, a patch of 112 m for each',
    'imagery  about 400000 requests (250000 to a.example.org, 150000 to b.example.org), 8.0 GB (20 kB each, assumed; --sample measures it)',
    'outline  80 of 200 points looked at lie outside the imagery',
    'sample   1 of 8 patches have no imagery, 4.0 patches/s',
    'time     about 11 h 6 min: imagery 11 h 6 min, meanwhile inference 8 min 20 s at 200 patches/s on this machine',
    'terms    © Example; no bulk downloads',
  ])
})

test('a dense build is estimated by its windows, and asks for what they were said to need', async () => {
  const own = await startTileServer()
  const planned = await plan({ ...tiles(), url: own.url, requestsPerSecond: 1000 }, 9.01)
  const options = { sampleCount: 0, signal }
  const patches = await estimateRegion(world, planned, options)
  const dense = await estimateRegion(world, { ...planned, denseM: null }, options)
  // 757 × 334 m in windows that answer for 320 × 320 m: at least three, at most four by two.
  expect(dense.windows).toBeGreaterThanOrEqual(3)
  expect(dense.windows).toBeLessThanOrEqual(8)
  expect([patches.windows, dense.points]).toEqual([null, patches.points])
  expect(formatEstimate(dense)).toContain(`read from ${dense.windows} windows`)
  await insertPlan(world, planned)
  await requestDense(world, 'r', null)
  expect(await estimateRest(world, 'r', options)).toMatchObject({
    windows: dense.windows,
    requests: dense.requests,
  })
  expect(own.requests.length).toBe(0)
  await buildRegion(world, 'r', { signal, onProgress: () => undefined })
  expect(own.requests.length).toBe(dense.requests?.count)
  await own.close()
})
