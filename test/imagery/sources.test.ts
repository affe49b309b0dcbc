import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import { fromUnitSquare, toUnitSquare, worldSizePx } from '../../src/geo/mercator.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import type { PixelRect } from '../../src/image/resample.ts'
import { testImagerySource } from '../contract/imagery-source.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { cropPixels, difference, groundPatch, waves, writeRaster } from '../fixtures/rasters.ts'
import {
  drawTile,
  startTileServer,
  type TileServer,
  type WorldColour,
} from '../fixtures/tile-server.ts'

const CENTRE = { lon: 4.36, lat: 51.87 }
const ZOOM = 18
const WORLD_PX = worldSizePx(ZOOM)
const frame = createLocalFrame(CENTRE)
const groundAt: WorldColour = (x, y) => {
  const [red, green, blue] = waves(...frame.forward(fromUnitSquare(x, y)))
  return [Math.round(red), Math.round(green), Math.round(blue)]
}
const [unitX, unitY] = toUnitSquare(CENTRE)
/** The four tiles around the centre, as one raster of EPSG:3857. */
const TILE = {
  x: Math.round((unitX * WORLD_PX) / 256) - 1,
  y: Math.round((unitY * WORLD_PX) / 256) - 1,
}
const SIDE = 512
const PIXEL_M = (2 * Math.PI * 6378137) / WORLD_PX
const CORNER = [
  (TILE.x * 256 - WORLD_PX / 2) * PIXEL_M,
  (WORLD_PX / 2 - TILE.y * 256) * PIXEL_M,
] as const

const named = { attribution: 'made for tests', capturedOn: '2024-05-06' }
let folder = ''
let server: TileServer
let pixels: Uint8Array

const open = (config: object): Promise<ImagerySource> =>
  createImagerySource(parseImageryConfig(config), imageryDeps(folder))
const openTiles = (): Promise<ImagerySource> =>
  open({ kind: 'xyz', url: server.url, maxZoom: 19, requestsPerSecond: 1000, ...named })

async function writePart(name: string, rect: PixelRect): Promise<string> {
  const { x, y, width, height } = rect
  await writeRaster(join(folder, name), {
    data: cropPixels(pixels, SIDE, rect),
    width,
    height,
    samples: 3,
    corner: [CORNER[0] + x * PIXEL_M, CORNER[1] - y * PIXEL_M],
    pixelSize: PIXEL_M,
    epsg: 3857,
  })
  return name
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-sources-'))
  pixels = new Uint8Array(SIDE * SIDE * 3)
  for (let index = 0; index < SIDE * SIDE; index++) {
    const u = (TILE.x * 256 + (index % SIDE) + 0.5) / WORLD_PX
    const v = (TILE.y * 256 + Math.floor(index / SIDE) + 0.5) / WORLD_PX
    pixels.set(groundAt(u, v), index * 3)
  }
  server = await startTileServer(async (tile) => {
    const [x, y] = [tile.x - TILE.x, tile.y - TILE.y]
    if (x < 0 || y < 0 || x > 1 || y > 1) return { status: 404 }
    return { body: await drawTile(tile, groundAt), headers: { etag: '"1"' } }
  })
  await writePart('whole.tif', { x: 0, y: 0, width: SIDE, height: SIDE })
  const picture = groundPatch(waves, 448, 0.25)
  await sharp(picture, { raw: { width: 448, height: 448, channels: 3 } })
    .png()
    .toFile(join(folder, 'a.png'))
  const small = groundPatch(waves, 128, 0.25)
  await sharp(small, { raw: { width: 128, height: 128, channels: 3 } })
    .png()
    .toFile(join(folder, 'b.png'))
  await writeFile(
    join(folder, 'list.csv'),
    'file,lon,lat,date\na.png,4.36,51.87,2024-05-06\nb.png,5,52,\n',
  )
}, 60_000)
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const outside = { lon: 4.5, lat: 51.87 }
const truth = (px: number, gsd: number): Uint8Array => groundPatch(waves, px, gsd)

describe('geotiff', () => {
  testImagerySource({
    open: () => open({ kind: 'geotiff', files: ['whole.tif'], ...named }),
    inside: CENTRE,
    outside,
    truth,
    tolerance: 2,
  })
})

describe('xyz', () => {
  testImagerySource({ open: openTiles, inside: CENTRE, outside, truth, tolerance: 2 })
})

describe('patches', () => {
  testImagerySource({
    open: () => open({ kind: 'patches', file: 'list.csv', attribution: 'made for tests' }),
    inside: CENTRE,
    outside,
    // The picture is the patch, whatever its size: 112 m wide here.
    truth: (px) => groundPatch(waves, px, 112 / px),
    // Quarter-metre pixels shrunk to 64 px lose a little of the steepest wave.
    tolerance: 16,
  })

  test('lists its places in file order', async () => {
    const source = await open({ kind: 'patches', file: 'list.csv' })
    expect(await source.points?.()).toEqual([
      { id: 0, lon: 4.36, lat: 51.87 },
      { id: 1, lon: 5, lat: 52 },
    ])
  })
})

describe('the same place gives the same patch within 1/255 however the source is tiled', () => {
  const quarters = [
    { x: 0, y: 0, width: 250, height: 261 },
    { x: 250, y: 0, width: 262, height: 261 },
    { x: 0, y: 261, width: 250, height: 251 },
    { x: 250, y: 261, width: 262, height: 251 },
  ]
  const splits = [
    { name: 'four files', rasterPerRow: 0 },
    { name: 'tiles of a server', rasterPerRow: 1 },
  ]
  for (const { name, rasterPerRow } of splits) {
    test(name, async () => {
      const whole = await open({ kind: 'geotiff', files: ['whole.tif'] })
      const files = await Promise.all(
        quarters.map((rect) => writePart(`quarter-${rect.x}-${rect.y}.tif`, rect)),
      )
      const other = await (rasterPerRow === 0 ? open({ kind: 'geotiff', files }) : openTiles())
      for (const [eastM, northM] of [
        [0, 0],
        [1.3, -2.1],
        [-2, 1.7],
      ] as const) {
        const at = frame.inverse(eastM, northM)
        const size = { px: 224, gsd: 0.5 }
        const signal = new AbortController().signal
        const [a, b] = await Promise.all([
          whole.patch(at, size, signal),
          other.patch(at, size, signal),
        ])
        expect(difference(a.image.data, b.image.data).max).toBeLessThanOrEqual(1)
      }
      await Promise.all([whole.close(), other.close()])
    })
  }
})
