import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { startTileServer } from '../fixtures/tile-server.ts'

test('many patches may wait under one signal without a warning of Node', async () => {
  const warnings: string[] = []
  const listen = (warning: Error) => warnings.push(warning.name)
  process.on('warning', listen)
  const cacheDir = await mkdtemp(join(tmpdir(), 'tiles-'))
  const server = await startTileServer()
  const config = parseImageryConfig({
    kind: 'xyz',
    url: server.url,
    maxZoom: 17,
    attribution: 'made for tests',
    requestsPerSecond: 1000,
  })
  const source = await createImagerySource(config, imageryDeps(cacheDir))
  const { signal } = new AbortController()
  const lons = Array.from({ length: 16 }, (_, index) => 9.5 + index * 1e-5)
  await Promise.all(
    lons.map((lon) => source.patch({ lon, lat: 47.1 }, { px: 224, gsd: 0.5 }, signal)),
  )
  process.off('warning', listen)
  await source.close()
  await server.close()
  await rm(cacheDir, { recursive: true })
  expect(warnings).toEqual([])
})
