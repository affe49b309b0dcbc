import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ByteCache } from '../../src/imagery/byte-cache.ts'
import { HostGates } from '../../src/imagery/host-gate.ts'
import { HttpClient } from '../../src/imagery/http-client.ts'
import { openHttpReader } from '../../src/imagery/http-range.ts'
import type { RangeReader } from '../../src/imagery/range-reader.ts'
import { startRangeServer, type RangeServer, type ServedFile } from '../fixtures/range-server.ts'

const BLOCK = 32 * 1024
const { signal } = new AbortController()
const bytes = Uint8Array.from({ length: 10 * BLOCK + 123 }, (_, index) => (index * 7919) >> 5)

let server: RangeServer
let file: ServedFile
let reader: RangeReader
let http: HttpClient
const open = (path = '/a'): RangeReader =>
  openHttpReader(server.origin + path, { http, blocks: new ByteCache(2 ** 20) })
beforeEach(async () => {
  file = { bytes }
  server = await startRangeServer({ '/a': file, '/small': Buffer.from('0123456789') })
  http = new HttpClient(
    { requestsPerSecond: 1000, concurrency: 4, timeoutS: 20 },
    { secrets: {}, hosts: new HostGates() },
  )
  reader = open()
})
afterEach(async () => {
  await reader.close()
  http.close()
  await server.close()
})

describe('a file behind HTTP', () => {
  const RANGES: [offset: number, length: number][] = [
    [0, 10],
    [BLOCK - 5, 10],
    [3 * BLOCK, BLOCK],
    [10 * BLOCK + 100, 500],
    [0, bytes.length + 1000],
    [bytes.length, 10],
    [bytes.length + 5 * BLOCK, 10],
  ]
  for (const [offset, length] of RANGES) {
    test(`gives the bytes of ${offset}+${length} that there are`, async () => {
      const expected = bytes.subarray(offset, offset + length)
      expect(Buffer.compare(await reader.read(offset, length, signal), expected)).toBe(0)
      expect(await reader.size(signal)).toBe(bytes.length)
    })
  }

  test('is asked for blocks side by side in one request, and for none twice', async () => {
    await reader.size(signal)
    const reads = [
      [2 * BLOCK, 10],
      [3 * BLOCK + 5, BLOCK],
      [8 * BLOCK, 1],
      [2 * BLOCK + 50, 10],
    ] as const
    await Promise.all(reads.map(([offset, length]) => reader.read(offset, length, signal)))
    await Promise.all(reads.map(([offset, length]) => reader.read(offset, length, signal)))
    expect(server.requests.map(({ range }) => range)).toEqual([
      `bytes=0-${BLOCK - 1}`,
      `bytes=${2 * BLOCK}-${5 * BLOCK - 1}`,
      `bytes=${8 * BLOCK}-${9 * BLOCK - 1}`,
    ])
  })

  test('tells its ETag', async () => {
    expect(reader.etag).toBeNull()
    await reader.read(0, 1, signal)
    expect(reader.etag).toBe('"1"')
  })

  test('that is exchanged is noticed, by its ETag or by its size', async () => {
    const CHANGES: Partial<ServedFile>[] = [{ etag: '"2"' }, { bytes: bytes.slice(0, -1) }]
    for (const change of CHANGES) {
      Object.assign(file, { bytes, etag: '"1"' })
      const own = open()
      await own.read(0, 1, signal)
      Object.assign(file, change)
      await expect(own.read(5 * BLOCK, 1, signal)).rejects.toMatchObject({
        name: 'UpstreamError',
        code: 'file-changed',
      })
      // Opened anew it is read as it is now.
      const anew = open()
      expect((await anew.read(0, 1, signal)).length).toBe(1)
    }
  })

  test('that is gone after it was read is told as exchanged, and can be opened when it is back', async () => {
    await reader.read(0, 1, signal)
    file.failures = [404]
    await expect(reader.read(5 * BLOCK, 1, signal)).rejects.toMatchObject({
      name: 'UpstreamError',
      code: 'file-changed',
      message: expect.stringContaining('404') as string,
    })
    expect(reader.isOutdated).toBe(true)
    expect((await open().read(5 * BLOCK, 1, signal)).length).toBe(1)
  })

  test('that a server refuses to read on is refused, not exchanged, and can be read afterwards', async () => {
    await reader.read(0, 1, signal)
    for (const status of [400, 401, 403]) {
      file.failures = [status]
      await expect(reader.read(5 * BLOCK, 1, signal)).rejects.toMatchObject({
        code: 'tiles-refused',
        facts: { status },
      })
    }
    expect((await reader.read(5 * BLOCK, 1, signal)).length).toBe(1)
  })

  test('of a server without ranges is refused, and not fetched whole', async () => {
    file.hasRanges = false
    await expect(reader.read(0, 10, signal)).rejects.toMatchObject({
      name: 'UpstreamError',
      hint: expect.stringMatching(/ranges/) as string,
    })
    expect(server.requests.length).toBe(1)
  })

  test('of a server without ranges is used where it is no longer than what was asked for', async () => {
    server.files.get('/small')!.hasRanges = false
    const small = open('/small')
    expect(Buffer.from(await small.read(2, 3, signal)).toString()).toBe('234')
  })

  test('that is not there is an error of the input, with its address', async () => {
    await expect(open('/none').read(0, 1, signal)).rejects.toMatchObject({
      name: 'InputError',
      code: 'file-unreadable',
      message: expect.stringContaining('/none') as string,
    })
  })

  test('is asked again after 503 and after an answer that breaks off', async () => {
    file.failures = [503]
    file.cutAt = 1000
    expect((await reader.read(0, 10, signal)).length).toBe(10)
    expect(server.requests.length).toBe(3)
  })

  const PARTS = [
    {
      name: 'another part',
      contentRange: `bytes 0-99/${bytes.length}`,
      says: /got a part from byte 0/,
    },
    {
      name: 'a part of nobody knows where',
      contentRange: null,
      says: /got a part from nobody knows where/,
    },
  ]
  for (const { name, contentRange, says } of PARTS) {
    test(`is asked again after ${name}, which is never taken for the bytes that were asked for`, async () => {
      await reader.size(signal)
      file.contentRanges = [contentRange]
      const got = await reader.read(5 * BLOCK, 10, signal)
      expect(Buffer.compare(got, bytes.subarray(5 * BLOCK, 5 * BLOCK + 10))).toBe(0)
      expect(server.requests.length).toBe(3)
      file.contentRanges = Array.from({ length: 5 }, () => contentRange)
      const failing = expect(reader.read(8 * BLOCK, 10, signal)).rejects
      await failing.toMatchObject({
        name: 'UpstreamError',
        message: expect.stringMatching(says) as string,
      })
    }, 30_000)
  }

  test('is read by others when one of those who wait gives up', async () => {
    const impatient = new AbortController()
    const first = reader.read(0, 10, impatient.signal)
    const second = reader.read(0, 10, signal)
    impatient.abort()
    await expect(first).rejects.toThrow()
    expect((await second).length).toBe(10)
  })
})
