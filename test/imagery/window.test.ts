import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import { createProjection } from '../../src/geo/projection.ts'
import { evaluate } from '../../src/image/biquadratic.ts'
import type { PixelLayer } from '../../src/imagery/cut.ts'
import { mapPatch } from '../../src/imagery/cut.ts'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'
import type { ImagerySource, ImageryWindow } from '../../src/imagery/source.ts'
import { cutSquare, cutWindow, whyMissing } from '../../src/imagery/window.ts'
import { cornerOf, difference, drawRaster, waves, writeRaster } from '../fixtures/rasters.ts'

const signal = new AbortController().signal
const GSD = 0.5
const WINDOW_PX = 480
const PATCH_PX = 96
const plan = {
  epsg: 32631,
  centre: { lon: 4.36, lat: 51.87 },
  width: 360,
  height: 320,
  pixelSize: 0.5,
}

/** Squares every 32 px of a window of 480. */
const squares = Array.from({ length: 13 * 13 }, (_, index) => ({
  x: (index % 13) * 32,
  y: Math.floor(index / 13) * 32,
  px: PATCH_PX,
})).filter(({ x, y }) => x + PATCH_PX <= WINDOW_PX && y + PATCH_PX <= WINDOW_PX)

describe('a window over the end of a file with a hole in its data', () => {
  let folder = ''
  let source: ImagerySource
  let window: ImageryWindow
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-window-'))
    const data = drawRaster(plan, waves).map((value) => Math.max(1, value))
    for (let y = 100; y < 140; y++) data.fill(0, (y * 360 + 150) * 3, (y * 360 + 190) * 3)
    const file = join(folder, 'ground.tif')
    await writeRaster(file, { ...plan, data, samples: 3, corner: cornerOf(plan), nodata: 0 })
    const config = {
      kind: 'geotiff' as const,
      files: [file],
      stretch: 'none' as const,
      capturedOn: '2024-05-06',
    }
    source = await createGeotiffSource(config, '/')
    window = await source.window!(plan.centre, { px: WINDOW_PX, gsd: GSD }, signal)
  })
  afterAll(async () => {
    await source.close()
    await rm(folder, { recursive: true })
  })

  test('every patch in it is the one that is cut alone, or missing for the same reason', async () => {
    const frame = createLocalFrame(plan.centre)
    const reasons = new Map<string | null, number>()
    for (const square of squares) {
      const eastM = (square.x + (PATCH_PX - WINDOW_PX) / 2) * GSD
      const northM = -(square.y + (PATCH_PX - WINDOW_PX) / 2) * GSD
      const at = frame.inverse(eastM, northM)
      const alone = await source
        .patch(at, { px: PATCH_PX, gsd: GSD }, signal)
        .catch((error: { code: string }) => error.code)
      const reason = whyMissing(window, square)
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      expect(typeof alone === 'string' ? alone : null).toBe(reason)
      if (typeof alone === 'string') continue
      // Few missing pixels take the mean colour, of the patch there and of the window here.
      const { mean, max } = difference(cutSquare(window.image, square).data, alone.image.data)
      expect(mean).toBeLessThan(2)
      if (!hasMissing(square)) expect(max).toBeLessThanOrEqual(2)
      expect(window.referenceOf(square)).toEqual(alone.reference)
    }
    expect(reasons.get(null)).toBeGreaterThan(20)
    expect(reasons.get('outside-imagery')).toBeGreaterThan(20)
    expect(reasons.get('nodata')).toBeGreaterThan(2)
  })

  test('nothing of it is missing where the file holds data', async () => {
    const inner = await source.window!(
      { lon: plan.centre.lon + 0.0006, lat: plan.centre.lat - 0.0003 },
      { px: 128, gsd: GSD },
      signal,
    )
    expect(inner.missing).toBeNull()
    expect(inner.capturedOn).toBe('2024-05-06')
  })

  test('far from all imagery all of it is missing', async () => {
    const nothing = await source.window!({ lon: 5, lat: 52 }, { px: 128, gsd: GSD }, signal)
    expect(whyMissing(nothing, { x: 0, y: 0, px: 128 })).toBe('outside-imagery')
  })

  function hasMissing({ x, y, px }: { x: number; y: number; px: number }): boolean {
    return Array.from({ length: px }, (_, row) => (y + row) * WINDOW_PX + x).some((at) =>
      window.missing!.subarray(at, at + px).some((code) => code > 0),
    )
  }
})

test('a part of a layer that the source calls a hole is missing for its reason', async () => {
  const layer: PixelLayer = {
    toPixel: ({ lon, lat }) => [lon * 1e5, -lat * 1e5],
    covers: () => true,
    readPieces: async (rect) => [
      {
        ...rect,
        channels: 4,
        data: Uint8Array.from({ length: rect.width * rect.height * 4 }, (_, i) => {
          const x = rect.x + (Math.floor(i / 4) % rect.width)
          return x < 0 ? 0 : i % 4 === 3 ? 255 : 80
        }),
      },
    ],
    holes: [{ rect: { x: -1000, y: -1000, width: 1000, height: 2000 }, reason: 'no-tile' }],
  }
  const size = { px: 64, gsd: 1 }
  const window = await cutWindow([layer], { at: { lon: 0, lat: 0 }, size }, signal)
  expect(whyMissing(window, { x: 0, y: 0, px: 16 })).toBe('no-tile')
  expect(whyMissing(window, { x: 24, y: 0, px: 16 })).toBe('no-tile')
  expect(whyMissing(window, { x: 40, y: 0, px: 16 })).toBeNull()
  expect([...window.image.data.subarray(0, 3)]).toEqual([80, 80, 80])
})

/** Half of a window of 960 px at 0.5 m, and of a patch. */
const [REACH_M, HALF_PATCH_M] = [240, 56]

for (const lat of [0, 30, 52, 70, 80]) {
  test(`at ${lat}°, patches at the corners of a window are north up to a twentieth of a pixel`, () => {
    const centre = { lon: 4.36, lat }
    const window = createLocalFrame(centre)
    const offset = REACH_M - HALF_PATCH_M
    const own = createLocalFrame(window.inverse(offset, offset))
    for (const [x, y] of [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ] as const) {
      const place = own.inverse(x * HALF_PATCH_M, y * HALF_PATCH_M)
      const [east, north] = window.forward(place)
      const missM = Math.hypot(east - offset - x * HALF_PATCH_M, north - offset - y * HALF_PATCH_M)
      expect(missM / GSD).toBeLessThan(0.05)
    }
  })
}

for (const { epsg, perPx } of [
  { epsg: 4326, perPx: 4.5e-6 },
  { epsg: 3857, perPx: 0.8 },
  { epsg: 32631, perPx: 0.5 },
  { epsg: 28992, perPx: 0.5 },
]) {
  test(`nine points stand for all pixels of a window in EPSG:${epsg}, to a hundredth of one`, () => {
    const projection = createProjection(epsg)
    const centre = { lon: 4.36, lat: 51.87 }
    const toPixel = (place: { lon: number; lat: number }): [number, number] => {
      const [x, y] = projection.forward(place)
      return [x / perPx, -y / perPx]
    }
    const layer = { toPixel } as PixelLayer
    const mapping = mapPatch(layer, centre, { px: 960, gsd: GSD })
    const frame = createLocalFrame(centre)
    for (let node = 0; node < 49; node++) {
      const [s, t] = [(node % 7) / 6, Math.floor(node / 7) / 6]
      const [u, v] = toPixel(frame.inverse((s - 0.5) * 480, (0.5 - t) * 480))
      expect(Math.abs(evaluate(mapping.u, s, t) - u)).toBeLessThan(0.01)
      expect(Math.abs(evaluate(mapping.v, s, t) - v)).toBeLessThan(0.01)
    }
  })
}
