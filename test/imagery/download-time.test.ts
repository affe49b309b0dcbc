import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { timeDownloads, type TimeTaken } from '../../src/imagery/download-time.ts'
import { HostGates } from '../../src/imagery/host-gate.ts'
import { HttpClient } from '../../src/imagery/http-client.ts'
import { politeness } from '../../src/imagery/kinds/common.ts'
import { startTileServer, type TileServer } from '../fixtures/tile-server.ts'

const ANSWER_MS = 60
const WORK_MS = 50
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
