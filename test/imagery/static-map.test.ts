import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { staticMap } from '../../src/imagery/kinds/static-map.ts'
import { wmts } from '../../src/imagery/kinds/wmts.ts'
import { createStaticMapSource } from '../../src/imagery/static-map.ts'
import { createWmtsSource } from '../../src/imagery/wmts.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { answerStaticMap, CENTRE, startService, type MapService } from '../fixtures/map-services.ts'
import { difference, groundPatch, waves } from '../fixtures/rasters.ts'

const SIZE = { px: 64, gsd: 0.5 }
const { signal } = new AbortController()
let folder = ''
let service: MapService
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-static-'))
  let isSorry = true
  service = await startService((url) => {
    if (!url.searchParams.has('k') || !isSorry) return answerStaticMap(url)
    isSorry = false
    return { type: 'text/html', body: '<h1>Sorry' }
  })
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

function open(options: object = {}) {
  const url = `${service.origin}/map?at={lon},{lat}&zoom={zoom}&size={width}x{height}&scale={scale}`
  const config = staticMap.parse({
    kind: 'static-map',
    url,
    attribution: 'A',
    maxZoom: 19,
    requestsPerSecond: 1000,
    ...options,
  })
  return createStaticMapSource(config, imageryDeps(folder))
}

describe('a static map', () => {
  test('is asked once for a patch, around its place, and not again', async () => {
    const at = { lon: CENTRE.lon + 1 / 3e3, lat: CENTRE.lat }
    const before = service.requests.length
    const { reference } = await open({ cropPx: 12 }).patch(at, SIZE, signal)
    await open({ cropPx: 12 }).patch(at, SIZE, signal)
    expect(service.requests.length).toBe(before + 1)
    expect(service.requests.at(-1)?.url.searchParams.get('at')).toBe('4.3603333,51.87')
    expect(reference).toMatchObject({ kind: 'static-map', items: ['18/4.3603333/51.87'] })
  })

  test('has a logo that is cut off: with it the patch would not be the ground', async () => {
    const truth = groundPatch(waves, SIZE.px, SIZE.gsd)
    const clean = await open({ cropPx: 12 }).patch(CENTRE, SIZE, signal)
    expect(difference(clean.image.data, truth).max).toBeLessThanOrEqual(2)
    const marked = await open({ cropPx: 0 }).patch(CENTRE, SIZE, signal)
    expect(difference(marked.image.data, truth).max).toBeGreaterThan(50)
  })

  test('too small for a patch is refused, with what would help', async () => {
    await expect(open({ maxSidePx: 64 }).patch(CENTRE, SIZE, signal)).rejects.toMatchObject({
      code: 'static-map-size',
      hint: expect.stringContaining('cropPx') as unknown,
    })
  })

  test('that answers with a page is not taken for a picture, and asked again', async () => {
    const before = service.requests.length
    const url = `${service.origin}/map?k=1&at={lon},{lat}&zoom={zoom}&size={width}x{height}`
    const { image } = await open({ url }).patch(CENTRE, SIZE, signal)
    expect(service.requests.length).toBe(before + 2)
    const truth = groundPatch(waves, SIZE.px, SIZE.gsd)
    expect(difference(image.data.subarray(0, 999), truth.subarray(0, 999)).max).toBeLessThan(3)
  })

  test('whose pictures have another size than was asked for is told so', async () => {
    const url = `${service.origin}/map?at={lon},{lat}&zoom={zoom}&size={width}x{height}&scale=2&{scale}`
    await expect(open({ url, scale: 1 }).patch(CENTRE, SIZE, signal)).rejects.toMatchObject({
      code: 'tile-unreadable',
    })
  })
})

test('a key that a server repeats is not in the error, also where the error is cut', async () => {
  const key = 'SECRETKEY-0123456789-abcdefghijklmnop'
  const tells = await startService((url) => ({
    type: 'text/html',
    body: `<p>${'x'.repeat(90)} key=${url.searchParams.get('k') ?? ''} is over its quota`,
  }))
  const url = `${tells.origin}/map?at={lon},{lat}&zoom={zoom}&size={width}x{height}&k={key}`
  const common = { attribution: 'A', keyEnv: 'K', maxZoom: 19, requestsPerSecond: 1000 }
  const deps = { ...imageryDeps(folder), secrets: { K: key } }
  const source = createStaticMapSource(
    staticMap.parse({ kind: 'static-map', url, ...common }),
    deps,
  )
  const capabilities = { kind: 'wmts', url: `${tells.origin}/c?k={key}`, layer: 'a', ...common }
  const asked = [
    () => source.patch(CENTRE, SIZE, signal),
    () => createWmtsSource(wmts.parse(capabilities), deps),
  ]
  for (const ask of asked) {
    const told = await ask().then(String, (error: unknown) => inspect(error, { depth: 5 }))
    expect(told).toContain('xxxxx')
    expect(told).not.toContain('SECRET')
  }
  await tells.close()
}, 20_000)
