import sharp from 'sharp'
import { expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import { decodePhoto } from '../../src/image/decode.ts'
import { refuseBlank } from '../../src/image/refuse-blank.ts'
import type { Rgb8 } from '../../src/types.ts'

/** A picture by the grey level of each pixel. */
function paint(width: number, height: number, levelAt: (x: number, y: number) => number): Rgb8 {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    data.fill(levelAt(i % width, Math.floor(i / width)), 3 * i, 3 * i + 3)
  }
  return { width, height, data }
}

function codeOf(image: Rgb8): string | undefined {
  try {
    refuseBlank(image)
    return undefined
  } catch (error) {
    if (error instanceof InputError && error.hint !== undefined) return error.code
    throw error
  }
}

const toJpeg = ({ width, height, data }: Rgb8, quality: number) =>
  sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality })

const blank: Record<string, (x: number, y: number) => number> = {
  'all black': () => 0,
  'all white': () => 255,
  'of one grey with the noise of a covered lens': (x, y) => 90 + ((x * 7 + y * 3) % 3),
}
for (const [name, levelAt] of Object.entries(blank)) {
  test(`a photo that is ${name} is refused, as a JPEG too`, async () => {
    const image = paint(320, 240, levelAt)
    expect(codeOf(image)).toBe('photo-blank')
    const { image: decoded } = await decodePhoto(await toJpeg(image, 60).toBuffer())
    expect(codeOf(decoded)).toBe('photo-blank')
  })
}

test('one colour between black bars is one colour', async () => {
  const bars = { top: 40, bottom: 40, background: '#000000' }
  const frame = await toJpeg(
    paint(320, 180, () => 120),
    90,
  ).toBuffer()
  const { image, trimmed } = await decodePhoto(await sharp(frame).extend(bars).png().toBuffer())
  expect(trimmed).toMatchObject({ top: 40, bottom: 40 })
  expect(codeOf(image)).toBe('photo-blank')
})

test('one colour in every pixel is refused whatever the channels are', () => {
  const image = paint(64, 64, () => 0)
  for (let i = 0; i < image.data.length; i += 3) image.data.set([200, 30, 90], i)
  expect(codeOf(image)).toBe('photo-blank')
})

test('a night with a few lamps is a photo', () => {
  const lamps = (x: number, y: number) => (x % 100 === 50 && y % 100 === 50 ? 255 : 3)
  expect(codeOf(paint(400, 300, lamps))).toBeUndefined()
  expect(codeOf(paint(4000, 3000, lamps))).toBeUndefined()
})

test('a dusk of eight dark levels is a photo', () => {
  expect(codeOf(paint(400, 300, (_, y) => 6 + Math.floor(y / 37.5)))).toBeUndefined()
})

test('a photo is too small below 32 px on one side', () => {
  const stripes = (x: number, y: number) => ((x + y) % 2) * 200
  expect(codeOf(paint(1, 1, stripes))).toBe('photo-too-small')
  expect(codeOf(paint(400, 31, stripes))).toBe('photo-too-small')
  expect(codeOf(paint(32, 32, stripes))).toBeUndefined()
})
