import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import { decodePhoto } from '../../src/image/decode.ts'
import type { DecodedPhoto, PhotoLimits } from '../../src/image/decode.ts'

type Colour = readonly [number, number, number]
const A: Colour = [220, 30, 30]
const B: Colour = [30, 200, 40]
const C: Colour = [30, 40, 210]
const D: Colour = [255, 255, 255]
const [WIDTH, HEIGHT] = [96, 64]

/** Quarters A B / C D, top left to bottom right. */
function quarters(): Sharp {
  const data = Buffer.alloc(WIDTH * HEIGHT * 3)
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const isRight = i % WIDTH >= WIDTH / 2
    const isBottom = i >= (WIDTH * HEIGHT) / 2
    data.set(isBottom ? (isRight ? D : C) : isRight ? B : A, i * 3)
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
}

/** Colours at the middle of the quarters. */
function coloursOf({ image }: DecodedPhoto): Colour[] {
  const at = (fx: number, fy: number) => {
    const i = Math.floor(image.height * fy) * image.width + Math.floor(image.width * fx)
    return [image.data[i * 3]!, image.data[i * 3 + 1]!, image.data[i * 3 + 2]!] as const
  }
  return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)]
}

function expectColours(photo: DecodedPhoto, colours: readonly Colour[], tolerance: number): void {
  expect(photo.image.data).toHaveLength(photo.image.width * photo.image.height * 3)
  coloursOf(photo).forEach((colour, quarter) => {
    colour.forEach((value, channel) => {
      const off = Math.abs(value - colours[quarter]![channel]!)
      expect(off, `quarter ${quarter}, channel ${channel}: ${value}`).toBeLessThanOrEqual(tolerance)
    })
  })
}

async function refusal(bytes: Uint8Array, limits?: PhotoLimits): Promise<InputError> {
  const outcome: unknown = await decodePhoto(bytes, limits).catch((error: unknown) => error)
  if (outcome instanceof InputError) return outcome
  throw new Error(`Expected an InputError, got ${JSON.stringify(outcome)}`)
}

const heic = readFileSync(new URL('../fixtures/quarters.heic', import.meta.url))
const formats: Record<string, { bytes: () => Promise<Uint8Array>; tolerance: number }> = {
  jpeg: { bytes: () => quarters().jpeg({ quality: 95 }).toBuffer(), tolerance: 4 },
  png: { bytes: () => quarters().png().toBuffer(), tolerance: 0 },
  webp: { bytes: () => quarters().webp({ lossless: true }).toBuffer(), tolerance: 0 },
  avif: { bytes: () => quarters().avif({ quality: 80 }).toBuffer(), tolerance: 6 },
  tiff: { bytes: () => quarters().tiff({ compression: 'deflate' }).toBuffer(), tolerance: 0 },
  gif: { bytes: () => quarters().gif().toBuffer(), tolerance: 8 },
  heic: { bytes: async () => heic, tolerance: 4 },
}
for (const [format, { bytes, tolerance }] of Object.entries(formats)) {
  test(`${format} decodes to upright sRGB`, async () => {
    const photo = await decodePhoto(await bytes())
    expect(photo).toMatchObject({ format, width: WIDTH, height: HEIGHT, trimmed: null })
    expectColours(photo, [A, B, C, D], tolerance)
  })

  test(`a truncated ${format} is refused and says so`, async () => {
    const whole = await bytes()
    const { code, message } = await refusal(whole.subarray(0, Math.floor(whole.length * 0.7)))
    expect({ code, message }).toEqual({
      code: 'photo-corrupt',
      message: expect.stringMatching(/truncated/) as string,
    })
  })

  test(`${format} with too many pixels is refused`, async () => {
    const { code, message } = await refusal(await bytes(), { maxPixels: 1000 })
    expect(code).toBe('photo-too-large')
    expect(message).toContain('96 × 64')
  })
}

// Stored A B / C D; what EXIF says about how it was held → what it looks like.
const orientations: [number, readonly Colour[]][] = [
  [1, [A, B, C, D]],
  [2, [B, A, D, C]],
  [3, [D, C, B, A]],
  [4, [C, D, A, B]],
  [5, [A, C, B, D]],
  [6, [C, A, D, B]],
  [7, [D, B, C, A]],
  [8, [B, D, A, C]],
]
for (const [orientation, colours] of orientations) {
  test(`EXIF orientation ${orientation} is applied`, async () => {
    const bytes = await quarters().withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer()
    const photo = await decodePhoto(bytes)
    expect([photo.width, photo.height]).toEqual(orientation > 4 ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT])
    expectColours(photo, colours, 4)
  })
}

const colourSpaces: Record<string, { bytes: () => Promise<Uint8Array>; tolerance: number }> = {
  'a Display P3 profile': {
    bytes: () => quarters().withIccProfile('p3').png().toBuffer(),
    tolerance: 4,
  },
  '16 bits': { bytes: () => quarters().toColourspace('rgb16').png().toBuffer(), tolerance: 1 },
  'a palette': { bytes: () => quarters().png({ palette: true }).toBuffer(), tolerance: 4 },
}
for (const [name, { bytes, tolerance }] of Object.entries(colourSpaces)) {
  test(`${name} becomes 8-bit sRGB`, async () => {
    expectColours(await decodePhoto(await bytes()), [A, B, C, D], tolerance)
  })
}

test('a profile changes the stored numbers, so that converting it matters', async () => {
  const bytes = await quarters().withIccProfile('p3').png().toBuffer()
  const stored = await sharp(bytes).keepIccProfile().raw().toBuffer()
  expect(Math.abs(stored[0]! - A[0])).toBeGreaterThan(10)
})

test('CMYK becomes 8-bit sRGB', async () => {
  const earth: Colour = [150, 110, 90]
  const [r, g, b] = earth
  const picture = sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } })
  const bytes = await picture.toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()
  expect((await sharp(bytes).metadata()).channels).toBe(4)
  expectColours(await decodePhoto(bytes), [earth, earth, earth, earth], 12)
})

test('grey becomes three equal channels', async () => {
  const photo = await decodePhoto(await quarters().toColourspace('b-w').png().toBuffer())
  for (const [r, g, b] of coloursOf(photo)) expect([g, b]).toEqual([r, r])
})

for (const [bits, space] of [
  [8, 'srgb'],
  [16, 'rgb16'],
] as const) {
  test(`${bits}-bit transparency is laid over white`, async () => {
    const alpha = { r: 200, g: 0, b: 0, alpha: 0.5 }
    const picture = sharp({ create: { width: 8, height: 8, channels: 4, background: alpha } })
    const photo = await decodePhoto(await picture.toColourspace(space).png().toBuffer())
    const half: Colour = [228, 127, 127]
    expectColours(photo, [half, half, half, half], 1)
  })
}

test('of an animation the first frame is taken', async () => {
  const frames = await Promise.all(
    ['#ff0000', '#0000ff'].map((background) =>
      sharp({ create: { width: 20, height: 10, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  )
  const bytes = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer()
  expect((await sharp(bytes).metadata()).pages).toBe(2)
  const photo = await decodePhoto(bytes, { maxPixels: 200 })
  expect([photo.width, photo.height]).toEqual([20, 10])
  const red: Colour = [255, 0, 0]
  expectColours(photo, [red, red, red, red], 0)
})

test('the pixel limit is checked before anything is decoded', async () => {
  // A PNG that claims 100,000 × 100,000 px and holds none of them.
  const png = await quarters().png().toBuffer()
  png.writeUInt32BE(100_000, 16)
  png.writeUInt32BE(100_000, 20)
  const header = Buffer.concat([png.subarray(0, 29), crc32(png.subarray(12, 29)), png.subarray(33)])
  expect((await refusal(header)).code).toBe('photo-too-large')
})

function crc32(bytes: Uint8Array): Buffer {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(~crc >>> 0)
  return buffer
}

test('the byte limit is checked first of all', async () => {
  expect((await refusal(new Uint8Array(1001), { maxBytes: 1000 })).code).toBe('photo-too-large')
})

const foreign: readonly { name: string; text: string; got: string; hint: string }[] = [
  { name: 'an empty file', text: '', got: 'an empty file', hint: 'copy or download' },
  {
    name: 'SVG',
    text: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
    got: 'something else',
    hint: 'convert',
  },
  { name: 'XML', text: '<?xml version="1.0"?><svg/>', got: 'something else', hint: 'convert' },
  { name: 'PDF', text: '%PDF-1.7\n', got: 'a PDF', hint: 'pdfimages' },
  { name: 'HTML', text: '<!doctype html><p>404', got: 'something else', hint: 'convert' },
  { name: 'JPEG XL', text: '\0\0\0\x0cJXL \r\n\x87\n', got: 'something else', hint: 'convert' },
  { name: 'noise', text: '\x01\x02\x03\x04\x05', got: 'something else', hint: 'convert' },
  ...[
    { name: 'MP4', text: '\0\0\0\x18ftypisom\0\0\0\0isommp42' },
    { name: 'QuickTime', text: '\0\0\0\x14ftypqt  \0\0\0\0qt  ' },
    { name: 'old QuickTime', text: '\0\0\x10\0moov\0\0\0\x6cmvhd' },
    { name: 'WebM', text: '\x1aE\xdf\xa3\x9fB\x86\x81\x01' },
    { name: 'AVI', text: 'RIFF\0\x10\0\0AVI LIST' },
    { name: 'MPEG', text: '\0\0\x01\xba\x44\0\x04' },
  ].map((video) => ({ ...video, got: 'a video', hint: 'ffmpeg' })),
]
for (const { name, text, got, hint } of foreign) {
  test(`${name} is not a photo`, async () => {
    const error = await refusal(Buffer.from(text, 'latin1'))
    expect(error.code).toBe('photo-format')
    expect(error.message).toContain(`got ${got}`)
    expect(error.hint).toContain(hint)
  })
}

test('noise behind a right magic number is a damaged file, not a crash', async () => {
  const bytes = Buffer.concat([Buffer.from('\xff\xd8\xff', 'latin1'), Buffer.alloc(500, 7)])
  expect((await refusal(bytes)).code).toBe('photo-corrupt')
})

test('a position in EXIF leaves no trace', async () => {
  const exif = { IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 52/1 0/1' } }
  const bytes = await quarters().withExif(exif).jpeg().toBuffer()
  expect(bytes.includes('Exif')).toBe(true)
  const { image, ...rest } = await decodePhoto(bytes)
  expect(Object.keys(image).sort()).toEqual(['data', 'height', 'width'])
  expect(rest).toEqual({ format: 'jpeg', width: WIDTH, height: HEIGHT, trimmed: null })
})

test('bars of a compressed video frame are trimmed', async () => {
  const frame = quarters().extend({ top: 16, bottom: 16, background: '#000000' })
  const photo = await decodePhoto(await frame.jpeg({ quality: 60 }).toBuffer())
  expect(photo).toMatchObject({ width: WIDTH, height: HEIGHT + 32 })
  // Compression blurs the edge by a line.
  const { height } = photo.image
  expect(photo.trimmed).toMatchObject({ left: 0, right: 0 })
  expect(height).toBeGreaterThanOrEqual(HEIGHT)
  expect(height).toBeLessThanOrEqual(HEIGHT + 4)
})
