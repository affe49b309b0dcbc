import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { photoTile, startTileServer } from '../fixtures/tile-server.ts'

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

test('the same ground comes from tiles counted from the north, from the south, and by quadkey', async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'tiles-'))
  const server = await startTileServer(async (_, __, { path }) => {
    const [scheme = '', ...parts] = path.slice(1).split('/')
    if (scheme === 'quad') return photoTile(fromQuadkey(parts[0] ?? ''))
    const [z = 0, x = 0, y = 0] = parts.map(Number)
    return photoTile({ z, x, y: scheme === 'south' ? 2 ** z - 1 - y : y })
  })
  const { origin } = new URL(server.url)
  const templates = ['north/{z}/{x}/{y}', 'south/{z}/{x}/{-y}', 'quad/{q}']
  const patches = []
  for (const template of templates) {
    const url = `${origin}/${template}`
    const config = parseImageryConfig({ kind: 'xyz', url, maxZoom: 17, attribution: 'A' })
    const source = await createImagerySource(config, imageryDeps(cacheDir))
    const size = { px: 224, gsd: 0.9 }
    const patch = await source.patch({ lon: 9.5, lat: 47.1 }, size, new AbortController().signal)
    patches.push(Buffer.from(patch.image.data))
    await source.close()
  }
  await server.close()
  await rm(cacheDir, { recursive: true })
  expect(new Set(patches[0]).size).toBeGreaterThan(10)
  expect(patches[1]?.equals(patches[0]!)).toBe(true)
  expect(patches[2]?.equals(patches[0]!)).toBe(true)
})

function fromQuadkey(digits: string): { z: number; x: number; y: number } {
  const join = (bit: number) => [...digits].reduce((sum, one) => sum * 2 + ((+one >> bit) & 1), 0)
  return { z: digits.length, x: join(0), y: join(1) }
}

test('tiles of {switch:a,b} come from both hosts, each always from the same one, and give the same ground', async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'tiles-'))
  const server = await startTileServer()
  const open = (url: string) => {
    const config = { kind: 'xyz', url, maxZoom: 17, attribution: 'A', requestsPerSecond: 1000 }
    return createImagerySource(parseImageryConfig(config), imageryDeps(cacheDir))
  }
  const cut = async (url: string) => {
    const source = await open(url)
    const size = { px: 672, gsd: 0.9 }
    const patch = await source.patch({ lon: 9.5, lat: 47.1 }, size, new AbortController().signal)
    await source.close()
    return Buffer.from(patch.image.data)
  }
  const switched = await cut(server.url.replace('127.0.0.1', '{switch:127.0.0.1,localhost}'))
  const asked = server.requests.map(({ headers, path }) => ({ host: headers.host, path }))
  const plain = await cut(server.url)
  // The same tile is asked for again only under its other address.
  const again = await cut(server.url.replace('127.0.0.1', '{switch:127.0.0.1,localhost}'))
  await server.close()
  await rm(cacheDir, { recursive: true })
  expect(switched.equals(plain)).toBe(true)
  expect(again.equals(plain)).toBe(true)
  const { host } = new URL(server.url.replace(/\{.*/, ''))
  const hosts = [host, host.replace('127.0.0.1', 'localhost')]
  const shares = hosts.map((one) => asked.filter((request) => request.host === one).length)
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(Math.floor(asked.length / 2) - 2)
  expect(new Set(asked.map(({ path }) => path)).size).toBe(asked.length)
  // What came from the first host was kept under its address, so only the others' tiles were asked
  // of it anew.
  expect(server.requests.length).toBe(2 * asked.length - (shares[0] ?? 0))
})
