import { fromArrayBuffer } from 'geotiff'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { createCanvas } from '../../src/sample/canvas.ts'
import { encodeGeoTiff } from '../../src/sample/tiff.ts'

const place = {
  epsg: 32631,
  west: 430_000,
  north: 6_100_500,
  gsd: 0.5,
  description: 'Synthetic',
  dateTime: '2026:05:01 12:00:00',
}

const sizes = [
  { width: 256, height: 256 },
  { width: 300, height: 260 },
  { width: 31, height: 7 },
]
for (const { width, height } of sizes) {
  test(`encodeGeoTiff keeps every pixel of ${width} × ${height}`, async () => {
    const canvas = createCanvas(width, height)
    for (let at = 0; at < canvas.data.length; at++) canvas.data[at] = (at * 7919) >> 3
    const bytes = encodeGeoTiff(canvas, place)
    const bySharp = await sharp(bytes).raw().toBuffer()
    expect(Buffer.compare(bySharp, Buffer.from(canvas.data.buffer))).toBe(0)
    const image = await (await fromArrayBuffer(Uint8Array.from(bytes).buffer)).getImage()
    const rasters = await image.readRasters({ interleave: true })
    expect(Buffer.compare(Buffer.from(rasters.buffer), Buffer.from(canvas.data.buffer))).toBe(0)
  })
}

test('encodeGeoTiff says where the picture lies, when it was taken, and that it is synthetic', async () => {
  const bytes = encodeGeoTiff(createCanvas(300, 260), place)
  const image = await (await fromArrayBuffer(Uint8Array.from(bytes).buffer)).getImage()
  expect(image.getGeoKeys()).toMatchObject({ ProjectedCSTypeGeoKey: 32631, GTRasterTypeGeoKey: 1 })
  expect(image.getBoundingBox()).toEqual([430_000, 6_100_370, 430_150, 6_100_500])
  const text = Buffer.from(bytes).toString('latin1')
  expect(text).toContain('Synthetic')
  expect(text).toContain('2026:05:01 12:00:00')
})
