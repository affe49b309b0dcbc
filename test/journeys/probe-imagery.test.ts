import { afterAll, beforeAll, expect, test } from 'vitest'
import { InputError, UpstreamError } from '../../src/errors.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import type { Outside } from '../../src/journeys/outside.ts'
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

const copyOf = (source: ImagerySource): ImagerySource => ({
  attribution: source.attribution,
  patch: (at, asked, stop) => source.patch(at, asked, stop),
  close: () => source.close(),
})

/** A probe of the region whose source is opened anew each time. */
const probeWith = async (outside: Outside) => {
  const region = await findRegion(world.db, 'asked')
  const source = await world.openSource(parseImageryConfig(region.imagery))
  return createProbe(outside, { region, source, size })
}

test('a host that sends pictures is all right', async () => {
  const probe = await probeWith(world)
  expect(await probe(signal)).toBeNull()
})

test('a description that the host sends no more as it was is a host that is down, not a wrong request', async () => {
  const openSource = () =>
    Promise.reject(new InputError('wmts-capabilities', 'Expected capabilities, got nothing'))
  const probe = await probeWith({ ...world, openSource })
  expect(await probe(signal)).toMatchObject({ name: 'UpstreamError', code: 'host-down' })
})

test('an error of the program is not taken for one of the host', async () => {
  const openSource = () => Promise.reject(new TypeError('a bug'))
  const probe = await probeWith({ ...world, openSource })
  await expect(probe(signal)).rejects.toThrow('a bug')
})

test('files that are others whenever they are read are told as such, not as a host that is down', async () => {
  const openSource = () => Promise.reject(new UpstreamError('file-changed', 'another file'))
  const probe = await probeWith({ ...world, openSource })
  expect(await probe(signal)).toMatchObject({
    code: 'file-changed',
    message: expect.stringContaining('another file') as unknown,
  })
})

test('a source that can begin afresh is not opened again: its catalogue may be long', async () => {
  const region = await findRegion(world.db, 'asked')
  const source = await world.openSource(parseImageryConfig(region.imagery))
  let closed = 0
  const fresh = () => ({ ...copyOf(source), close: async () => void closed++ })
  const openSource = () => Promise.reject(new TypeError('opened again'))
  const outside = { ...world, openSource }
  const probe = createProbe(outside, { region, source: { ...copyOf(source), fresh }, size })
  expect(await probe(signal)).toBeNull()
  expect(closed).toBe(1)
})

test('a stop ends the opening of what is asked', async () => {
  const stop = new AbortController()
  const openSource: Outside['openSource'] = (_imagery, { signal: ends } = {}) =>
    new Promise((_resolve, reject) => {
      ends?.addEventListener('abort', () => reject(ends.reason as Error))
      stop.abort(new Error('stopped'))
    })
  const probe = await probeWith({ ...world, openSource })
  await expect(probe(stop.signal)).rejects.toThrow('stopped')
})
