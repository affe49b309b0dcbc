/** Regions of which a part, or all, of the imagery cannot be had, on a real tile server. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestBuild } from '../../src/gallery/builds.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { startMisbehavingServer } from '../fixtures/misbehaving-server.ts'
import { photoTile, startTileServer, type TileServer } from '../fixtures/tile-server.ts'
import { openTestWorld, type TestWorld } from '../world.ts'
import { skipWaits } from './skip-waits.ts'

const { signal } = new AbortController()
const wait = { firstMs: 20, mostMs: 50 }
const CENTRE_LAT = 47.2
const ring = [
  [9, 47.196],
  [9.006, 47.196],
  [9.006, 47.204],
  [9, 47.204],
  [9, 47.196],
]
const ZOOM = 18
/** Rows of tiles from here on are broken: no patch of the south is whole without them. */
const LAT = (CENTRE_LAT * Math.PI) / 180
const ROW = Math.floor(((1 - Math.asinh(Math.tan(LAT)) / Math.PI) / 2) * 2 ** ZOOM)
const NO_WAIT = { 'retry-after': '0' }
const broken = { status: 500, headers: NO_WAIT }
/** Fewer points. */
const small = ring.map(([lon = 0, lat = 0]) => [lon, Math.min(lat, 47.1968)])

describeOnEachDatabase('a build', (_open, place) => {
  let world: TestWorld
  const servers: TileServer[] = []
  const serve = async (starting: Promise<TileServer>) => {
    const server = await starting
    servers.push(server)
    return server
  }

  beforeAll(async () => {
    world = await openTestWorld({ models: 'tiny', place: await place() })
  })
  afterAll(async () => {
    await world.close()
    for (const server of servers) await server.close()
  })

  const create = (name: string, url: string, { outline = ring, stepM = 22 } = {}) =>
    createRegion(
      world,
      {
        name,
        imagery: {
          kind: 'xyz',
          url,
          attribution: 'made',
          maxZoom: ZOOM,
          requestsPerSecond: 1000,
          concurrency: 16,
        },
        sampling: { kind: 'grid', stepM, whereImagery: false },
        boundary: { type: 'Polygon', coordinates: [outline] },
      },
      { signal, onWarning: () => undefined },
    )

  test('of a region of which there is no imagery at all ends, with that as the reason', async () => {
    for (const status of [404, 204]) {
      const server = await serve(startTileServer(() => ({ status })))
      const { name } = await create(`nothing-${status}`, server.url, { outline: small })
      const counts = await buildRegion(world, name, { signal, wait, onProgress: () => undefined })
      expect(counts).toMatchObject({
        embedded: 0,
        pending: 0,
        unavailable: { 'no-tile': counts.total },
      })
      expect(await findRegion(world.db, name)).toMatchObject({ state: 'built', problem: null })
    }
  })

  test('ends also where some of it is broken and of the rest there is no imagery', async () => {
    const { url } = await serve(
      startTileServer((tile) => (tile.y > ROW ? broken : { status: 404, headers: NO_WAIT })),
    )
    const { id, name } = await create('none', url, { stepM: 38 })
    const stop = skipWaits(world.db, id)
    const options = { signal, wait, onProgress: () => undefined }
    const counts = await buildRegion(world, name, options).finally(stop)
    const { 'no-tile': none = 0, 'tiles-unavailable': given = 0 } = counts.unavailable
    expect([none > 100, given > 100, none + given]).toEqual([true, true, counts.total])
    expect(await findRegion(world.db, name)).toMatchObject({ state: 'built', problem: null })
  }, 60_000)

  test('ends when all pictures of an area are broken: the others are embedded, those given up', async () => {
    const { url } = await serve(
      startTileServer((tile) => (tile.y > ROW ? broken : photoTile(tile))),
    )
    const { id } = await create('half', url)
    const stop = skipWaits(world.db, id)
    const counts = await buildRegion(world, 'half', { signal, onProgress: () => undefined, wait })
    stop()
    const given = counts.unavailable['tiles-unavailable'] ?? 0
    // More than a worker holds at a time.
    expect(given).toBeGreaterThan(300)
    expect(counts.embedded).toBeGreaterThan(300)
    expect(counts.embedded + given).toBe(counts.total)
    const rows = await world.db.withClient((client) =>
      client.query<{ state: string; south: number; north: number }>(
        'select state, min(lat) as south, max(lat) as north from points where region = $1 group by 1',
        [id],
      ),
    )
    const [good, bad] = ['embedded', 'unavailable'].map((s) => rows.find((row) => row.state === s)!)
    // A patch that touches a broken tile is broken; nothing further away is.
    expect(good!.south).toBeGreaterThan(bad!.north - 0.0003)
    expect((await findRegion(world.db, 'half')).state).toBe('built')
  }, 60_000)

  const marksOf = (regionId: number) =>
    world.db.withClient((client) =>
      client.query<{ id: number; failures: number }>(
        'select id, failures from points where region = $1 and (failures > 0 or retry_at is not null)',
        [regionId],
      ),
    )
  test('pauses while a host answers everything with 500, marks nothing, and goes on by itself', async () => {
    let isDown = true
    const { url } = await serve(startTileServer((tile) => (isDown ? broken : photoTile(tile))))
    const { id, name } = await create('silent', url, { outline: small })
    let pauses = 0
    const counts = await buildRegion(world, name, {
      signal,
      wait,
      onProgress: ({ problem }) => {
        if (problem?.code === 'host-down' && ++pauses === 3) isDown = false
      },
    })
    expect(pauses).toBe(3)
    expect(counts).toMatchObject({ embedded: counts.total, unavailable: {} })
    expect(await marksOf(id)).toEqual([])
  }, 60_000)

  test('gives up no point for a host that answers everything with 500 after a while', async () => {
    let isDown = false
    let answered = 0
    const { url } = await serve(
      startTileServer((tile) => {
        if (isDown) return broken
        if (++answered === 8) isDown = true
        return photoTile(tile)
      }),
    )
    const { id, name } = await create('silenced', url, { outline: small })
    const stop = skipWaits(world.db, id)
    let pauses = 0
    const counts = await buildRegion(world, name, {
      signal,
      wait,
      onProgress: ({ problem }) => {
        // More tries than a point has.
        if (problem?.code === 'host-down' && ++pauses === 5) isDown = false
      },
    })
    stop()
    expect(pauses).toBe(5)
    expect(counts).toMatchObject({ embedded: counts.total, unavailable: {} })
    // Only those that were under way when it began can count it, and once: others of their claim
    // had come.
    for (const { failures } of await marksOf(id)) expect(failures).toBeLessThanOrEqual(1)
  }, 60_000)

  const down = {
    'refuses connections': async () => {
      const server = await serve(startTileServer())
      await server.goDown(60_000)
      return server.url
    },
    'answers 503': async () =>
      (await serve(startTileServer(() => ({ status: 503, headers: NO_WAIT })))).url,
    'asks too many times for a rest': async () => {
      const faults = { share: 1, faults: ['too-many'] as const, faultsPerPath: Infinity }
      return (await serve(startMisbehavingServer(faults))).url
    },
  }
  for (const [how, start] of Object.entries(down)) {
    test(`marks nothing while a host ${how}`, async () => {
      const { id, name } = await create(how.replaceAll(' ', '-'), await start())
      await requestBuild(world.db, id)
      const controller = new AbortController()
      let pauses = 0
      await buildRegion(world, name, {
        signal: controller.signal,
        wait,
        onProgress: ({ problem }) => {
          if (problem !== null && ++pauses === 1) controller.abort()
        },
      })
      const counts = await countPoints(world.db, id)
      expect(counts).toMatchObject({ embedded: 0, pending: counts.total, unavailable: {} })
      expect(await marksOf(id)).toEqual([])
    }, 30_000)
  }
})
