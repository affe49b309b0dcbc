import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BREAKER_LIMITS } from '../../src/imagery/circuit-breaker.ts'
import type { UpstreamError } from '../../src/errors.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import type { ImageryDeps } from '../../src/imagery/deps.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import {
  FAULTS,
  startMisbehavingServer,
  type MisbehavingServer,
} from '../fixtures/misbehaving-server.ts'

const SIZE = { px: 64, gsd: 0.5 }
const { signal } = new AbortController()
const places = Array.from({ length: 12 }, (_, index) => ({ lon: 4.3 + index / 100, lat: 51.9 }))

let folder = ''
const servers: MisbehavingServer[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-wild-'))
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()))
  await rm(folder, { recursive: true })
})

async function start(options: Parameters<typeof startMisbehavingServer>[0]) {
  const server = await startMisbehavingServer(options)
  servers.push(server)
  return server
}

function open(
  server: MisbehavingServer,
  { deps = imageryDeps(folder), ...more }: { deps?: ImageryDeps; timeoutS?: number } = {},
): Promise<ImagerySource> {
  const config = parseImageryConfig({
    kind: 'xyz',
    url: server.url,
    attribution: 'made for tests',
    maxZoom: 19,
    requestsPerSecond: 1000,
    concurrency: 16,
    ...more,
  })
  return createImagerySource(config, deps)
}

async function cutAll(source: ImagerySource): Promise<Buffer[]> {
  const patches = await Promise.all(places.map((at) => source.patch(at, SIZE, signal)))
  await source.close()
  return patches.map(({ image }) => Buffer.from(image.data))
}

// They mostly wait: at the same time.
describe.concurrent('a server that goes wrong', () => {
  test('gives the same pixels in the end as one that does not', async () => {
    const wild = await start({ share: 0.7, seed: 3 })
    const calm = await start({ share: 0 })
    const fromWild = await cutAll(await open(wild))
    const fromCalm = await cutAll(await open(calm, { deps: imageryDeps(join(folder, 'calm')) }))
    expect(fromWild.map((patch) => patch.equals(fromCalm[fromWild.indexOf(patch)]!))).toEqual(
      places.map(() => true),
    )
    expect(FAULTS.filter((fault) => wild.faultCounts[fault] === 0)).toEqual([])
  }, 30_000)

  for (const fault of FAULTS) {
    test(`is asked again after the fault "${fault}"`, async () => {
      const server = await start({ share: 1, faults: [fault], faultsPerPath: 1, slowMs: 2500 })
      const source = await open(server, fault === 'slow' ? { timeoutS: 1 } : {})
      const { image } = await source.patch(places[0]!, SIZE, signal)
      expect(image.data.length).toBe(64 * 64 * 3)
      expect(server.faultCounts[fault]).toBeGreaterThan(0)
      await source.close()
    })
  }

  test('that never sends a picture is told apart from one that is down', async () => {
    const server = await start({ share: 1, faults: ['half-picture'], faultsPerPath: Infinity })
    const source = await open(server)
    await expect(source.patch(places[0]!, SIZE, signal)).rejects.toMatchObject({
      name: 'UpstreamError',
      code: 'tile-unreadable',
    })
    await source.close()
  })

  test('that is down is not asked for every place; when it is back, the source goes on', async () => {
    const breaker = { ...BREAKER_LIMITS, failuresToOpen: 8, firstWaitMs: 700 }
    const server = await start({ share: 0 })
    const deps = imageryDeps(folder, { breaker })
    const source = await open(server, { deps })
    await server.goDown(600)
    const outcomes = await Promise.allSettled(places.map((at) => source.patch(at, SIZE, signal)))
    const reasons = outcomes.map((outcome): unknown =>
      outcome.status === 'rejected' ? outcome.reason : 'a patch',
    )
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'host-down' })
    const { message, facts } = reasons[0] as UpstreamError
    expect(message).toMatch(/got none since .*ECONNREFUSED/)
    expect(facts).toMatchObject({ host: new URL(server.url).host, failures: 8 })
    const nextTry = Date.parse(String(facts['nextTry']))
    await new Promise((resolve) => setTimeout(resolve, nextTry - Date.now() + 50))
    await source.patch(places[0]!, SIZE, signal)
    await Promise.all(places.map((at) => source.patch(at, SIZE, signal)))
    await source.close()
  })
})
