import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { testImagerySource } from '../contract/imagery-source.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { startRangeServer, type RangeServer, type ServedFile } from '../fixtures/range-server.ts'
import { cornerOf, difference, drawRaster, groundPatch, waves } from '../fixtures/rasters.ts'
import { encodeTiff, placeTags } from '../fixtures/tiff.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

// 2 MB in tiles of 12 kB.
const PLAN = {
  epsg: 32631,
  centre: { lon: 4.36, lat: 51.87 },
  width: 832,
  height: 832,
  pixelSize: 0.3,
}
const frame = createLocalFrame(PLAN.centre)
const SIZE = { px: 112, gsd: 0.5 }
const named = { attribution: 'made for tests', capturedOn: '2024-05-06' }
const { signal } = new AbortController()

let folder = ''
let server: RangeServer
let file: ServedFile
const open = (config: object): Promise<ImagerySource> =>
  createImagerySource(parseImageryConfig(config), imageryDeps(folder))
const remote = (): object => ({ kind: 'cog', urls: [`${server.origin}/a.tif`], ...named })
const local = { kind: 'geotiff', files: ['a.tif'], ...named }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-cog-'))
  const tags = placeTags({ ...PLAN, corner: cornerOf(PLAN) })
  const image = { ...PLAN, values: drawRaster(PLAN, waves), samples: 3, tilePx: 64, tags }
  file = { bytes: encodeTiff([image]) }
  await writeFile(join(folder, 'a.tif'), file.bytes)
  server = await startRangeServer({ '/a.tif': file })
}, 60_000)
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

describe('cog', () => {
  testImagerySource({
    open: () => open(remote()),
    inside: PLAN.centre,
    outside: { lon: 4.5, lat: 51.87 },
    truth: (px, gsd) => groundPatch(waves, px, gsd),
    tolerance: 2,
  })
})

describe('a GeoTIFF behind HTTP', () => {
  test('gives byte for byte the patches of the file on disk', async () => {
    const [here, there] = await Promise.all([open(local), open(remote())])
    for (const [east, north] of [
      [0, 0],
      [33.3, -40.1],
      [-60, 55.5],
    ] as const) {
      const at = frame.inverse(east, north)
      const [a, b] = await Promise.all([
        here.patch(at, SIZE, signal),
        there.patch(at, SIZE, signal),
      ])
      expect(Buffer.compare(a.image.data, b.image.data)).toBe(0)
      expect(b.reference).toMatchObject({ kind: 'cog', etag: '"1"' })
    }
    await Promise.all([here.close(), there.close()])
  })

  test('is opened with little, and read only where a patch lies', async () => {
    server.requests.length = 0
    const source = await open(remote())
    const opened = server.requests.reduce((sum, { byteCount }) => sum + byteCount, 0)
    expect(server.requests.length).toBeLessThanOrEqual(3)
    // The directory lies at the end of this file.
    expect(opened).toBeLessThanOrEqual(3 * 32 * 1024)
    await source.patch(frame.inverse(-70, 70), SIZE, signal)
    const read = server.requests.reduce((sum, { byteCount }) => sum + byteCount, 0)
    expect(read - opened).toBeLessThan(file.bytes.length / 3)
    const count = server.requests.length
    await source.patch(frame.inverse(-70, 70), SIZE, signal)
    expect(server.requests.length).toBe(count)
    await source.close()
  })

  test('goes on after the server was in trouble', async () => {
    const source = await open(remote())
    // It is not asked again after this; geotiff.js would keep the failure for ever.
    file.failures = [403, 403, 403, 403, 403, 403]
    const patch = source.patch(PLAN.centre, SIZE, signal)
    await expect(patch).rejects.toMatchObject({ name: 'UpstreamError' })
    file.failures = []
    const { image } = await source.patch(frame.inverse(0, 0), SIZE, signal)
    expect(difference(image.data, groundPatch(waves, SIZE.px, SIZE.gsd)).max).toBeLessThanOrEqual(2)
    await source.close()
  })

  test('that is exchanged says so', async () => {
    const source = await open(remote())
    file.etag = '"2"'
    await expect(source.patch(PLAN.centre, SIZE, signal)).rejects.toMatchObject({
      name: 'UpstreamError',
      code: 'file-changed',
      hint: expect.stringMatching(/opens it anew/) as string,
    })
    file.etag = '"1"'
    await source.close()
  })

  test('of a server without ranges is refused with the way out', async () => {
    file.hasRanges = false
    await expect(open(remote())).rejects.toMatchObject({
      name: 'UpstreamError',
      hint: expect.stringMatching(/does not answer ranges.*local copy/) as string,
    })
    file.hasRanges = true
  })

  test('that is not there is refused with its address', async () => {
    const urls = [`${server.origin}/a.tif`, `${server.origin}/none.tif`]
    await expect(open({ kind: 'cog', urls, ...named })).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining('/none.tif') as string,
    })
  })
})

describeWithShared('real cloud-optimised GeoTIFFs behind HTTP', () => {
  const REAL = [
    {
      name: 'colorado-0.15m-rgb-jpeg-cog-26913.tif',
      at: { lon: -104.774935, lat: 38.953605 },
      px: 48,
      shareMax: 1,
    },
    // LZW in strips as wide as the picture.
    {
      name: 'vegas-0.3m-rgba-4326.tif',
      at: { lon: -115.1688, lat: 36.2399 },
      px: 64,
      shareMax: 0.15,
    },
  ]
  for (const { name, at, px, shareMax } of REAL) {
    test(`${name} gives the patches of the file on disk`, async () => {
      const path = sharedPath(`data/imagery/${name}`)
      const bytes = readFileSync(path)
      const real = await startRangeServer({ '/a.tif': bytes })
      const here = await open({ kind: 'geotiff', files: [path] })
      const there = await open({ kind: 'cog', urls: [`${real.origin}/a.tif`], ...named })
      const [a, b] = await Promise.all([
        here.patch(at, { px, gsd: 0.5 }, signal),
        there.patch(at, { px, gsd: 0.5 }, signal),
      ])
      expect(Buffer.compare(a.image.data, b.image.data)).toBe(0)
      const read = real.requests.reduce((sum, { byteCount }) => sum + byteCount, 0)
      expect(read).toBeLessThanOrEqual(bytes.length * shareMax)
      expect(real.requests.length).toBeLessThanOrEqual(8)
      await Promise.all([here.close(), there.close()])
      await real.close()
    })
  }
})
