import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bboxOf } from '../../src/geo/polygon.ts'
import type { Boundary } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { relationBlob } from '../roads/make-boundary.ts'
import { makeExtract } from '../roads/make-pbf.ts'
import { createApp } from '../../src/http/app.ts'
import { Builds } from '../../src/http/builds.ts'
import {
  clientOf,
  gridRegion,
  openHarness,
  waitForBuild,
  type Harness,
  type ProblemAnswer,
  type RegionAnswer,
} from './harness.ts'

const json = async <T>(response: Response) => (await response.json()) as T

describeOnEachDatabase('regions over HTTP', (_open, place) => {
  let http: Harness

  beforeAll(async () => {
    http = await openHarness(await place())
  })
  afterAll(() => http.close())

  test('a created region has its place, its points, and no build yet', async () => {
    const created = await http.post('/v1/regions', gridRegion('town', http.town))
    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe('/v1/regions/town')
    const region = await json<RegionAnswer>(await http.get('/v1/regions/town'))
    expect(region).toMatchObject({ state: 'created', build: null, attribution: 'synthetic' })
    expect(region.points.total).toBeGreaterThan(10)
    expect(region.points.pending).toBe(region.points.total)
  })

  test('the boundary of a region is GeoJSON, and lies in its box', async () => {
    const { bbox } = await json<{ bbox: number[] }>(await http.get('/v1/regions/town'))
    const response = await http.get('/v1/regions/town/boundary')
    expect(response.headers.get('content-type')).toBe('application/geo+json')
    expect(bbox).toEqual([...bboxOf(await json<Boundary>(response))])
  })

  test('the same name again answers 409', async () => {
    const again = await http.post('/v1/regions', gridRegion('town', http.town))
    expect(again.status).toBe(409)
    expect(await json<ProblemAnswer>(again)).toMatchObject({ code: 'region-exists' })
  })

  test('a build is started once, watched to its end, and is then over', async () => {
    // The imagery opens when the test says so: until then the build is sure to be running.
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const { outside, log } = http.deps
    const openSource: typeof outside.openSource = async (imagery) => {
      await gate
      return outside.openSource(imagery)
    }
    const builds = new Builds({ ...outside, openSource }, log)
    const client = clientOf(createApp({ ...http.deps, builds }))
    const started = await client.post('/v1/regions/town/build')
    expect(started.status).toBe(202)
    const second = await client.post('/v1/regions/town/build')
    expect(second.status).toBe(409)
    expect(await json<ProblemAnswer>(second)).toMatchObject({ code: 'region-busy' })
    const deleted = await client.remove('/v1/regions/town')
    expect(deleted.status).toBe(409)
    open()
    const region = await waitForBuild(client, 'town')
    expect(region).toMatchObject({ state: 'built', build: { state: 'finished', problem: null } })
    expect(region.points).toMatchObject({ embedded: region.points.total, pending: 0, leased: 0 })
    expect(region.build?.pointsDone).toBe(region.points.total)
    const stopped = await client.remove('/v1/regions/town/build')
    expect(stopped.status).toBe(404)
    expect(await json<ProblemAnswer>(stopped)).toMatchObject({ code: 'build-not-found' })
  })

  test('a stopped build gives its leases back and goes on later', async () => {
    await http.post('/v1/regions', gridRegion('stopped', http.town))
    const { outside, log } = http.deps
    const openSource: typeof outside.openSource = async (imagery) => {
      const source = await outside.openSource(imagery)
      const patch = (...[, , signal]: Parameters<typeof source.patch>) => untilAborted(signal)
      return { attribution: source.attribution, patch, close: () => source.close() }
    }
    const slow = clientOf(
      createApp({ ...http.deps, builds: new Builds({ ...outside, openSource }, log) }),
    )
    await slow.post('/v1/regions/stopped/build')
    const stopped = await slow.remove('/v1/regions/stopped/build')
    expect(stopped.status).toBe(200)
    const region = await json<RegionAnswer>(stopped)
    expect(region.build?.state).toBe('stopped')
    expect(region.points.leased).toBe(0)
    expect(region.points.pending).toBeGreaterThan(0)
    await http.post('/v1/regions/stopped/build')
    const built = await waitForBuild(http, 'stopped')
    expect(built.points.embedded).toBe(built.points.total)
  })

  test('a failed build tells why, without a stack', async () => {
    await http.post('/v1/regions', gridRegion('failing', http.town))
    const outside = {
      ...http.deps.outside,
      openSource: () => Promise.reject(new TypeError('inner secret')),
    }
    const builds = new Builds(outside, http.deps.log)
    const client = clientOf(createApp({ ...http.deps, outside, builds }))
    await client.post('/v1/regions/failing/build')
    const region = await waitForBuild(client, 'failing')
    expect(region.build).toMatchObject({ state: 'failed', problem: { code: 'internal-error' } })
    expect(JSON.stringify(region)).not.toContain('secret')
  })

  test('roads are sampled from an extract of an allowed folder, with a warning about its box', async () => {
    const created = await http.post('/v1/regions', {
      ...gridRegion('roads', http.town),
      sampling: { kind: 'roads', extract: http.town.extract, points: 30, seed: 7 },
    })
    expect(created.status).toBe(201)
    expect(await created.json()).toMatchObject({
      points: { total: 30 },
      sampling: { kind: 'roads', points: 30, seed: 7 },
      warnings: [expect.stringContaining('bounding box') as unknown],
    })
    const coverage = await http.get('/v1/regions/roads/coverage')
    expect(await coverage.json()).toMatchObject({
      attribution: 'synthetic · roads © OpenStreetMap contributors',
    })
  })

  test('a boundary is found by its name in the extract of the roads, or in another that is allowed', async () => {
    const at = (id: number, lon: number, lat: number) => ({ id, lon, lat })
    const corners = [at(1, 8.999, 47.199), at(2, 8.999, 47.2), at(3, 9.001, 47.2)]
    const blocks = [{ dense: corners }, { ways: [{ id: 20, refs: [1, 2, 3, 1] }] }]
    const tags = { boundary: 'administrative', name: 'Old Town', admin_level: '9' }
    const members = [{ type: 1 as const, id: 20, role: 'outer' }]
    const file = Buffer.concat([makeExtract({ blocks }), relationBlob([{ id: 7, tags, members }])])
    await writeFile(join(http.folder, 'boundaries.osm.pbf'), file)
    const ask = (more: object) =>
      http.post('/v1/regions', {
        ...gridRegion('old-town', http.town, 20),
        boundaryName: 'Old Town',
        boundaryExtract: 'boundaries.osm.pbf',
        ...more,
      })
    expect((await ask({ boundaryExtract: '/etc/hostname' })).status).toBe(403)
    expect((await ask({ boundaryName: 'New Town' })).status).toBe(404)
    expect((await ask({ boundaryExtract: undefined })).status).toBe(400)
    expect((await ask({ bbox: [1, 2, 3, 4] })).status).toBe(400)
    const created = await ask({ boundaryLevel: 9 })
    expect(created.status).toBe(201)
    expect(await created.json()).toMatchObject({ bbox: [8.999, 47.199, 9.001, 47.2] })
  })

  test('a source outside the allowed folders answers 403 and names the option', async () => {
    const asked = await http.post('/v1/regions', {
      ...gridRegion('forbidden', http.town),
      imagery: { kind: 'geotiff', files: ['/etc/hostname'] },
    })
    expect(asked.status).toBe(403)
    expect(await json<ProblemAnswer>(asked)).toMatchObject({
      code: 'source-forbidden',
      hint: expect.stringContaining('--allow-dirs') as unknown,
    })
  })

  test('a region is listed until it is deleted', async () => {
    const names = async () => {
      const { regions } = await json<{ regions: { name: string }[] }>(await http.get('/v1/regions'))
      return regions.map(({ name }) => name)
    }
    expect(await names()).toContain('roads')
    expect((await http.remove('/v1/regions/roads')).status).toBe(204)
    expect(await names()).not.toContain('roads')
    expect((await http.remove('/v1/regions/roads')).status).toBe(404)
  })

  const missing = [
    { method: 'GET', path: '/v1/regions/none' },
    { method: 'GET', path: '/v1/regions/none/boundary' },
    { method: 'DELETE', path: '/v1/regions/none' },
    { method: 'POST', path: '/v1/regions/none/build' },
    { method: 'DELETE', path: '/v1/regions/none/build' },
  ]
  for (const { method, path } of missing) {
    test(`${method} ${path} answers 404`, async () => {
      const response = await http.app.request(path, { method })
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    })
  }
})

/** A provider that never answers: rejects when the wait is given up. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = () => reject(new Error('given up'))
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })
}
