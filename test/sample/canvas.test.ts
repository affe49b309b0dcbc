import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCanvas, darken, fill } from '../../src/sample/canvas.ts'
import { box } from '../../src/sample/shapes.ts'
import type { Ring } from '../../src/sample/shapes.ts'

const square = (low: number, high: number): Ring => [
  [low, low],
  [high, low],
  [high, high],
  [low, high],
]

function inkOf(rings: readonly Ring[]): number {
  const canvas = createCanvas(40, 40)
  fill(canvas, rings, { shade: 0xffffff })
  return canvas.data.reduce((sum, value) => sum + value, 0) / (255 * 3)
}

const cases: { name: string; rings: Ring[]; pixels: number }[] = [
  { name: 'a square on pixel borders', rings: [square(4, 10)], pixels: 36 },
  { name: 'a square between pixel borders', rings: [square(4.5, 10.25)], pixels: 33.06 },
  { name: 'a square with a hole', rings: [square(4, 20), square(8, 12)], pixels: 240 },
  { name: 'a square that leaves the canvas', rings: [square(-10, 10)], pixels: 100 },
  { name: 'a square outside the canvas', rings: [square(50, 60)], pixels: 0 },
]
for (const { name, rings, pixels } of cases) {
  test(`fill covers the area of ${name}`, () => {
    expect(inkOf(rings)).toBeCloseTo(pixels, 0)
  })
}

test('fill covers the area of a box however it is turned', () => {
  const side = fc.double({ min: 3, max: 15, noNaN: true })
  fc.assert(
    fc.property(side, side, fc.double({ min: 0, max: 7, noNaN: true }), (length, width, angle) => {
      const ink = inkOf([box({ at: [20, 20], angle }, length, width)])
      // Rows are cut into quarters: at worst a quarter of a pixel along the whole width is wrong.
      const worst = 0.25 * Math.hypot(length, width) + 0.5
      expect(Math.abs(ink - length * width)).toBeLessThan(worst)
    }),
  )
})

test('darken leaves pixels outside the shadow as they are', () => {
  const canvas = createCanvas(20, 20)
  canvas.data.fill(200)
  darken(canvas, [square(5, 10)], 0.5)
  expect(canvas.data[(7 * 20 + 7) * 3]).toBe(100)
  expect(canvas.data[(12 * 20 + 7) * 3]).toBe(200)
})
