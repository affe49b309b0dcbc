import { expect, test } from 'vitest'
import { trimBars } from '../../src/image/bars.ts'
import type { Trim } from '../../src/image/bars.ts'
import type { Rgb8 } from '../../src/types.ts'

type Pixel = (x: number, y: number) => number

/** A grey picture. */
function drawn(width: number, height: number, pixel: Pixel): Rgb8 {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    data.fill(pixel(i % width, Math.floor(i / width)), i * 3, i * 3 + 3)
  }
  return { width, height, data }
}

/** A picture within a black frame, with the noise that compression leaves in it. */
function framed(width: number, height: number, { top, right, bottom, left }: Trim): Rgb8 {
  return drawn(width, height, (x, y) => {
    const isInside = x >= left && x < width - right && y >= top && y < height - bottom
    return isInside ? 60 + ((x * 7 + y * 13) % 160) : 10 + ((x * 5 + y * 3) % 12)
  })
}

const bars: { name: string; size: [number, number]; trim: Trim }[] = [
  {
    name: 'cinema frame in 16:9',
    size: [320, 180],
    trim: { top: 22, right: 0, bottom: 22, left: 0 },
  },
  {
    name: '4:3 frame in 16:9',
    size: [320, 180],
    trim: { top: 0, right: 40, bottom: 0, left: 40 },
  },
  {
    name: 'upright video in 16:9',
    size: [320, 180],
    trim: { top: 0, right: 109, bottom: 0, left: 110 },
  },
  {
    name: 'bars on all sides',
    size: [200, 200],
    trim: { top: 30, right: 20, bottom: 31, left: 20 },
  },
]
for (const { name, size, trim } of bars) {
  test(`bars are trimmed exactly: ${name}`, () => {
    const { image, trim: found } = trimBars(framed(...size, trim))
    expect(found).toEqual(trim)
    expect(image.width).toBe(size[0] - trim.left - trim.right)
    expect(image.height).toBe(size[1] - trim.top - trim.bottom)
    expect(image.data[0]).toBeGreaterThanOrEqual(60)
    expect(image.data).toHaveLength(image.width * image.height * 3)
  })
}

const lamp = (x: number, y: number) => Math.hypot(x - 150, y - 120) < 12
const whole: Record<string, Rgb8> = {
  'a picture without bars': framed(160, 120, { top: 0, right: 0, bottom: 0, left: 0 }),
  'a black picture': drawn(160, 120, () => 0),
  'a night sky over a black street with one lamp': drawn(320, 200, (x, y) =>
    lamp(x, y) ? 250 : 8,
  ),
  'a night sky with a lit horizon over a black field': drawn(320, 200, (_, y) =>
    Math.max(0, 120 - Math.abs(y - 110) * 3),
  ),
  'a night street: black sky, bright road to the lower edge': drawn(320, 200, (_, y) =>
    y < 90 ? 5 : 120,
  ),
  'a bar on one side only': framed(160, 120, { top: 20, right: 0, bottom: 0, left: 0 }),
  'bars of quite different thickness': framed(160, 120, { top: 30, right: 0, bottom: 8, left: 0 }),
  'bars thinner than 2 %': framed(400, 300, { top: 4, right: 0, bottom: 4, left: 0 }),
  'a picture of which less than 30 % would stay': framed(200, 100, {
    top: 40,
    right: 0,
    bottom: 40,
    left: 0,
  }),
  'one pixel': drawn(1, 1, () => 0),
}
for (const [name, image] of Object.entries(whole)) {
  test(`${name} stays whole`, () => {
    const result = trimBars(image)
    expect(result.trim).toBeNull()
    expect(result.image).toBe(image)
  })
}
