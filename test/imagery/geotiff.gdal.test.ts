import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'
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
const SIZE = { px: 112, gsd: 0.5 }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-gdal-'))
})
afterAll(() => rm(folder, { recursive: true }))

const tiled = ['-co', 'TILED=YES', '-co', 'BLOCKXSIZE=64', '-co', 'BLOCKYSIZE=64']
// The pattern is drawn in one CRS; GDAL warps it into another and writes the file.
const CASES = [
  { epsg: 4326, lon: 9.3, lat: 0.1, drawn: 32632, unitM: 111_320, options: tiled },
  {
    epsg: 4326,
    lon: -115.17,
    lat: 36.24,
    drawn: 32611,
    unitM: 111_320,
    options: ['-co', 'COMPRESS=LZW'],
  },
  { epsg: 3857, lon: -115.17, lat: 36.24, drawn: 32611, unitM: 0.8065, options: ['-of', 'COG'] },
  {
    epsg: 3857,
    lon: 18,
    lat: 68,
    drawn: 32633,
    unitM: 0.3746,
    options: [...tiled, '-co', 'COMPRESS=ZSTD'],
  },
  {
    epsg: 28992,
    lon: 4.99,
    lat: 51.84,
    drawn: 32631,
    unitM: 1,
    options: ['-co', 'INTERLEAVE=BAND'],
  },
  {
    epsg: 32631,
    lon: 4.36,
    lat: 51.87,
    drawn: 3857,
    unitM: 1,
    options: [...tiled, '-co', 'COMPRESS=DEFLATE', '-co', 'PREDICTOR=2'],
  },
  {
    epsg: 32631,
    lon: 5.9,
    lat: 68,
    drawn: 3857,
    unitM: 1,
    options: ['-dstalpha', '-co', 'BIGTIFF=YES'],
  },
]

describeWithGdal('a pattern that GDAL wrote comes out where it is, within half a pixel', () => {
  for (const { epsg, lon, lat, drawn, unitM, options } of CASES) {
    test(`EPSG:${epsg} at ${lat}°, ${options.join(' ')}`, async () => {
      const centre = { lon, lat }
      const scale = drawn === 3857 ? Math.cos((lat * Math.PI) / 180) : 1
      const plan = { epsg: drawn, centre, width: 420, height: 420, pixelSize: 0.2 / scale }
      const [from, to] = [
        join(folder, `from-${epsg}-${lat}.tif`),
        join(folder, `to-${epsg}-${lat}.tif`),
      ]
      await writeRaster(from, {
        ...plan,
        data: drawRaster(plan, waves),
        samples: 3,
        corner: cornerOf(plan),
      })
      const step = String(0.3 / unitM)
      await run('gdalwarp', [
        '-q',
        '-overwrite',
        '-et',
        '0',
        '-r',
        'cubic',
        '-t_srs',
        `EPSG:${epsg}`,
        '-tr',
        step,
        step,
        ...options,
        from,
        to,
      ])
      const source = await createGeotiffSource(
        { kind: 'geotiff', files: [to], stretch: 'none' },
        '/',
      )
      const { image } = await source.patch(centre, SIZE, new AbortController().signal)
      await source.close()
      // Half a pixel (0.25 m) of shift moves the steepest slopes, 12 levels per metre, by 3 levels.
      const { max, mean } = difference(image.data, groundPatch(waves, SIZE.px, SIZE.gsd))
      expect(mean).toBeLessThan(1)
      expect(max).toBeLessThanOrEqual(4)
    })
  }
})
