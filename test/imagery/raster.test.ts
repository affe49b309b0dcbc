/** Samples of every kind → colours: one pattern, written in many ways, comes out as it is. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createImagerySource } from '../../src/imagery/registry.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import type { Patch } from '../../src/types.ts'
import { cornerOf, difference, drawRaster, groundPatch, waves } from '../fixtures/rasters.ts'
import { imageryDeps } from '../fixtures/imagery-deps.ts'
import { encodeTiff, placeTags, type TiffImage } from '../fixtures/tiff.ts'

const PLAN = {
  epsg: 32631,
  centre: { lon: 4.36, lat: 51.87 },
  width: 240,
  height: 240,
  pixelSize: 0.3,
}
const SIZE = { px: 112, gsd: 0.5 }
const TAGS = placeTags({ ...PLAN, corner: cornerOf(PLAN) })
const { signal } = new AbortController()
const rgb = drawRaster(PLAN, waves)
/** The red wave alone. */
const grey = rgb.filter((_, index) => index % 3 === 0)
const base = { width: PLAN.width, height: PLAN.height, tags: TAGS }
/** A palette that changes slowly, so that neighbouring indices have neighbouring colours. */
const palette = (count: number): number[] => {
  const channel = (colour: (share: number) => number): number[] =>
    Array.from({ length: count }, (_, index) => Math.round(257 * colour(index / (count - 1))))
  return [
    ...channel((share) => 255 * share),
    ...channel((share) => 255 * (1 - share)),
    ...channel((share) => 100 + 50 * share),
  ]
}
const LEVELS = { low: [0, 0, 0], high: [1, 1, 1] }

let folder = ''
const open = async (images: TiffImage[], config: object = {}): Promise<ImagerySource> => {
  const file = join(folder, 'a.tif')
  const { isBigEndian = false, ...fields } = config as { isBigEndian?: boolean }
  await writeFile(file, encodeTiff(images, !isBigEndian))
  const source = { kind: 'geotiff', files: [file], ...fields }
  return createImagerySource(parseImageryConfig(source), imageryDeps(folder))
}
const cut = async (images: TiffImage[], config?: object): Promise<Patch> => {
  const source = await open(images, config)
  try {
    return await source.patch(PLAN.centre, SIZE, signal)
  } finally {
    await source.close()
  }
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-raster-'))
})
afterAll(() => rm(folder, { recursive: true }))

const red = (value: number): [number, number, number] => [value, value, value]
const CASES: {
  name: string
  image: Partial<TiffImage> & { values: ArrayLike<number> }
  config?: object
  /** What the red wave looks like; absent: all three waves. */
  colour?: (value: number) => readonly [number, number, number]
  tolerance?: number
}[] = [
  { name: 'RGB in one strip', image: { values: rgb, samples: 3 } },
  { name: 'RGB in tiles', image: { values: rgb, samples: 3, tilePx: 64 } },
  {
    name: 'RGB, most significant byte first',
    image: { values: rgb, samples: 3, tilePx: 64 },
    config: { isBigEndian: true },
  },
  {
    name: 'RGB and near infrared, which is not alpha',
    image: { values: withBand(rgb, () => 3), samples: 4, tags: { ...TAGS, 338: [0] } },
  },
  {
    name: 'RGB and opaque alpha',
    image: { values: withBand(rgb, () => 255), samples: 4, tags: { ...TAGS, 338: [2] } },
  },
  { name: 'grey', image: { values: grey }, colour: red },
  {
    name: 'grey, white is zero',
    image: { values: grey.map((value) => 255 - value), photometric: 0 },
    colour: red,
  },
  {
    name: 'grey of 4 bits',
    image: { values: grey.map((value) => value >> 4), bits: 4 },
    colour: red,
    tolerance: 16,
  },
  {
    name: 'a palette of 256 colours',
    image: { values: grey, photometric: 3, tags: { ...TAGS, 320: palette(256) } },
    colour: (value) => [value, 255 - value, 100 + (50 * value) / 255],
  },
  {
    name: 'a palette of 16 colours',
    image: {
      values: grey.map((value) => value >> 4),
      bits: 4,
      photometric: 3,
      tags: { ...TAGS, 320: palette(16) },
    },
    colour: (value) => [value, 255 - value, 100 + (50 * value) / 255],
    tolerance: 16,
  },
  {
    name: 'RGB of 16 bits between given levels',
    image: { values: Uint16Array.from(rgb, (value) => 1000 + 4 * value), samples: 3, bits: 16 },
    config: { stretch: { low: [1000, 1000, 1000], high: [2020, 2020, 2020] } },
  },
  {
    name: '16 bits, white is zero, between given levels',
    image: { values: Uint16Array.from(grey, (v) => 65535 - 257 * v), bits: 16, photometric: 0 },
    config: { stretch: { low: [0, 0, 0], high: [65535, 65535, 65535] } },
    colour: red,
  },
  {
    name: 'signed 16 bits with an opaque alpha',
    image: {
      values: Array.from(grey).flatMap((value) => [value - 100, 32767]),
      bits: 16,
      format: 2,
      samples: 2,
      tags: { ...TAGS, 338: [2] },
    },
    config: { stretch: { low: [-100, -100, -100], high: [155, 155, 155] } },
    colour: red,
  },
  {
    name: 'floats between given levels',
    image: { values: Float32Array.from(grey, (v) => v / 255), bits: 32, format: 3, tilePx: 64 },
    config: { stretch: LEVELS },
    colour: red,
  },
  {
    name: 'floats, most significant byte first',
    image: { values: Float32Array.from(grey, (v) => v / 255), bits: 32, format: 3 },
    config: { stretch: LEVELS, isBigEndian: true },
    colour: red,
  },
  {
    name: 'floats with an alpha of 1',
    image: {
      values: Array.from(grey).flatMap((value) => [value / 255, 1]),
      bits: 32,
      format: 3,
      samples: 2,
      tags: { ...TAGS, 338: [2] },
    },
    config: { stretch: LEVELS },
    colour: red,
  },
]

function withBand(colours: ArrayLike<number>, band: (index: number) => number): number[] {
  return Array.from({ length: (colours.length / 3) * 4 }, (_, index) =>
    index % 4 === 3 ? band((index - 3) / 4) : colours[Math.floor(index / 4) * 3 + (index % 4)]!,
  )
}

describe('samples come out as the ground they show', () => {
  for (const { name, image, config, colour, tolerance = 2 } of CASES) {
    test(name, async () => {
      const { data } = (await cut([{ ...base, ...image }], config)).image
      const ground = colour === undefined ? waves : (e: number, n: number) => colour(waves(e, n)[0])
      const truth = groundPatch(ground, SIZE.px, SIZE.gsd)
      expect(difference(data, truth).max).toBeLessThanOrEqual(tolerance)
    })
  }
})

/**
 * Is a pixel of the raster in its western part? 60 px of margin lie outside the patch on either
 * side (0.3 m, 56 m).
 */
const isWest = (index: number, columns: number): boolean => index % PLAN.width < columns
// The patch spans columns 27 to 213.
const PATCH_LEFT = 27
const PATCH_COLUMNS = 186.7
const columnsFor = (share: number): number => PATCH_LEFT + Math.round(share * PATCH_COLUMNS)

describe('pixels without data', () => {
  const floats = (empty: number) => (columns: number) => ({
    values: Float32Array.from(grey, (v, index) => (isWest(index, columns) ? empty : v / 255)),
    bits: 32,
    format: 3,
  })
  const FLOAT_MIN = -3.4028234663852886e38
  const WAYS: {
    name: string
    make: (columns: number) => Partial<TiffImage> & { values: ArrayLike<number> }
    mask?: (columns: number) => TiffImage
    config?: object
    isGrey?: boolean
  }[] = [
    {
      name: 'NaN',
      make: floats(NaN),
      config: { stretch: LEVELS },
      isGrey: true,
    },
    {
      name: 'infinity',
      make: floats(Infinity),
      config: { stretch: LEVELS },
      isGrey: true,
    },
    {
      name: 'the least float, its tag written with 15 digits',
      make: (columns) => ({
        ...floats(FLOAT_MIN)(columns),
        tags: { ...TAGS, 42113: '-3.40282346638529e+38' },
      }),
      config: { stretch: LEVELS },
      isGrey: true,
    },
    {
      name: "the file's nodata tag",
      make: (columns) => ({
        values: rgb.map((v, index) => (isWest(Math.floor(index / 3), columns) ? 7 : v)),
        samples: 3,
        tags: { ...TAGS, 42113: '7' },
      }),
    },
    {
      name: "the source's nodata value",
      make: (columns) => ({
        values: rgb.map((v, index) => (isWest(Math.floor(index / 3), columns) ? 7 : v)),
        samples: 3,
      }),
      config: { nodata: 7 },
    },
    {
      name: 'alpha',
      make: (columns) => ({
        values: withBand(rgb, (index) => (isWest(index, columns) ? 0 : 255)),
        samples: 4,
        tags: { ...TAGS, 338: [2] },
      }),
    },
    {
      name: "the file's internal mask of 1 bit",
      make: () => ({ values: rgb, samples: 3 }),
      mask: (columns) => ({
        ...base,
        values: grey.map((_, index) => (isWest(index, columns) ? 0 : 1)),
        bits: 1,
        photometric: 4,
        tags: { 254: [4] },
      }),
    },
    {
      name: "the file's internal mask of 8 bits",
      make: () => ({ values: rgb, samples: 3, tilePx: 64 }),
      mask: (columns) => ({
        ...base,
        values: grey.map((_, index) => (isWest(index, columns) ? 0 : 255)),
        photometric: 4,
        tilePx: 32,
        tags: { 254: [4] },
      }),
    },
  ]
  for (const { name, make, mask, config, isGrey = false } of WAYS) {
    const filesFor = (columns: number): TiffImage[] => [
      { ...base, ...make(columns) },
      ...(mask === undefined ? [] : [mask(columns)]),
    ]

    test(`${name}: a twentieth of the patch takes the mean colour of the rest`, async () => {
      const { data } = (await cut(filesFor(columnsFor(0.05)), config)).image
      const ground = isGrey ? (e: number, n: number) => red(waves(e, n)[0]) : waves
      const truth = groundPatch(ground, SIZE.px, SIZE.gsd)
      const differences: number[] = []
      const fills = new Set<string>()
      data.forEach((value, index) => {
        const column = Math.floor(index / 3) % SIZE.px
        if (column < 4) fills.add(`${index % 3}:${value}`)
        // Beside the border pixels of both sides are mixed.
        if (column >= 8) differences.push(Math.abs(value - truth[index]!))
      })
      expect(Math.max(...differences)).toBeLessThanOrEqual(2)
      // One colour, near the mean of the wave.
      expect(fills.size).toBe(3)
      const [first] = data
      expect(Math.abs(first! - 128)).toBeLessThan(20)
    })

    test(`${name}: more than a tenth is refused as nodata`, async () => {
      await expect(cut(filesFor(columnsFor(0.13)), config)).rejects.toMatchObject({
        code: 'nodata',
      })
    })
  }

  test('percentiles are those of the pixels that hold data', async () => {
    const values = Float32Array.from(grey, (v, index) => (isWest(index, 40) ? -9999 : 100 + v))
    const image = { values, bits: 32, format: 3, tags: { ...TAGS, 42113: '-9999' } }
    const { data } = (await cut([{ ...base, ...image }], { stretch: 'percentile' })).image
    const columns = [...data].filter((_, index) => Math.floor(index / 3) % SIZE.px > 12)
    // Were the empty pixels counted, everything else would be nearly white.
    const mean = columns.reduce((sum, value) => sum + value, 0) / columns.length
    expect(Math.abs(mean - 128)).toBeLessThan(15)
    expect(columns.filter((value) => value === 0 || value === 255).length).toBeGreaterThan(0)
  })
})

describe('the picture of a file that is used', () => {
  const level = (px: number, value: number): TiffImage => ({
    width: px,
    height: px,
    values: new Uint8Array(px * px * 3).fill(value),
    samples: 3,
    tilePx: 128,
    tags: { 254: [value === 10 ? 0 : 1] },
  })
  const LEVEL_CASES = [
    { metres: 0.5, says: 10, name: 'the full one for equal pixels' },
    { metres: 0.125, says: 10, name: 'the full one up to 4 pixels for one' },
    { metres: 0.1, says: 20, name: 'the first overview, with 2.5 for one' },
    { metres: 0.05, says: 40, name: 'the second overview, with 2.5 for one' },
    { metres: 0.04, says: 40, name: 'the second overview, with 3.1 for one' },
  ]
  for (const { metres, says, name } of LEVEL_CASES) {
    test(`${name} (${metres} m)`, async () => {
      const plan = { ...PLAN, width: 512, height: 512, pixelSize: metres }
      const tags = placeTags({ ...plan, corner: cornerOf(plan) })
      const full = level(512, 10)
      const images = [{ ...full, tags: { ...full.tags, ...tags } }, level(256, 20), level(128, 40)]
      const source = await open(images)
      const { image } = await source.patch(PLAN.centre, { px: 32, gsd: 0.5 }, signal)
      await source.close()
      expect(new Set(image.data)).toEqual(new Set([says]))
    })
  }
})

describe('refuses', () => {
  const REFUSED: { name: string; image: Partial<TiffImage>; config?: object; code: string }[] = [
    { name: 'CMYK', image: { photometric: 5, samples: 4 }, code: 'raster-format' },
    {
      name: 'a palette of 16-bit indices',
      image: { photometric: 3, bits: 16 },
      code: 'raster-format',
    },
    { name: 'a palette without colours', image: { photometric: 3 }, code: 'raster-format' },
    { name: 'floats without levels', image: { bits: 32, format: 3 }, code: 'stretch-missing' },
  ]
  for (const { name, image, config, code } of REFUSED) {
    test(name, async () => {
      const values = new Uint8Array(PLAN.width * PLAN.height * (image.samples ?? 1))
      await expect(open([{ ...base, values, ...image }], config)).rejects.toMatchObject({ code })
    })
  }

  test('a file that is no TIFF, and one that is cut off', async () => {
    const file = join(folder, 'bad.tif')
    const config = parseImageryConfig({ kind: 'geotiff', files: [file] })
    const whole = encodeTiff([{ ...base, values: rgb, samples: 3, tilePx: 64 }])
    for (const bytes of [Buffer.from('no picture'), Buffer.alloc(0), whole.subarray(0, 9000)]) {
      await writeFile(file, bytes)
      await expect(createImagerySource(config, imageryDeps(folder))).rejects.toMatchObject({
        code: 'raster-unreadable',
        message: expect.stringContaining('bad.tif') as string,
      })
    }
  })

  const WRONG = [
    { name: 'LZW', code: 5 },
    { name: 'deflated', code: 8 },
  ]
  for (const { name, code } of WRONG) {
    test(`a patch whose tiles are damaged, naming the file: not ${name} as they should be`, async () => {
      const file = join(folder, 'damaged.tif')
      const bytes = encodeTiff([{ ...base, values: rgb, samples: 3, tilePx: 64, tags: TAGS }])
      // Raw samples stand there.
      const at = bytes.indexOf(Buffer.from([3, 1, 3, 0, 1, 0, 0, 0, 1, 0]))
      bytes[at + 8] = code
      await writeFile(file, bytes)
      const config = parseImageryConfig({ kind: 'geotiff', files: [file] })
      const source = await createImagerySource(config, imageryDeps(folder))
      await expect(source.patch(PLAN.centre, SIZE, signal)).rejects.toMatchObject({
        name: 'BadDataError',
        code: 'raster-damaged',
        message: expect.stringContaining('damaged.tif') as string,
      })
      await source.close()
    })
  }
})
