import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DiskCache } from '../../src/imagery/disk-cache.ts'
import { HostGates } from '../../src/imagery/host-gate.ts'
import { HttpCache } from '../../src/imagery/http-cache.ts'
import { HttpClient } from '../../src/imagery/http-client.ts'
import { politeness } from '../../src/imagery/kinds/common.ts'
import { startTileServer, type TileHandler, type TileServer } from '../fixtures/tile-server.ts'

const { signal } = new AbortController()
const body = new Uint8Array([1, 2, 3])
let folder = ''
let server: TileServer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-http-cache-'))
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

/** What a process has: a client and a cache over the folder. */
function open(maxBytes = 1e6): HttpCache {
  const settings = politeness.parse({ requestsPerSecond: 1000, keyEnv: 'KEY' })
  const client = new HttpClient(settings, { hosts: new HostGates(), secrets: { KEY: '5ecret' } })
  return new HttpCache(client, new DiskCache(folder, maxBytes))
}

async function start(handler: TileHandler): Promise<{ url: string }> {
  server = await startTileServer(handler)
  return { url: `${server.url.replace('{z}/{x}/{y}', '1/0/0')}?k={key}` }
}

describe('HttpCache', () => {
  test('asks once for what may be kept, whichever process asks', async () => {
    const request = await start(() => ({ body, headers: { etag: '"7"' } }))
    for (let count = 0; count < 3; count++) {
      const answer = await open().get(request, signal)
      expect([...answer.bytes]).toEqual([1, 2, 3])
      expect(answer.headers.get('etag')).toBe('"7"')
    }
    expect(server.requests.length).toBe(1)
  })

  test('asks whether there is something new when the time is over, and believes 304', async () => {
    const headers = { etag: '"7"', 'cache-control': 'max-age=0' }
    const request = await start((_, count) =>
      count === 0 ? { body, headers } : { status: 304, headers: { 'cache-control': 'max-age=60' } },
    )
    await open().get(request, signal)
    const again = await open().get(request, signal)
    expect([again.status, ...again.bytes]).toEqual([200, 1, 2, 3])
    expect(server.requests[1]?.headers['if-none-match']).toBe('"7"')
    await open().get(request, signal)
    expect(server.requests.length).toBe(2)
  })

  test('asks each time what was fresh for no time, after a 304 that does not say how long either', async () => {
    const headers = { etag: '"7"', 'cache-control': 'max-age=0' }
    const request = await start((_, count) => (count === 0 ? { body, headers } : { status: 304 }))
    for (let count = 0; count < 4; count++) {
      expect([...(await open().get(request, signal)).bytes]).toEqual([1, 2, 3])
    }
    expect(server.requests.length).toBe(4)
  })

  test('takes what is new', async () => {
    const request = await start((_, count) => ({
      body: new Uint8Array([count]),
      headers: { 'last-modified': 'Sat, 21 Nov 2026 10:00:00 GMT', 'cache-control': 'no-cache' },
    }))
    await open().get(request, signal)
    expect([...(await open().get(request, signal)).bytes]).toEqual([1])
    expect(server.requests[1]?.headers['if-modified-since']).toMatch(/2026/)
  })

  test('keeps nothing that the server forbids to keep', async () => {
    const request = await start(() => ({ body, headers: { 'cache-control': 'no-store' } }))
    await open().get(request, signal)
    await open().get(request, signal)
    expect(server.requests.length).toBe(2)
    expect(await readdir(folder)).toEqual([])
  })

  for (const status of [404, 204]) {
    test(`remembers as long as it is open that the answer was ${status}`, async () => {
      const request = await start(() => ({ status }))
      const cache = open()
      expect((await cache.get(request, signal)).status).toBe(status)
      expect((await cache.get(request, signal)).status).toBe(status)
      expect(server.requests.length).toBe(1)
    })

    test(`asks again, once it is opened anew, where the answer was ${status}`, async () => {
      const request = await start((_, count) => (count === 0 ? { status } : { body }))
      await open().get(request, signal)
      await setTimeout(2)
      expect([...(await open().get(request, signal)).bytes]).toEqual([1, 2, 3])
    })
  }

  test('asks again, once it is opened anew, where the answer held no bytes', async () => {
    const empty = new Uint8Array(0)
    const request = await start((_, count) => ({ body: count === 0 ? empty : body }))
    const cache = open()
    for (let count = 0; count < 2; count++) {
      expect((await cache.get(request, signal)).bytes.byteLength).toBe(0)
    }
    await setTimeout(2)
    expect([...(await open().get(request, signal)).bytes]).toEqual([1, 2, 3])
    expect(server.requests.length).toBe(2)
  })

  test('does not keep a 304 that answers no condition, and asks again', async () => {
    const request = await start((_, count) => (count === 0 ? { status: 304 } : { body }))
    expect([...(await open().get(request, signal)).bytes]).toEqual([1, 2, 3])
  })

  test('that may keep nothing does not answer from what others kept', async () => {
    const request = await start(() => ({ body }))
    await open().get(request, signal)
    await open(0).get(request, signal)
    expect(server.requests.length).toBe(2)
  })

  test('does not keep failures', async () => {
    const request = await start((_, count) => ({
      status: count < 5 ? 503 : 200,
      headers: { 'retry-after': '0' },
      body,
    }))
    await expect(open().get(request, signal)).rejects.toThrow('503')
    expect((await open().get(request, signal)).status).toBe(200)
  })

  test('tells ranges of a file apart', async () => {
    const request = await start((_, __, { headers }) => ({
      status: 206,
      body: Buffer.from(String(headers['range'])),
    }))
    const read = async (range: readonly [number, number]) =>
      Buffer.from((await open().get({ ...request, range }, signal)).bytes).toString()
    expect(await read([0, 9])).toBe('bytes=0-9')
    expect(await read([10, 19])).toBe('bytes=10-19')
    expect(await read([0, 9])).toBe('bytes=0-9')
    expect(server.requests.length).toBe(2)
  })

  test('fetches anew what turned out to be useless', async () => {
    const request = await start((_, count) => ({ body: new Uint8Array([count]) }))
    await open().get(request, signal)
    await open().forget(request)
    expect([...(await open().get(request, signal)).bytes]).toEqual([1])
  })

  for (const status of [200, 404]) {
    test(`writes no key to the disk, neither in names nor in files, after ${status}`, async () => {
      const request = await start((_, __, { path }) => ({
        status,
        body: status === 200 ? body : Buffer.from(`The requested ${path} was not found.`),
      }))
      await open().get(request, signal)
      expect(server.requests[0]?.path).toContain('5ecret')
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      expect(files.length).toBe(1)
      for (const { parentPath, name } of files) {
        expect(join(parentPath, name)).not.toContain('5ecret')
        expect(await readFile(join(parentPath, name), 'latin1')).not.toContain('5ecret')
      }
    })
  }
})
