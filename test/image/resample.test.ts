import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assembleWarpKernel } from '../../scripts/make-warp-kernel.ts'
import { fitBiquadratic } from '../../src/image/biquadratic.ts'
import {
  sourceRect,
  warp,
  type PixelRect,
  type PixelWindow,
  type SourceMapping,
} from '../../src/image/resample.ts'
import { warpPlain } from './plain-warp.ts'

const PX = 16

/**
 * A picture of PX pixels whose middle lies at (x, y): turned, widened, and bent as map projections
 * bend.
 */
interface Shape {
  readonly x: number
  readonly y: number
  readonly across: number
  readonly down: number
  readonly turnedDeg: number
  readonly bend: number
}

function mappingOf({ x, y, across, down, turnedDeg, bend }: Shape): SourceMapping {
  const [cos, sin] = [Math.cos((turnedDeg * Math.PI) / 180), Math.sin((turnedDeg * Math.PI) / 180)]
  const nodesOf = (at: (s: number, t: number) => number) =>
    Float64Array.from({ length: 9 }, (_, node) => {
      const [s, t] = [(node % 3) / 2 - 0.5, Math.floor(node / 3) / 2 - 0.5]
      return at(s * PX, t * PX) + bend * s * t
    })
  return {
    u: fitBiquadratic(nodesOf((i, j) => x + (i * cos - j * sin) * across)),
    v: fitBiquadratic(nodesOf((i, j) => y + (i * sin + j * cos) * down)),
  }
}

/** Colours without any order, the hardest case; holes where asked for. */
function noise(rect: PixelRect, seed: number, holeShare: number): PixelWindow {
  let state = seed | 1
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const channels = holeShare > 0 ? 4 : 3
  const data = new Uint8Array(rect.width * rect.height * channels)
  for (let at = 0; at < data.length; at += channels) {
    if (channels === 4 && random() < holeShare) continue
    data.set([random() * 256, random() * 256, random() * 256], at)
    if (channels === 4) data[at + 3] = 255
  }
  return { ...rect, channels, data }
}

/**
 * Up to 8° off: a map projection's convergence. Pixels up to twice as high as wide, or the other
 * way round.
 */
const shapes = fc
  .record({
    x: fc.double({ min: -50, max: 50, noNaN: true }),
    y: fc.double({ min: -50, max: 50, noNaN: true }),
    across: fc.double({ min: 0.4, max: 4, noNaN: true }),
    down: fc.double({ min: 0.5, max: 2, noNaN: true }),
    turnedDeg: fc.double({ min: -8, max: 8, noNaN: true }),
    bend: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
  })
  .map((shape): Shape => ({ ...shape, down: shape.down * shape.across }))

describe('warp', () => {
  test('agrees with plain loops over doubles within one grey level', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const mapping = mappingOf(shape)
        const source = noise(sourceRect(mapping, PX), seed, 0)
        const picture = warp(source, mapping, { px: PX })
        const plain = warpPlain(source, mapping, PX)
        expect(picture.isValid).toBeNull()
        expect(plain.isValid).toBeNull()
        for (const [at, value] of picture.data.entries()) {
          if (Math.abs(value - plain.data[at]!) > 1)
            expect([at, value]).toEqual([at, plain.data[at]])
        }
      }),
      { numRuns: 15 },
    )
  })

  test('agrees with them around holes, where the colours are normalised', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.integer(),
        fc.double({ min: 0.02, max: 0.4, noNaN: true }),
        (shape, seed, share) => {
          const mapping = mappingOf(shape)
          const source = noise(sourceRect(mapping, PX), seed, share)
          const picture = warp(source, mapping, { px: PX })
          const plain = warpPlain(source, mapping, PX)
          let worst = 0
          const isValid = (one: { isValid: Uint8Array | null }, at: number) =>
            (one.isValid?.[at] ?? 1) === 1
          for (let at = 0; at < PX * PX; at++) {
            // Rounding may decide where just half of the weight is valid.
            if (Math.abs(plain.validity[at]! - 0.5) < 0.01) continue
            if (isValid(picture, at) !== isValid(plain, at)) expect(at).toBe('as plain loops say')
            for (let i = at * 3; i < at * 3 + 3; i++)
              worst = Math.max(worst, Math.abs(picture.data[i]! - plain.data[i]!))
          }
          // Where half of the weight is missing, rounding counts twice.
          expect(worst).toBeLessThanOrEqual(2)
        },
      ),
      { numRuns: 12 },
    )
  })

  test('leaves a plain area exactly as it is, whatever the scale', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const mapping = mappingOf(shape)
        const rect = sourceRect(mapping, PX)
        const data = new Uint8Array(rect.width * rect.height * 3).fill(203)
        const picture = warp({ ...rect, channels: 3, data }, mapping, { px: PX })
        expect(picture.data.every((value) => value === 203)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('says of a window with validity but no holes what it says of one without validity', () => {
    const mapping = mappingOf({ x: 3.3, y: 4.4, across: 1.7, down: 1.6, turnedDeg: 2, bend: 0 })
    const plain = noise(sourceRect(mapping, PX), 7, 0)
    const data = new Uint8Array((plain.data.length / 3) * 4).fill(255)
    for (let at = 0; at * 3 < plain.data.length; at++) {
      data.set(plain.data.subarray(at * 3, at * 3 + 3), at * 4)
    }
    expect(warp({ ...plain, channels: 4, data }, mapping, { px: PX })).toEqual(
      warp(plain, mapping, { px: PX }),
    )
  })

  test('reads nothing outside the window that it asked for, however the picture is turned', () => {
    for (let turnedDeg = -180; turnedDeg < 180; turnedDeg += 15) {
      const mapping = mappingOf({ x: 9.2, y: -3.1, across: 1.7, down: 1.7, turnedDeg, bend: 0.1 })
      const rect = sourceRect(mapping, PX)
      const wide = {
        x: rect.x - 9,
        y: rect.y - 9,
        width: rect.width + 18,
        height: rect.height + 18,
      }
      const larger = noise(wide, 5, 0)
      const data = new Uint8Array(rect.width * rect.height * 3)
      for (let y = 0; y < rect.height; y++) {
        const from = ((y + 9) * wide.width + 9) * 3
        data.set(larger.data.subarray(from, from + rect.width * 3), y * rect.width * 3)
      }
      const small = warp({ ...rect, channels: 3, data }, mapping, { px: PX }).data
      const large = warp(larger, mapping, { px: PX }).data
      const most = small.reduce((max, value, at) => Math.max(max, Math.abs(value - large[at]!)), 0)
      expect(most, `turned by ${turnedDeg}°`).toBeLessThanOrEqual(1)
    }
  })

  test('keeps its numbers when a larger picture has made the memory grow', () => {
    const mapping = mappingOf({ x: 0, y: 0, across: 1.3, down: 1.3, turnedDeg: 1, bend: 0 })
    const source = noise(sourceRect(mapping, PX), 11, 0)
    const before = warp(source, mapping, { px: PX })
    const large = mappingOf({ x: 0, y: 0, across: 90, down: 90, turnedDeg: 0, bend: 0 })
    const rect = sourceRect(large, PX)
    const data = new Uint8Array(rect.width * rect.height * 3).fill(9)
    expect(
      warp({ ...rect, channels: 3, data }, large, { px: PX }).data.every((value) => value === 9),
    ).toBe(true)
    expect(warp(source, mapping, { px: PX })).toEqual(before)
  })
})

test('the committed kernel is what its source assembles to', async () => {
  const file = new URL('../../src/image/warp-kernel-bytes.ts', import.meta.url)
  expect(await readFile(file, 'utf8')).toBe(await assembleWarpKernel())
})
