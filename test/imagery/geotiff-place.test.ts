import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'
import {
  cornerOf,
  difference,
  drawRaster,
  groundPatch,
  waves,
  writeRaster,
  type RasterPlan,
} from '../fixtures/rasters.ts'

const SIZE = { px: 112, gsd: 0.5 }
const signal = new AbortController().signal

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-place-'))
})
afterAll(() => rm(folder, { recursive: true }))

// The steepest wave changes by 60/5 per metre, 6 levels per patch pixel: half a pixel of shift is 3
// levels or more.
const CASES: (RasterPlan & { name: string })[] = [
  { name: 'EPSG:4326 at the equator', epsg: 4326, lon: 9.3, lat: 0, metresPerUnit: 111_320 },
  { name: 'EPSG:4326 at 52°', epsg: 4326, lon: 4.36, lat: 52, metresPerUnit: 111_320 },
  { name: 'EPSG:3857 at 36°', epsg: 3857, lon: -115.17, lat: 36.24, metresPerUnit: 0.8065 },
  { name: 'EPSG:3857 at 68°', epsg: 3857, lon: 18, lat: 68, metresPerUnit: 0.3746 },
  { name: 'EPSG:28992 at 52°', epsg: 28992, lon: 4.99, lat: 51.84, metresPerUnit: 1 },
  { name: 'EPSG:32631 at 52°', epsg: 32631, lon: 4.36, lat: 51.87, metresPerUnit: 1 },
  { name: 'EPSG:32631 at 68°, edge of the zone', epsg: 32631, lon: 5.9, lat: 68, metresPerUnit: 1 },
]
  .map(({ name, epsg, lon, lat, metresPerUnit }) => {
    const pixelSize = 0.3 / metresPerUnit
    return {
      name,
      epsg,
      centre: { lon, lat },
      width: 240 / Math.min(1, Math.cos((lat * Math.PI) / 180)),
      height: 240,
      pixelSize,
    }
  })
  .map((plan) => ({ ...plan, width: Math.ceil(plan.epsg === 4326 ? plan.width : 240) }))

describe('a pattern that is known on the ground comes out where it is', () => {
  for (const plan of CASES) {
    test(plan.name, async () => {
      const file = join(folder, `${plan.epsg}-${plan.centre.lat}.tif`)
      const data = drawRaster(plan, waves)
      const corner = cornerOf(plan)
      await writeRaster(file, { ...plan, data, samples: 3, corner })
      const source = await createGeotiffSource(
        { kind: 'geotiff', files: [file], stretch: 'none' },
        '/',
      )
      const { image } = await source.patch(plan.centre, SIZE, signal)
      await source.close()
      const truth = groundPatch(waves, SIZE.px, SIZE.gsd)
      const { max, mean } = difference(image.data, truth)
      expect(max).toBeLessThanOrEqual(2)
      expect(mean).toBeLessThan(0.6)
    })
  }
})

describe('imagery of metres', () => {
  const plan = { epsg: 32631, centre: { lon: 4.36, lat: 51.87 }, width: 160, height: 160 }
  const open = async (pixelSize: number, options: object = {}) => {
    const file = join(folder, `coarse-${pixelSize}.tif`)
    const coarse = { ...plan, pixelSize }
    const data = drawRaster(coarse, waves)
    await writeRaster(file, { ...coarse, data, samples: 3, corner: cornerOf(coarse) })
    return createGeotiffSource({ kind: 'geotiff', files: [file], stretch: 'none', ...options }, '/')
  }

  test('of 10 m, such as of Sentinel-2, is refused at once, and where a patch is cut', async () => {
    const source = await open(10)
    const refusal = expect.objectContaining({
      code: 'imagery-too-coarse',
      message: 'Expected imagery of about 0.5 m/px, got 10.0 m/px in coarse-10.tif',
    }) as unknown
    expect(() => source.advice?.(SIZE)).toThrow(refusal)
    await expect(source.patch(plan.centre, SIZE, signal)).rejects.toEqual(refusal)
    await source.close()
  })

  test('of 10 m is taken with allowCoarse, and says so; so do 1.5 m', async () => {
    for (const [pixelSize, options] of [
      [10, { allowCoarse: true }],
      [1.5, {}],
    ] as const) {
      const source = await open(pixelSize, options)
      expect(source.advice?.(SIZE)).toEqual([])
      const { reference } = await source.patch(plan.centre, SIZE, signal)
      expect(reference.gsd).toBeCloseTo(pixelSize, 1)
      await source.close()
    }
  })
})

describe('imagery of centimetres', () => {
  const plan = { epsg: 32631, centre: { lon: 4.36, lat: 51.87 }, width: 60, height: 60 }
  const open = async (pixelSize: number) => {
    const file = join(folder, `fine-${pixelSize}.tif`)
    const fine = { ...plan, pixelSize }
    const data = drawRaster(fine, waves)
    await writeRaster(file, { ...fine, data, samples: 3, corner: cornerOf(fine) })
    return createGeotiffSource({ kind: 'geotiff', files: [file], stretch: 'none' }, '/')
  }

  test('without overviews is advised against, with what helps', async () => {
    const source = await open(0.02)
    expect(source.advice?.({ px: 224, gsd: 0.5 })).toEqual([
      'fine-0.02.tif has no overview that comes near 0.5 m/px: every patch reads 31 million pixels of 2.0 cm; give the files overviews: gdaladdo -r average FILE 2 4 8 16',
    ])
    await source.close()
  })

  test('of 10 cm is taken as it is', async () => {
    const source = await open(0.1)
    expect(source.advice?.({ px: 224, gsd: 0.5 })).toEqual([])
    await source.close()
  })

  test('is refused where a window of it would not fit memory', async () => {
    const source = await open(0.01)
    const cutting = source.window!(plan.centre, { px: 832, gsd: 0.5 }, signal)
    await expect(cutting).rejects.toThrow(
      /^Expected at most 500 million .*, got 1[78]\d\d million$/,
    )
    await expect(cutting).rejects.toMatchObject({ code: 'imagery-too-fine' })
    await source.close()
  })
})
