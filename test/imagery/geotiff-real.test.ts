import { afterAll, expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import type { LonLat } from '../../src/types.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

const rotterdam = {
  kind: 'geotiff',
  files: [1, 2, 3].map((chip) => `rotterdam${chip}-0.5m-rgb16-32631.tif`),
  nodata: 0,
  stretch: 'percentile',
}
const single = (file: string): object => ({ kind: 'geotiff', files: [file] })
const open = (config: object): Promise<ImagerySource> =>
  createImagerySource(
    parseImageryConfig(config),
    imageryDeps('', { baseDir: sharedPath('data/imagery') }),
  )
const signal = new AbortController().signal

// Mean colours were read off with GDAL over the same ground, to a few levels.
const CASES: {
  name: string
  config: object
  at: LonLat
  px: number
  mean: [number, number, number]
}[] = [
  {
    name: 'RGBA, LZW, 4326: desert',
    config: single('vegas-0.3m-rgba-4326.tif'),
    at: { lon: -115.1688, lat: 36.2399 },
    px: 64,
    mean: [129.9, 99.4, 80.6],
  },
  {
    name: 'RGB, 4326: Paris',
    config: single('paris-0.3m-rgb-4326.tif'),
    at: { lon: 2.28206, lat: 48.98189 },
    px: 64,
    mean: [61.9, 59.5, 65.2],
  },
  {
    name: 'JPEG, 28992: water',
    config: single('netherlands-0.25m-rgb-jpeg-28992.tif'),
    at: { lon: 4.98853, lat: 51.84198 },
    px: 64,
    mean: [82.4, 105.0, 94.3],
  },
  {
    name: 'JPEG COG with overviews',
    config: single('colorado-0.15m-rgb-jpeg-cog-26913.tif'),
    at: { lon: -104.774935, lat: 38.953605 },
    px: 48,
    mean: [87.1, 96.9, 104.3],
  },
]

describeWithShared('real rasters', () => {
  for (const { name, config, at, px, mean } of CASES) {
    test(`has the colours that GDAL reads: ${name}`, async () => {
      const source = await open(config)
      const { data } = (await source.patch(at, { px, gsd: 0.5 }, signal)).image
      await source.close()
      const sums = [0, 0, 0]
      data.forEach((value, index) => (sums[index % 3]! += value))
      sums.forEach((sum, channel) => {
        expect(Math.abs(sum / (px * px) - mean[channel]!)).toBeLessThan(3)
      })
    })
  }

  test('decodes WebP inside TIFF', async () => {
    const source = await open(single('naip-webp-cog-3857.tif'))
    const empty = source.patch({ lon: -121.37, lat: 41.95 }, { px: 64, gsd: 0.5 }, signal)
    await expect(empty).rejects.toMatchObject({ code: 'nodata' })
    const { data } = (
      await source.patch({ lon: -121.34674, lat: 41.96766 }, { px: 64, gsd: 0.5 }, signal)
    ).image
    expect(new Set(data).size).toBeGreaterThan(40)
    await source.close()
  })

  let opened: Promise<ImagerySource> | undefined
  afterAll(async () => (await opened)?.close())
  const chips = [
    { name: 'park and houses', at: { lon: 4.3569, lat: 51.8705 }, reason: null },
    { name: 'across the no-data third', at: { lon: 4.3895, lat: 51.9052 }, reason: 'nodata' },
    { name: 'the quay', at: { lon: 4.3897, lat: 51.90385 }, reason: null },
    { name: 'between the chips', at: { lon: 4.37, lat: 51.89 }, reason: 'outside-imagery' },
  ]
  for (const { name, at, reason } of chips) {
    test(`Rotterdam, 16 bit: ${name} is ${reason ?? 'there'}`, async () => {
      const source = await (opened ??= open(rotterdam))
      const patch = source.patch(at, { px: 224, gsd: 0.5 }, signal)
      if (reason === null) expect((await patch).image.data.length).toBe(224 * 224 * 3)
      else await expect(patch).rejects.toMatchObject({ code: reason })
    })
  }

  test('refuses 16 bit without a stretch, naming the way out', async () => {
    await expect(open({ ...rotterdam, stretch: 'none' })).rejects.toMatchObject({
      code: 'stretch-missing',
      hint: expect.stringContaining('percentile') as string,
    })
  })
})
