import { expect, test } from 'vitest'
import { colourAt, hexAt, type Colour } from '../../src/heatmap/ramp.ts'

/** CIE lightness L*, 0…100. */
function lightnessOf(colour: Colour): number {
  const [r, g, b] = colour.map((channel) => {
    const value = channel / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 116 * Math.cbrt(0.2126 * r + 0.7152 * g + 0.0722 * b) - 16
}

test('ramp goes from dark blue over green to yellow', () => {
  const [worst, middle, best] = [colourAt(0), colourAt(0.6), colourAt(1)]
  expect(worst[2]).toBeGreaterThan(2 * Math.max(worst[0], worst[1]))
  expect(middle[1]).toBeGreaterThan(Math.max(middle[0], middle[2]))
  expect(Math.min(best[0], best[1])).toBeGreaterThan(200)
  expect(best[2]).toBeLessThan(80)
})

test('ramp gets lighter with every step, so colour blindness loses nothing', () => {
  const steps = Array.from({ length: 101 }, (_, i) => lightnessOf(colourAt(i / 100)))
  for (let i = 1; i < steps.length; i++) expect(steps[i]).toBeGreaterThan(steps[i - 1]!)
  expect(steps[100]! - steps[0]!).toBeGreaterThan(70)
})

test('scores outside 0…1 are held at the ends', () => {
  expect(colourAt(-1)).toEqual(colourAt(0))
  expect(hexAt(2)).toBe(hexAt(1))
  expect(hexAt(1)).toMatch(/^#[0-9a-f]{6}$/)
})
