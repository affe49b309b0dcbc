import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { download, type DownloadSource } from '../../src/embedding/download.ts'
import { startRangeServer, type RangeServer, type ServedFile } from '../fixtures/range-server.ts'

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i + (i >> 3)) & 255)
const sha256 = createHash('sha256').update(BYTES).digest('hex')
const file: ServedFile = { bytes: BYTES }
let server: RangeServer
let dir = ''
let source: DownloadSource
beforeEach(async () => {
  Object.assign(file, {
    bytes: BYTES,
    hasRanges: true,
    failures: [],
    cutAt: undefined,
    beforeCut: undefined,
  })
  server = await startRangeServer({ '/w.pth.tar': file })
  dir = await mkdtemp(join(tmpdir(), 'whereabouts-download-'))
  source = { url: `${server.origin}/w.pth.tar`, bytes: BYTES.length, sha256 }
})
afterEach(async () => {
  await server.close()
  await rm(dir, { recursive: true })
})

async function fetchIt(seen: number[] = [], signal = new AbortController().signal) {
  const onProgress = (bytes: number) => void seen.push(bytes)
  return download(source, join(dir, 'sub', 'w.pth.tar'), { onProgress, signal })
}
/** `toEqual` takes half a second for so many bytes. */
const expectArrived = async () =>
  expect((await readFile(join(dir, 'sub', 'w.pth.tar'))).equals(BYTES)).toBe(true)
const filesLeft = () => readdir(join(dir, 'sub'))
const rangesAsked = () => server.requests.map(({ range }) => range)

test('a published file arrives whole, in a folder that did not exist, and the progress tells how far', async () => {
  const seen: number[] = []
  expect(await fetchIt(seen)).toBe(true)
  await expectArrived()
  expect(await filesLeft()).toEqual(['w.pth.tar'])
  expect(seen.at(-1)).toBe(BYTES.length)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

test('a file that is there and right is not fetched again; a damaged one is', async () => {
  await fetchIt()
  expect(await fetchIt()).toBe(false)
  expect(server.requests).toHaveLength(1)
  const path = join(dir, 'sub', 'w.pth.tar')
  await writeFile(path, BYTES.toReversed())
  expect(await fetchIt()).toBe(true)
  await expectArrived()
})

test('a broken connection keeps what came, and the next try asks for the rest alone', async () => {
  file.cutAt = 120_000
  // A reset may overtake what was sent before it: the connection breaks when something has been
  // kept.
  const part = join(dir, 'sub', 'w.pth.tar.part')
  const isKept = () => existsSync(part) && statSync(part).size > 0
  file.beforeCut = async () => void (await vi.waitUntil(isKept, 10_000))
  await expect(fetchIt()).rejects.toMatchObject({ name: 'UpstreamError', code: 'download-failed' })
  expect(await filesLeft()).toEqual(['w.pth.tar.part'])
  const kept = statSync(part).size
  expect(kept).toBeGreaterThan(0)
  expect(kept).toBeLessThanOrEqual(120_000)
  const seen: number[] = []
  await fetchIt(seen)
  expect(rangesAsked()).toEqual([undefined, `bytes=${kept}-${BYTES.length - 1}`])
  expect(seen[0]).toBeGreaterThan(kept)
  await expectArrived()
})

test('a server that knows no ranges sends it all again, and that is right too', async () => {
  file.cutAt = 50_000
  await expect(fetchIt()).rejects.toThrow()
  file.hasRanges = false
  await fetchIt()
  await expectArrived()
})

test('another file of the same length is refused with both checksums, and nothing is kept', async () => {
  file.bytes = BYTES.toReversed()
  await expect(fetchIt()).rejects.toMatchObject({
    name: 'BadDataError',
    code: 'download-corrupt',
    facts: { expected: `sha256 ${sha256}` },
  })
  expect(await filesLeft()).toEqual([])
})

test('a file that changed between two tries is refused, and the try after that begins anew', async () => {
  file.cutAt = 100_000
  await expect(fetchIt()).rejects.toMatchObject({ code: 'download-failed' })
  file.bytes = BYTES.toReversed()
  await expect(fetchIt()).rejects.toMatchObject({ code: 'download-corrupt' })
  file.bytes = BYTES
  expect(await fetchIt()).toBe(true)
  expect(rangesAsked().at(-1)).toBeUndefined()
})

test('a longer file is broken off and deleted; a shorter one is told, to be continued', async () => {
  file.bytes = new Uint8Array(BYTES.length + 1_000_000)
  await expect(fetchIt()).rejects.toMatchObject({ code: 'download-corrupt' })
  expect(await filesLeft()).toEqual([])
  file.bytes = BYTES.subarray(0, 1000)
  await expect(fetchIt()).rejects.toMatchObject({
    code: 'download-failed',
    message: expect.stringContaining('only 1000 of 300000 bytes') as string,
  })
})

test('a refusal names URL and status, and what to do', async () => {
  file.failures = [503]
  await expect(fetchIt()).rejects.toMatchObject({
    code: 'download-failed',
    message: `Download failed: GET ${source.url} → 503`,
    hint: expect.stringContaining('--from') as string,
  })
  source = { ...source, url: 'http://127.0.0.1:1/w' }
  await expect(fetchIt()).rejects.toMatchObject({ code: 'download-failed' })
})

test('an interrupt ends it at once', async () => {
  const controller = new AbortController()
  controller.abort()
  await expect(fetchIt([], controller.signal)).rejects.toMatchObject({ name: 'AbortError' })
})
