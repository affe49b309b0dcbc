/** Archives and files behind HTTP as sources: the contract, and what is asked of servers. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import { fromUnitSquare, toUnitSquare } from '../../src/geo/mercator.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { testImagerySource } from '../contract/imagery-source.ts'
import {
  encodePmtiles,
  writeMbtiles,
  writePmtiles,
  type ArchivePlan,
} from '../fixtures/archives.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { startRangeServer, type RangeServer } from '../fixtures/range-server.ts'
import { difference, groundPatch, waves, type GroundColour } from '../fixtures/rasters.ts'
import { drawTile } from '../fixtures/tile-server.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

const CENTRE = { lon: 4.36, lat: 51.87 }
const outside = { lon: 4.5, lat: 51.87 }
const ZOOM = 18
const truth = (px: number, gsd: number): Uint8Array => groundPatch(waves, px, gsd)
const named = { attribution: 'made for tests', capturedOn: '2024-05-06' }
const frame = createLocalFrame(CENTRE)
const SIZE = { px: 64, gsd: 0.5 }
const { signal } = new AbortController()

let folder = ''
let server: RangeServer
let plan: ArchivePlan
const open = (config: object, secrets = {}): Promise<ImagerySource> =>
  createImagerySource(parseImageryConfig(config), imageryDeps(folder, { secrets }))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-archives-'))
  const [unitX, unitY] = toUnitSquare(CENTRE)
  const [left, top] = [Math.round(unitX * 2 ** ZOOM) - 1, Math.round(unitY * 2 ** ZOOM) - 1]
  const tiles = []
  for (const [x, y] of [
    [left, top],
    [left + 1, top],
    [left, top + 1],
    [left + 1, top + 1],
  ] as const) {
    const bytes = await drawTile({ z: ZOOM, x, y }, (u, v) => {
      const [red, green, blue] = waves(...frame.forward(fromUnitSquare(u, v)))
      return [Math.round(red), Math.round(green), Math.round(blue)]
    })
    tiles.push({ z: ZOOM, x, y, bytes })
  }
  const northWest = fromUnitSquare(left / 2 ** ZOOM, top / 2 ** ZOOM)
  const southEast = fromUnitSquare((left + 2) / 2 ** ZOOM, (top + 2) / 2 ** ZOOM)
  const bbox = [northWest.lon, southEast.lat, southEast.lon, northWest.lat] as const
  plan = { tiles, bbox, attribution: 'made for tests' }
  writeMbtiles(join(folder, 'a.mbtiles'), plan)
  await writePmtiles(join(folder, 'a.pmtiles'), plan)
  server = await startRangeServer({ '/a.pmtiles': encodePmtiles(plan) })
}, 60_000)
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const KINDS = [
  { name: 'mbtiles', config: () => ({ kind: 'mbtiles', file: 'a.mbtiles', ...named }) },
  { name: 'pmtiles on disk', config: () => ({ kind: 'pmtiles', file: 'a.pmtiles', ...named }) },
  {
    name: 'pmtiles behind HTTP',
    config: () => ({ kind: 'pmtiles', url: `${server.origin}/a.pmtiles`, ...named }),
  },
]
for (const { name, config } of KINDS) {
  describe(name, () => {
    testImagerySource({ open: () => open(config()), inside: CENTRE, outside, truth, tolerance: 2 })

    test('takes attribution, zoom, size of tiles and extent from the archive', async () => {
      const unnamed = { ...config(), attribution: undefined }
      const source = await open(unnamed)
      expect(source.attribution).toBe('made for tests')
      const [ring] = (await source.footprint!()).coordinates[0]!
      expect(ring![0]![0]).toBeCloseTo(plan.bbox![0], 6)
      const { reference } = await source.patch(CENTRE, SIZE, signal)
      expect(reference.kind).toBe(unnamed.kind)
      expect(reference.items[0]).toMatch(/^18\//)
      await source.close()
    })
  })
}

describe('tiles of 512 px', () => {
  test('are measured, not asked for', async () => {
    const side = sharp({ create: { width: 512, height: 512, channels: 3, background: 'grey' } })
    const bytes = await side
      .composite([{ input: plan.tiles[0]!.bytes as Buffer }])
      .png()
      .toBuffer()
    writeMbtiles(join(folder, 'large.mbtiles'), { tiles: [{ z: 17, x: 0, y: 70_000, bytes }] })
    const source = await open({ kind: 'mbtiles', file: 'large.mbtiles' })
    const { lon, lat } = fromUnitSquare(0.5 / 2 ** 17, 70_000.5 / 2 ** 17)
    const { image } = await source.patch({ lon, lat }, SIZE, signal)
    expect(image.data.length).toBe(64 * 64 * 3)
    await source.close()
  })

  test('of neither size are refused', async () => {
    const bytes = await sharp(plan.tiles[0]!.bytes).resize(100, 100).png().toBuffer()
    writeMbtiles(join(folder, 'odd.mbtiles'), { tiles: [{ z: 17, x: 0, y: 0, bytes }] })
    await expect(open({ kind: 'mbtiles', file: 'odd.mbtiles' })).rejects.toThrow(/got 100 px/)
  })
})

describe('a patch across the date line', () => {
  test('is cut from tiles of both ends of the world, without a seam', async () => {
    const z = 15
    // Waves that go on where longitude jumps.
    const centre = { lon: -180, lat: 52 }
    const y = Math.floor(toUnitSquare(centre)[1] * 2 ** z)
    const around = createLocalFrame(centre)
    const tiles = await Promise.all(
      [0, 2 ** z - 1].flatMap((x) =>
        [y - 1, y, y + 1].map(async (row) => {
          const tile = { z, x, y: row }
          const bytes = await drawTile(tile, (u, v) => {
            const [east, north] = around.forward(fromUnitSquare(u, v))
            const [red, green, blue] = waves(east / 10, north / 10)
            return [Math.round(red), Math.round(green), Math.round(blue)]
          })
          return { ...tile, bytes }
        }),
      ),
    )
    writeMbtiles(join(folder, 'date-line.mbtiles'), { tiles })
    const source = await open({ kind: 'mbtiles', file: 'date-line.mbtiles' })
    for (const lon of [-180, 180, 179.9999, -179.9999]) {
      const { image } = await source.patch({ lon, lat: 52 }, { px: 64, gsd: 3 }, signal)
      const [shift] = around.forward({ lon, lat: 52 })
      const ground: GroundColour = (east, north) => waves((east + shift) / 10, north / 10)
      expect(difference(image.data, groundPatch(ground, 64, 3)).max).toBeLessThanOrEqual(3)
    }
    await source.close()
  })
})

describe('an archive finer than the patch', () => {
  test('is read at its coarsest zoom', async () => {
    const source = await open({ kind: 'pmtiles', file: 'a.pmtiles', ...named })
    const { reference } = await source.patch(CENTRE, { px: 16, gsd: 4 }, signal)
    expect(reference.items[0]).toMatch(/^18\//)
    await source.close()
  })
})

describe('keys', () => {
  test('go to the server, and into no error', async () => {
    const url = `${server.origin}/a.pmtiles?token={key}`
    const config = { kind: 'pmtiles', url, keyEnv: 'A_KEY', headersEnv: { 'x-auth': 'A_TOKEN' } }
    const secrets = { A_KEY: 'secret one', A_TOKEN: 'Bearer secret-two' }
    const source = await open(config, secrets)
    await source.patch(CENTRE, SIZE, signal)
    await source.close()
    const last = server.requests.at(-1)!
    expect(last.url).toContain('token=secret%20one')
    expect(last.headers['x-auth']).toBe('Bearer secret-two')
    const wrong = { ...config, url: `${server.origin}/none?token={key}` }
    const error = await open(wrong, secrets).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'file-unreadable' })
    expect(JSON.stringify([error, String(error)])).not.toContain('secret')
  })
})

for (const { name, host, config } of [
  { name: 'on disk', host: () => null, config: () => ({ file: 'a.pmtiles' }) },
  {
    name: 'behind HTTP',
    host: () => server.host,
    config: () => ({ url: `${server.origin}/a.pmtiles` }),
  },
]) {
  test(`tiles of an archive ${name} tell who is asked for them`, async () => {
    const source = await open({ kind: 'pmtiles', ...config(), ...named })
    const pieces = source.piecesOf?.(CENTRE, SIZE) ?? []
    expect(pieces.length).toBeGreaterThan(0)
    expect(pieces.map((piece) => piece.host)).toEqual(pieces.map(host))
    await source.close()
  })
}

describeWithShared('a real PMTiles archive, on disk and behind HTTP', () => {
  const path = sharedPath('data/imagery/mt-whitney-z8-15-webp.pmtiles')
  const at = { lon: -118.31, lat: 36.58 }
  const size = { px: 128, gsd: 4 }
  // Mt. Whitney's tiles end at zoom 15: 3.8 m.
  const config = { kind: 'pmtiles', allowCoarse: true, requestsPerSecond: 1000 }

  test('gives the same patches', async () => {
    const remote = await startRangeServer({ '/w.pmtiles': readFileSync(path) })
    const here = await open({ ...config, file: path })
    const there = await open({ ...config, url: `${remote.origin}/w.pmtiles` })
    const before = remote.requests.length
    for (const step of [0, 0.01, 0.02]) {
      const place = { lon: at.lon + step, lat: at.lat }
      const [a, b] = await Promise.all([
        here.patch(place, size, signal),
        there.patch(place, size, signal),
      ])
      expect(Buffer.compare(a.image.data, b.image.data)).toBe(0)
      expect(new Set(a.image.data).size).toBeGreaterThan(40)
    }
    const byteCount = remote.requests.reduce((sum, request) => sum + request.byteCount, 0)
    expect(remote.requests.length - before).toBeLessThanOrEqual(12)
    expect(byteCount).toBeLessThan(700_000)
    await Promise.all([here.close(), there.close()])
    await remote.close()
  })
})
