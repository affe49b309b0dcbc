import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { TileDecoder } from '../../src/imagery/tile-decode.ts'

type Pixel = readonly number[]

/** A picture of `side` px from the colour of each pixel. */
function encode(side: number, colourAt: (index: number) => Pixel, format: 'png' | 'jpeg' = 'png') {
  const pixels = Array.from({ length: side * side }, (_, index) => colourAt(index))
  const channels = (pixels[0]?.length ?? 3) as 1 | 2 | 3 | 4
  const raw = { width: side, height: side, channels }
  return sharp(Uint8Array.from(pixels.flat()), { raw }).toFormat(format).toBuffer()
}

const noise = (index: number): Pixel => [index % 251, (index * 7) % 241, (index * 13) % 239]
const decode = async (bytes: Uint8Array, options: object = {}) =>
  new TileDecoder({ tileSizePx: 256, ...options }).decode({ bytes, etag: '"1"' }, '9/1/2')

describe('TileDecoder', () => {
  test('gives the pixels of RGB, and of grey three times', async () => {
    const rgb = await decode(await encode(256, noise))
    expect(rgb).toMatchObject({ channels: 3, etag: '"1"', byteLength: 256 * 256 * 3 })
    expect([...rgb.pixels.subarray(300, 303)]).toEqual(noise(100))
    const grey = await decode(await encode(256, (index) => [index % 200]))
    const at = 100 * grey.channels
    expect([...grey.pixels.subarray(at, at + 3)]).toEqual([100, 100, 100])
  })

  test('pixels that can be seen through hold no data', async () => {
    const half = await encode(256, (index) => [...noise(index), index < 256 * 128 ? 255 : 0])
    const { pixels, channels } = await decode(half)
    expect(channels).toBe(4)
    expect(pixels[3]).toBe(255)
    expect([...pixels.subarray(-4)]).toEqual([0, 0, 0, 0])
  })

  const blanks: { name: string; tile: () => Promise<Buffer> }[] = [
    { name: 'white', tile: () => encode(256, () => [255, 255, 255]) },
    { name: 'grey as JPEG', tile: () => encode(256, () => [204, 204, 204], 'jpeg') },
    { name: 'wholly transparent', tile: () => encode(256, (index) => [...noise(index), 0]) },
  ]
  for (const { name, tile } of blanks) {
    test(`a tile that is ${name} is no imagery`, async () => {
      await expect(decode(await tile())).rejects.toMatchObject({
        name: 'BadDataError',
        code: 'blank-tile',
      })
    })
  }

  test('a tile of one colour is a picture where the source says so', async () => {
    const white = await encode(256, () => [255, 255, 255])
    expect((await decode(white, { keepBlankTiles: true })).pixels[0]).toBe(255)
  })

  test("the provider's placeholder is known by its hash, whatever it is", async () => {
    const placeholder = Buffer.from('any bytes at all')
    const sha256 = createHash('sha256').update(placeholder).digest('hex')
    await expect(decode(placeholder, { noDataSha256: [sha256] })).rejects.toMatchObject({
      code: 'placeholder-tile',
    })
  })

  test('stretches the levels as the source says', async () => {
    const stretch = { low: [50, 50, 50], high: [150, 150, 150] }
    const { pixels } = await decode(await encode(256, (i) => [50 + (i % 2) * 100, 100, 100]), {
      stretch,
    })
    expect([...pixels.subarray(0, 6)]).toEqual([0, 128, 128, 255, 128, 128])
  })

  test('refuses another size and a picture that is cut off, without calling them no imagery', async () => {
    await expect(decode(await encode(128, noise))).rejects.toThrow('256 × 256 px, got 128 × 128')
    const jpeg = await encode(256, noise, 'jpeg')
    const cut = decode(jpeg.subarray(0, jpeg.length / 2))
    await expect(cut).rejects.toThrow()
    await expect(cut).rejects.not.toHaveProperty('code', 'blank-tile')
  })
})
