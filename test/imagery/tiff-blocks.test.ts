/** What is copied by rows has to be what geotiff.js reads value by value. */
import { fromArrayBuffer, type GeoTIFFImage } from 'geotiff'
import { describe, expect, test } from 'vitest'
import { copyRect, isCopyable } from '../../src/imagery/tiff-blocks.ts'
import { encodeTiff, type TiffImage } from '../fixtures/tiff.ts'

const [WIDTH, HEIGHT] = [100, 70]
const { signal } = new AbortController()

function picture(fields: Partial<TiffImage> & { readonly samples: number }): TiffImage {
  const { samples, bits = 8 } = fields
  const length = WIDTH * HEIGHT * samples
  const values = Array.from({ length }, (_, i) => (i * 7919) % 2 ** Math.min(bits, 16))
  return { width: WIDTH, height: HEIGHT, values, ...fields }
}

async function open(image: TiffImage, isLittleEndian = true): Promise<GeoTIFFImage> {
  const tiff = await fromArrayBuffer(Uint8Array.from(encodeTiff([image], isLittleEndian)).buffer)
  return tiff.getImage()
}

describe('a rectangle', () => {
  const PICTURES = [
    { name: 'RGB in tiles', image: picture({ samples: 3, tilePx: 32 }) },
    { name: 'RGBA in one strip', image: picture({ samples: 4, tags: { 338: [2] } }) },
    { name: 'grey in tiles', image: picture({ samples: 1, tilePx: 48 }) },
    { name: '16 bits in tiles', image: picture({ samples: 3, bits: 16, tilePx: 32 }) },
    { name: '8 bits, most significant byte first', image: picture({ samples: 3 }), isBig: true },
  ]
  const RECTS = [
    { name: 'all of it', x: 0, y: 0, width: WIDTH, height: HEIGHT },
    { name: 'one tile', x: 32, y: 32, width: 32, height: 32 },
    { name: 'parts of four tiles', x: 20, y: 25, width: 30, height: 20 },
    { name: 'the last corner', x: 90, y: 60, width: 10, height: 10 },
    { name: 'one pixel', x: 50, y: 3, width: 1, height: 1 },
  ]
  for (const { name, image, isBig = false } of PICTURES) {
    test.each(RECTS)(`of ${name} is what geotiff.js reads: $name`, async (rect) => {
      const file = await open(image, !isBig)
      expect(isCopyable(file)).toBe(true)
      const { x, y, width, height } = rect
      const window = [x, y, x + width, y + height]
      const truth = await file.readRasters({ window, interleave: true })
      const samples = await copyRect(file, rect, signal)
      expect(samples.constructor).toBe(truth.constructor)
      expect([...samples]).toEqual([...truth])
    })
  }

  test('of a file whose last tile is cut off is refused', async () => {
    const file = await open(picture({ samples: 3 }))
    const bytes = WIDTH * HEIGHT * 3
    // StripByteCounts.
    file.fileDirectory.actualizedFields.set(279, [bytes - 1])
    const rect = { x: 0, y: 0, width: WIDTH, height: HEIGHT }
    await expect(copyRect(file, rect, signal)).rejects.toThrow(`not ${bytes}`)
  })
})

describe('left to geotiff.js', () => {
  const OTHERS = [
    { name: 'floats', image: picture({ samples: 1, bits: 32, format: 3 }) },
    { name: 'signed samples', image: picture({ samples: 1, bits: 16, format: 2 }) },
    { name: 'half bytes', image: picture({ samples: 1, bits: 4 }) },
    {
      name: '16 bits in the other byte order',
      image: picture({ samples: 1, bits: 16 }),
      isBig: true,
    },
  ]
  test.each(OTHERS)('are $name', async ({ image, isBig = false }) => {
    expect(isCopyable(await open(image, !isBig))).toBe(false)
  })
})
