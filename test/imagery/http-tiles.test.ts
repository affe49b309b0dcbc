import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { HttpTileReader } from '../../src/imagery/http-tiles.ts'
import { xyz } from '../../src/imagery/kinds/xyz.ts'
import { fillTile } from '../../src/imagery/tile-template.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { startTileServer, type TileHandler, type TileServer } from '../fixtures/tile-server.ts'

const TILE = { z: 3, x: 4, y: 5 }
const signal = new AbortController().signal
const body = new Uint8Array([1, 2, 3])
const servers: TileServer[] = []
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-tiles-'))
})
afterAll(() => rm(folder, { recursive: true }))

function open(source: object, secrets: Record<string, string>): HttpTileReader {
  const config = xyz.parse({ kind: 'xyz', attribution: 'A', maxZoom: 9, ...source })
  const urlOf = fillTile.bind(null, config.url)
  return new HttpTileReader(config, imageryDeps(folder, { secrets }), { urlOf })
}

async function start(
  handler: TileHandler,
  options: object = {},
): Promise<[HttpTileReader, TileServer]> {
  const server = await startTileServer(handler)
  servers.push(server)
  const url = `${server.url}?key={key}`
  return [open({ url, keyEnv: 'KEY', ...options }, { KEY: 'se cret' }), server]
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

describe('HttpTileReader', () => {
  test('sends the key and a real User-Agent, and keeps the ETag', async () => {
    const [client, server] = await start(() => ({ body, headers: { etag: '"7"' } }))
    const tile = await client.readTile(TILE, signal)
    expect([...tile.bytes]).toEqual([1, 2, 3])
    expect(tile.etag).toBe('"7"')
    expect(server.requests[0]?.path).toBe('/3/4/5?key=se%20cret')
    expect(server.requests[0]?.headers['user-agent']).toMatch(/whereabouts/)
  })

  test('waits as long as the server asks before it tries again', async () => {
    const [client, server] = await start((_, count) =>
      count === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { body },
    )
    await client.readTile(TILE, signal)
    expect(server.requests[1]!.atMs - server.requests[0]!.atMs).toBeGreaterThan(950)
  })

  test('tries again after 503 and after a broken connection', async () => {
    const [client, server] = await start((_, count) => (count === 0 ? { status: 503 } : { body }))
    await client.readTile(TILE, signal)
    expect(server.requests.length).toBe(2)
  })

  test('gives up after five attempts, without the key in the error', async () => {
    const [client, server] = await start(() => ({ status: 500, headers: { 'retry-after': '0' } }))
    const error = await client.readTile(TILE, signal).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'UpstreamError', code: 'tiles-unavailable' })
    expect(server.requests.length).toBe(5)
    expect(JSON.stringify(error) + String(error)).not.toMatch(/se.{1,3}cret/)
    expect(String(error)).toContain('key={key} → 500 after 5 attempts')
  })

  test('is done at once with a long page that opens a tag at every byte', async () => {
    const [client] = await start((_, count) =>
      count === 0 ? { body: Buffer.alloc(400_000, '<') } : { body },
    )
    expect([...(await client.readTile(TILE, signal)).bytes]).toEqual([1, 2, 3])
  }, 20_000)

  for (const status of [404, 204]) {
    test(`takes ${status} for no imagery here, at once`, async () => {
      const [client, server] = await start(() => ({ status }))
      await expect(client.readTile(TILE, signal)).rejects.toMatchObject({
        name: 'BadDataError',
        code: 'no-tile',
      })
      expect(server.requests.length).toBe(1)
    })
  }

  test('takes 403 for a refusal, at once', async () => {
    const [client, server] = await start(() => ({ status: 403 }))
    await expect(client.readTile(TILE, signal)).rejects.toMatchObject({ code: 'tiles-refused' })
    expect(server.requests.length).toBe(1)
  })

  test('starts no more requests per second than it may', async () => {
    const [client, server] = await start(() => ({ body }), { requestsPerSecond: 20 })
    await Promise.all([0, 1, 2, 3, 4, 5].map((x) => client.readTile({ z: 3, x, y: 0 }, signal)))
    const times = server.requests.map(({ atMs }) => atMs).sort((a, b) => a - b)
    expect(times[5]! - times[0]!).toBeGreaterThan(200)
  })

  test('has no more requests open at a time than it may', async () => {
    let openCount = 0
    let openMost = 0
    const [client] = await start(
      async () => {
        openMost = Math.max(openMost, ++openCount)
        await new Promise((resolve) => setTimeout(resolve, 30))
        openCount -= 1
        return { body }
      },
      { requestsPerSecond: 1000, concurrency: 2 },
    )
    await Promise.all([0, 1, 2, 3, 4, 5].map((x) => client.readTile({ z: 3, x, y: 0 }, signal)))
    expect(openMost).toBe(2)
  })

  test('asks for the key by the name of its variable when it is missing', () => {
    const url = 'https://tiles.example/{z}/{x}/{y}?key={key}'
    expect(() => open({ url, keyEnv: 'TILES_KEY' }, {})).toThrow(/TILES_KEY/)
  })
})
