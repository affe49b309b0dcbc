import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { cornerOf, drawRaster, waves } from '../fixtures/rasters.ts'
import { encodeTiff, placeTags } from '../fixtures/tiff.ts'

/** Takes every request and answers none. */
const server = createServer()
let folder = ''
let origin = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-ended-'))
  const plan = { epsg: 32631, centre: { lon: 4.36, lat: 51.87 }, width: 512, height: 512 }
  const place = { ...plan, pixelSize: 0.5 }
  const tags = placeTags({ ...place, corner: cornerOf(place) })
  const image = { ...place, values: drawRaster(place, waves), samples: 3, tilePx: 64, tags }
  await writeFile(join(folder, 'a.tif'), encodeTiff([image]))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

describe('the opening of a source whose server is silent', () => {
  const sources = [
    { kind: 'cog', source: () => ({ urls: [`${origin}/a.tif`] }) },
    { kind: 'pmtiles', source: () => ({ url: `${origin}/a.pmtiles` }) },
    { kind: 'stac', source: () => ({ url: `${origin}/items` }) },
    { kind: 'wmts', source: () => ({ url: `${origin}/capabilities`, layer: 'a' }) },
  ]
  for (const { kind, source } of sources) {
    test(`ends with its signal: ${kind}`, async () => {
      const controller = new AbortController()
      const deps = { ...imageryDeps(folder), signal: controller.signal }
      const config = parseImageryConfig({ kind, attribution: 'A', ...source() })
      const opening = createImagerySource(config, deps)
      const asked = once(server, 'request')
      await Promise.race([asked, opening])
      controller.abort()
      await expect(opening).rejects.toThrow(controller.signal.reason as Error)
    })
  }
})

test('the measuring of a file on disk ends with the signal', async () => {
  const controller = new AbortController()
  const find = (): undefined => {
    // Asked just before the file is measured.
    setImmediate(() => controller.abort())
  }
  let kept = 0
  const keep = async (): Promise<never> => {
    kept++
    throw new Error('measured to its end')
  }
  const deps = { ...imageryDeps(folder), signal: controller.signal, stretches: { find, keep } }
  const source = { kind: 'geotiff', files: ['a.tif'], stretch: 'percentile' }
  await expect(createImagerySource(parseImageryConfig(source), deps)).rejects.toThrow(
    controller.signal.reason as Error,
  )
  expect(kept).toBe(0)
})

test('a signal that comes after the opening does not end what is open', async () => {
  const controller = new AbortController()
  const deps = { ...imageryDeps(folder), signal: controller.signal }
  const source = await createImagerySource(
    parseImageryConfig({ kind: 'geotiff', files: ['a.tif'] }),
    deps,
  )
  controller.abort()
  const { signal } = new AbortController()
  const patch = await source.patch({ lon: 4.36, lat: 51.87 }, { px: 64, gsd: 0.5 }, signal)
  expect(patch.image.width).toBe(64)
  await source.close()
})
