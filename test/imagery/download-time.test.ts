import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ByteCache } from '../../src/imagery/byte-cache.ts'
import { timeDownloads, type TimeTaken } from '../../src/imagery/download-time.ts'
import { HostGates } from '../../src/imagery/host-gate.ts'
import { HttpClient } from '../../src/imagery/http-client.ts'
import { openHttpReader } from '../../src/imagery/http-range.ts'
import { politeness } from '../../src/imagery/kinds/common.ts'
import { waitFor } from '../../src/imagery/wait-for.ts'
import { startTileServer, type TileServer } from '../fixtures/tile-server.ts'

const ANSWER_MS = 60
const WORK_MS = 50
const BLOCK_BYTES = 32 * 1024
/** Timers may end a little early. */
const EARLY_MS = 3

const { signal } = new AbortController()
const client = new HttpClient(politeness.parse({ requestsPerSecond: 1000, concurrency: 8 }), {
  hosts: new HostGates(),
  secrets: {},
})
let server: TileServer

beforeAll(async () => {
  server = await startTileServer(async ({ z }) => {
    await sleep(ANSWER_MS)
    return z === 9 ? { status: 403 } : { body: new Uint8Array([1]) }
  })
})

afterAll(() => server.close())

const ask = (path: string) => client.get({ url: server.url.replace('{z}/{x}/{y}', path) }, signal)

async function take(work: () => Promise<unknown>): Promise<TimeTaken> {
  let taken: TimeTaken = { totalMs: NaN, downloadMs: NaN }
  await timeDownloads(work, (told) => (taken = told)).catch(() => undefined)
  return taken
}

test('requests at the same time count once, and other work not at all', async () => {
  const { totalMs, downloadMs } = await take(async () => {
    await Promise.all([ask('1/0/0'), ask('1/0/1'), ask('1/1/1')])
    await sleep(WORK_MS)
    await ask('1/1/0')
  })
  expect(downloadMs).toBeGreaterThan(2 * ANSWER_MS - EARLY_MS)
  expect(downloadMs).toBeLessThan(totalMs - WORK_MS + EARLY_MS)
})

test('each piece of work waits for its own requests alone', async () => {
  const [working, waiting] = await Promise.all([
    take(() => sleep(WORK_MS)),
    take(() => ask('2/0/0')),
  ])
  expect(working.downloadMs).toBe(0)
  expect(waiting.downloadMs).toBeGreaterThan(ANSWER_MS - EARLY_MS)
})

test('a request that fails counts too, and what went wrong is told', async () => {
  const failing = timeDownloads(
    () => ask('9/0/0'),
    ({ downloadMs }) => {
      expect(downloadMs).toBeGreaterThan(ANSWER_MS - EARLY_MS)
    },
  )
  await expect(failing).rejects.toMatchObject({ code: 'tiles-refused' })
  expect.assertions(2)
})

test('who waits for what another has asked for waits for the host too', async () => {
  const cache = new ByteCache<Uint8Array>(1000)
  const fetchAndDecode = async (): Promise<Uint8Array> => {
    const { bytes } = await ask('3/0/0')
    await sleep(WORK_MS)
    return bytes
  }
  const use = () => take(() => cache.get('tile', fetchAndDecode))
  const [first, second] = await Promise.all([use(), use()])
  const third = await use()
  for (const { totalMs, downloadMs } of [first, second]) {
    expect(downloadMs).toBeGreaterThan(ANSWER_MS - EARLY_MS)
    expect(downloadMs).toBeLessThan(totalMs - WORK_MS + EARLY_MS)
  }
  expect(third.downloadMs).toBe(0)
})

test('blocks that come in one request are waited for by all who need them', async () => {
  const file = await startTileServer(async (_tile, _count, { headers }) => {
    await sleep(ANSWER_MS)
    const [from = 0, to = 0] = (headers['range'] ?? '')
      .slice('bytes='.length)
      .split('-')
      .map(Number)
    const size = 10 * BLOCK_BYTES
    const body = new Uint8Array(Math.min(to + 1, size) - from)
    return { status: 206, headers: { 'content-range': `bytes ${from}-${to}/${size}` }, body }
  })
  const url = file.url.replace('{z}/{x}/{y}', '0/0/0')
  const reader = openHttpReader(url, { http: client, blocks: new ByteCache(1e6) })
  await reader.size(signal)
  const reads = await Promise.all(
    [3, 4, 5].map((block) => take(() => reader.read(block * BLOCK_BYTES, 10, signal))),
  )
  for (const { downloadMs } of reads) expect(downloadMs).toBeGreaterThan(ANSWER_MS - EARLY_MS)
  expect(file.requests.length).toBe(2)
  await reader.close()
  await file.close()
})

test('who gives up has waited until then', async () => {
  const cache = new ByteCache<Uint8Array>(1000)
  const asking = take(() => cache.get('slow', async () => (await ask('4/0/0')).bytes))
  const { downloadMs } = await take(async () => {
    const giveUp = AbortSignal.timeout(ANSWER_MS / 3)
    await waitFor(
      cache.get('slow', () => Promise.reject(new Error('asked twice'))),
      giveUp,
    )
  })
  expect(downloadMs).toBeGreaterThan(ANSWER_MS / 3 - EARLY_MS)
  expect(downloadMs).toBeLessThan((await asking).downloadMs)
})
