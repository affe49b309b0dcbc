import fc from 'fast-check'
import { fromArrayBuffer } from 'geotiff'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { decodeLzw } from '../../src/imagery/lzw.ts'
import { registerTiffCodecs } from '../../src/imagery/tiff-codecs.ts'

/** Codes of given widths, highest bit first. */
function pack(codes: readonly (readonly [code: number, bits: number])[]): Uint8Array {
  const bits = codes.map(([code, width]) => code.toString(2).padStart(width, '0')).join('')
  const bytes = bits.match(/.{1,8}/g) ?? []
  return Uint8Array.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)))
}

/** Encodes as TIFF asks, plainly: the longest string of the table, then the table grows. */
function encode(data: Uint8Array): Uint8Array {
  const codes: [number, number][] = [[256, 9]]
  let table = new Map<string, number>()
  let next = 258
  let at = 0
  const widthOf = (): number => Math.max(9, Math.ceil(Math.log2(next + 1)))
  while (at < data.length) {
    let text = String.fromCharCode(data[at]!)
    let code = data[at]!
    let length = 1
    for (; at + length < data.length; length++) {
      const longer = text + String.fromCharCode(data[at + length]!)
      const known = table.get(longer)
      if (known === undefined) break
      text = longer
      code = known
    }
    codes.push([code, widthOf()])
    if (at + length < data.length) table.set(text + String.fromCharCode(data[at + length]!), next)
    next++
    at += length
    if (next === 4094) {
      codes.push([256, 12])
      table = new Map()
      next = 258
    }
  }
  codes.push([257, widthOf()])
  return pack(codes)
}

describe('decodeLzw', () => {
  test('reads the example of the TIFF specification', () => {
    const data = [7, 7, 7, 8, 8, 7, 7, 6, 6]
    const codes = [256, 7, 258, 8, 8, 258, 6, 6, 257].map((code) => [code, 9] as const)
    expect([...decodeLzw(pack(codes), data.length)]).toEqual(data)
  })

  test('undoes an encoder, over all widths and clear codes', () => {
    // Few values make long strings, many values fill the table.
    const data = Uint8Array.from({ length: 40_000 }, (_, index) => (index * index * 7919) >>> 11)
    expect(Buffer.compare(decodeLzw(encode(data), data.length), data)).toBe(0)
    const bytes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 600 })
    fc.assert(
      fc.property(bytes, (values) => {
        const short = Uint8Array.from(values)
        expect(Buffer.compare(decodeLzw(encode(short), short.length), short)).toBe(0)
      }),
    )
  })

  test('makes no more than a tile of anything, or says what is wrong', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (junk) => {
        try {
          expect(decodeLzw(junk, 1000).length).toBe(1000)
        } catch (error) {
          expect(String(error)).toMatch(/LZW code \d+ means nothing/)
        }
      }),
    )
  })

  test('leaves 0 where data end early', () => {
    const codes = [256, 9, 9].map((code) => [code, 9] as const)
    expect([...decodeLzw(pack(codes), 4)]).toEqual([9, 9, 0, 0])
  })
})

describe('TIFFs that libtiff wrote with LZW', () => {
  const [width, height] = [300, 200]
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 31) >> 3)
  const KINDS = [
    { name: 'strips', options: {} },
    { name: 'strips of differences', options: { predictor: 'horizontal' } },
    { name: 'tiles', options: { tile: true, tileWidth: 64, tileHeight: 64 } },
    { name: 'tiles of differences', options: { tile: true, predictor: 'horizontal' } },
  ] as const
  for (const { name, options } of KINDS) {
    test(name, async () => {
      registerTiffCodecs()
      const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
        .tiff({ compression: 'lzw', ...options })
        .toBuffer()
      const tiff = await fromArrayBuffer(Uint8Array.from(file).buffer)
      const image = await tiff.getImage()
      expect(await image.fileDirectory.loadValue('Compression')).toBe(5)
      const data = (await image.readRasters({ interleave: true })) as unknown as Uint8Array
      expect(Buffer.compare(Uint8Array.from(data), pixels)).toBe(0)
    })
  }
})
