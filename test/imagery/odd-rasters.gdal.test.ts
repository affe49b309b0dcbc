/**
 * Files as GDAL writes them where it is asked for the unusual: byte orders, predictors, CRSs of no
 * code, MBTiles.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { createImagerySource } from '../../src/imagery/registry.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import {
  cornerOf,
  difference,
  drawRaster,
  groundPatch,
  waves,
  writeRaster,
} from '../fixtures/rasters.ts'
import { describeWithGdal } from '../shared.ts'

const run = promisify(execFile)
const CENTRE = { lon: 4.36, lat: 51.87 }
const SIZE = { px: 112, gsd: 0.5 }
const DRAWN = { epsg: 32631, centre: CENTRE, width: 420, height: 420, pixelSize: 0.2 }
const { signal } = new AbortController()
let folder = ''
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-odd-'))
  const data = drawRaster(DRAWN, waves)
  await writeRaster(at('from.tif'), { ...DRAWN, data, samples: 3, corner: cornerOf(DRAWN) })
})
afterAll(() => rm(folder, { recursive: true }))

/** The patch is what the ground shows, within half a pixel: 12 levels per metre. */
async function expectGround(config: object): Promise<void> {
  const source = await createImagerySource(parseImageryConfig(config), imageryDeps(folder))
  try {
    const { image } = await source.patch(CENTRE, SIZE, signal)
    const { max, mean } = difference(image.data, groundPatch(waves, SIZE.px, SIZE.gsd))
    expect(mean).toBeLessThan(1)
    expect(max).toBeLessThanOrEqual(4)
  } finally {
    await source.close()
  }
}

const tiled = ['-co', 'TILED=YES', '-co', 'BLOCKXSIZE=64', '-co', 'BLOCKYSIZE=64']
const big = ['-co', 'ENDIANNESS=BIG']
const FORMS: { name: string; options: string[]; config?: object }[] = [
  { name: 'most significant byte first, LZW', options: [...tiled, ...big, '-co', 'COMPRESS=LZW'] },
  {
    name: 'most significant byte first, deflated differences',
    options: [...tiled, ...big, '-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=2'],
  },
  {
    name: '16 bits, LZW of differences',
    options: [
      '-ot',
      'UInt16',
      '-scale',
      '0',
      '255',
      '0',
      '51000',
      '-co',
      'COMPRESS=LZW',
      '-co',
      'PREDICTOR=2',
    ],
    config: { stretch: { low: [0, 0, 0], high: [51000, 51000, 51000] } },
  },
  {
    name: 'floats, LZW with the predictor for them',
    options: ['-ot', 'Float32', ...tiled, '-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=3'],
    config: { stretch: { low: [0, 0, 0], high: [255, 255, 255] } },
  },
  {
    name: 'separate bands, LZW',
    options: ['-co', 'INTERLEAVE=BAND', '-co', 'COMPRESS=LZW', '-co', 'PREDICTOR=2'],
  },
  { name: 'PackBits', options: ['-co', 'COMPRESS=PACKBITS'] },
]

describeWithGdal('forms of GeoTIFF that GDAL writes', () => {
  for (const { name, options, config } of FORMS) {
    test(name, async () => {
      await run('gdal_translate', ['-q', ...options, at('from.tif'), at('form.tif')])
      await expectGround({ kind: 'geotiff', files: [at('form.tif')], ...config })
    })
  }
})

describeWithGdal('overviews that are packed otherwise than the picture', () => {
  test('JPEG below deflate', async () => {
    const cog = ['-of', 'COG', '-co', 'BLOCKSIZE=128', '-co', 'COMPRESS=DEFLATE']
    const below = ['-co', 'OVERVIEW_COMPRESS=JPEG', '-co', 'OVERVIEW_QUALITY=95']
    await run('gdal_translate', ['-q', ...cog, ...below, at('from.tif'), at('cog.tif')])
    const config = parseImageryConfig({ kind: 'geotiff', files: [at('cog.tif')] })
    const source = await createImagerySource(config, imageryDeps(folder))
    // 0.9 m/px: an overview serves it.
    const size = { px: 60, gsd: 0.9 }
    const { image } = await source.patch(CENTRE, size, signal)
    await source.close()
    expect(difference(image.data, groundPatch(waves, size.px, size.gsd)).mean).toBeLessThan(8)
  })
})

describeWithGdal('forms that would be read as garbage are refused with what to do', () => {
  const deep = ['-ot', 'UInt16', '-scale', '0', '255', '0', '4095']
  for (const { name, options } of [
    {
      name: 'a predictor, most significant byte first',
      options: [...deep, ...big, '-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=2'],
    },
    { name: '12 bits in interleaved bands', options: [...deep, '-co', 'NBITS=12'] },
  ]) {
    test(name, async () => {
      await run('gdal_translate', ['-q', ...options, at('from.tif'), at('refused.tif')])
      const config = { kind: 'geotiff', files: [at('refused.tif')], stretch: 'percentile' }
      const opening = createImagerySource(parseImageryConfig(config), imageryDeps(folder))
      await expect(opening).rejects.toMatchObject({
        code: 'raster-format',
        message: expect.stringContaining(name) as unknown,
        hint: expect.stringContaining('gdal_translate') as unknown,
      })
    })
  }
})

const SYSTEMS = [
  {
    name: 'azimuthal, centred elsewhere',
    srs: '+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84',
    step: 0.3,
  },
  {
    name: 'transverse Mercator in US survey feet',
    srs: '+proj=tmerc +lat_0=50 +lon_0=4 +x_0=30000 +datum=WGS84 +units=us-ft',
    step: 1,
  },
  {
    name: 'conic',
    srs: '+proj=lcc +lat_1=49 +lat_2=54 +lat_0=51 +lon_0=5 +datum=WGS84',
    step: 0.3,
  },
  { name: 'Europe, by code', srs: 'EPSG:3035', step: 0.3 },
]

describeWithGdal('CRSs that GDAL spells out', () => {
  for (const { name, srs, step } of SYSTEMS) {
    test(name, async () => {
      const size = ['-tr', String(step), String(step)]
      const options = ['-q', '-overwrite', '-et', '0', '-r', 'cubic', '-t_srs', srs, ...size]
      await run('gdalwarp', [...options, '-dstalpha', at('from.tif'), at('system.tif')])
      await expectGround({ kind: 'geotiff', files: [at('system.tif')] })
    })
  }
})

describeWithGdal('MBTiles that GDAL writes', () => {
  for (const format of ['PNG', 'WEBP']) {
    test(format, async () => {
      const file = `${format}.mbtiles`
      const options = ['-q', '-of', 'MBTILES', '-co', `TILE_FORMAT=${format}`, '-co', 'QUALITY=100']
      const resampled = [...options, '-co', 'RESAMPLING=CUBIC', '-co', 'ZOOM_LEVEL_STRATEGY=UPPER']
      await run('gdal_translate', [...resampled, at('from.tif'), at(file)])
      if (format === 'PNG') await expectGround({ kind: 'mbtiles', file })
      else {
        const config = parseImageryConfig({ kind: 'mbtiles', file, attribution: 'x' })
        const source = await createImagerySource(config, imageryDeps(folder))
        const { image } = await source.patch(CENTRE, SIZE, signal)
        const { mean } = difference(image.data, groundPatch(waves, SIZE.px, SIZE.gsd))
        expect(mean).toBeLessThan(6)
        await source.close()
      }
    })
  }
})
