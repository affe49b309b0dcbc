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

describeOnEachDatabase('a build', (_open, place) => {
  let world: TestWorld
  const servers: TileServer[] = []
  const serve = async (starting: Promise<TileServer>) => {
    const server = await starting
    servers.push(server)
    return server
  }

  beforeAll(async () => {
    const at = await place()
    const database = 'url' in at ? { url: at.url } : { databaseDir: at.dataDir }
    world = await openTestWorld({ models: 'tiny', ...database })
  })
  afterAll(async () => {
    await world.close()
    for (const server of servers) await server.close()
  })

  const create = (name: string, url: string) =>
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
        sampling: { kind: 'grid', stepM: 22, whereImagery: false },
        boundary: { type: 'Polygon', coordinates: [ring] },
      },
      { signal, onWarning: () => undefined },
    )

  test('ends when all pictures of an area are broken: the others are embedded, those given up', async () => {
    const broken = { status: 500, headers: NO_WAIT }
    const { url } = await serve(
      startTileServer((tile) => (tile.y > ROW ? broken : photoTile(tile))),
    )
    const { id } = await create('half', url)
    // The waits between the tries are cut short.
    const hurry = setInterval(() => {
      void world.db.withClient((client) =>
        client.query('update points set retry_at = now() where region = $1 and retry_at > now()', [
          id,
        ]),
      )
    }, 30)
    const counts = await buildRegion(world, 'half', { signal, onProgress: () => undefined, wait })
    clearInterval(hurry)
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
      const marked = await world.db.withClient((client) =>
        client.query(
          'select id from points where region = $1 and (failures > 0 or retry_at is not null)',
          [id],
        ),
      )
      expect(marked).toEqual([])
    }, 30_000)
  }
})
