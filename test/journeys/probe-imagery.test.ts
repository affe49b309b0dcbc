import { afterAll, beforeAll, expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { createProbe } from '../../src/journeys/probe-imagery.ts'
import { startTileServer, type TileServer } from '../fixtures/tile-server.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const { signal } = new AbortController()
const size = { px: 64, gsd: 0.5 }
let world: TestWorld
let server: TileServer
beforeAll(async () => {
  world = await openTestWorld({ models: 'tiny' })
  server = await startTileServer()
  await createRegion(
    world,
    {
      name: 'asked',
      imagery: { kind: 'xyz', url: server.url, attribution: 'made', maxZoom: 18 },
      sampling: { kind: 'grid', stepM: 50, whereImagery: false },
      boundary: {
        type: 'Polygon',
        coordinates: [
          [
            [9, 47.196],
            [9.003, 47.196],
            [9.003, 47.198],
            [9, 47.198],
            [9, 47.196],
          ],
        ],
      },
    },
    { signal, onWarning: () => undefined },
  )
})
afterAll(async () => {
  await world.close()
  await server.close()
})

test('a host that sends pictures is all right', async () => {
  const probe = createProbe(world, await findRegion(world.db, 'asked'), size)
  expect(await probe(signal)).toBeNull()
})

test('a description that the host sends no more as it was is a host that is down, not a wrong request', async () => {
  const openSource = () =>
    Promise.reject(new InputError('wmts-capabilities', 'Expected capabilities, got nothing'))
  const probe = createProbe({ ...world, openSource }, await findRegion(world.db, 'asked'), size)
  expect(await probe(signal)).toMatchObject({ name: 'UpstreamError', code: 'host-down' })
})

test('an error of the program is not taken for one of the host', async () => {
  const openSource = () => Promise.reject(new TypeError('a bug'))
  const probe = createProbe({ ...world, openSource }, await findRegion(world.db, 'asked'), size)
  await expect(probe(signal)).rejects.toThrow('a bug')
})
