import sharp from 'sharp'
import { expect, test } from 'vitest'
import { decodePhoto } from '../../src/image/decode.ts'
import { encodeJpeg, encodePng } from '../../src/image/encode.ts'

const width = 7
const height = 5
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256)
const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 37) % 256)

test('PNG keeps every pixel of RGB and of RGBA', async () => {
  expect((await decodePhoto(await encodePng({ width, height, data: rgb }))).image.data).toEqual(
    Buffer.from(rgb),
  )
  const { data, info } = await sharp(await encodePng({ width, height, data: rgba }))
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect(info.channels).toBe(4)
  expect(data).toEqual(Buffer.from(rgba))
})

test('JPEG of a flat picture keeps its colour, and quality changes its size', async () => {
  const flat = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(120) }
  const { image } = await decodePhoto(await encodeJpeg(flat, 90))
  expect(image.data.every((value) => Math.abs(value - 120) <= 1)).toBe(true)
  const noisy = { ...flat, data: flat.data.map((_, i) => (i * i * 31) % 256) }
  const [low, high] = [await encodeJpeg(noisy, 30), await encodeJpeg(noisy, 95)]
  expect(low.length).toBeLessThan(high.length)
})

test('encoding twice gives the same bytes, without metadata', async () => {
  const image = { width, height, data: rgb }
  expect(await encodePng(image)).toEqual(await encodePng(image))
  const { exif, icc, xmp } = await sharp(await encodeJpeg(image, 80)).metadata()
  expect([exif, icc, xmp]).toEqual([undefined, undefined, undefined])
})
