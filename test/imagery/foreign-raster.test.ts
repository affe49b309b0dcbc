import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGeotiffSource } from '../../src/imagery/geotiff.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-foreign-'))
})
afterAll(() => rm(folder, { recursive: true }))

const CASES = [
  { head: '\0\0\0\x0cjP  \r\n\x87\n', got: 'JPEG 2000', hint: /gdal_translate -of COG/ },
  { head: '\xff\x4f\xff\x51\0\0', got: 'JPEG 2000', hint: /gdal_translate/ },
  { head: '<VRTDataset rasterXSize="9">', got: 'a VRT', hint: /"files": \["folder\/\*\.tif"\]/ },
  { head: '<?xml version="1.0"?>\n<VRTDataset>', got: 'a VRT', hint: /files/ },
  { head: 'EHFA_HEADER_TAG\0', got: 'Erdas Imagine', hint: /gdal_translate/ },
  { head: '\x89HDF\r\n\x1a\n', got: 'HDF5 or netCDF', hint: /gdal_translate/ },
  { head: 'SQLite format 3\0', got: 'an SQLite file', hint: /"mbtiles"/ },
  { head: 'PMTiles\x03', got: 'PMTiles', hint: /"pmtiles"/ },
  { head: 'PK\x03\x04', got: 'a zip file', hint: /unpack/ },
  { head: '\xff\xd8\xff\xe0\0\x10JFIF', got: 'a JPEG', hint: /world file/ },
  { head: '\x89PNG\r\n\x1a\n', got: 'a PNG', hint: /-a_srs EPSG/ },
]
for (const [index, { head, got, hint }] of CASES.entries()) {
  test(`${got} for a GeoTIFF is named, with the way out (${JSON.stringify(head.slice(0, 8))})`, async () => {
    const file = join(folder, `${index}.tif`)
    await writeFile(file, Buffer.from(head.padEnd(600, '\0'), 'latin1'))
    const opening = createGeotiffSource({ kind: 'geotiff', files: [file], stretch: 'none' }, '/')
    await expect(opening).rejects.toMatchObject({
      code: 'raster-unreadable',
      message: `Expected a readable GeoTIFF, got ${got}: ${file}`,
      hint: expect.stringMatching(hint) as unknown,
    })
  })
}

test('an unknown file, or an empty one, is to be looked at', async () => {
  for (const bytes of ['', 'hello']) {
    const file = join(folder, 'unknown.tif')
    await writeFile(file, bytes)
    const opening = createGeotiffSource({ kind: 'geotiff', files: [file], stretch: 'none' }, '/')
    await expect(opening).rejects.toMatchObject({
      message: `Expected a readable GeoTIFF, got ${file}`,
      hint: expect.stringMatching(/gdalinfo/) as unknown,
    })
  }
})
