import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spreadBlocks } from '../../src/imagery/spread-blocks.ts'

type Size = readonly [width: number, height: number]
const picture = ([width, height]: Size, [tileWidth, tileHeight]: Size) => ({
  getWidth: () => width,
  getHeight: () => height,
  getTileWidth: () => tileWidth,
  getTileHeight: () => tileHeight,
})

test('blocks of a large picture lie in several rows and columns of tiles, not in the first row alone', () => {
  const blocks = [...spreadBlocks(picture([9000, 9000], [512, 512]), 4_000_000)]
  expect(new Set(blocks.map(({ x }) => x)).size).toBeGreaterThanOrEqual(3)
  expect(new Set(blocks.map(({ y }) => y)).size).toBeGreaterThanOrEqual(3)
  const pixels = blocks.reduce((sum, { width, height }) => sum + width * height, 0)
  expect(pixels).toBeGreaterThan(1_000_000)
  expect(pixels).toBeLessThan(5_000_000)
})

test('with room for all, every pixel is in one block; there is always one, within the picture', () => {
  const side = fc.integer({ min: 1, max: 700 })
  const size = fc.tuple(side, side)
  fc.assert(
    fc.property(
      fc.record({ size, tile: size, most: fc.integer({ min: 1, max: 1e6 }) }),
      (drawn) => {
        const {
          size: [w, h],
          tile,
          most,
        } = drawn
        const sum = (pixelsMax: number) => {
          const blocks = [...spreadBlocks(picture([w, h], tile), pixelsMax)]
          for (const { x, y, width, height } of blocks) {
            expect(Math.min(x, y, w - x - width, h - y - height)).toBeGreaterThanOrEqual(0)
          }
          return blocks.reduce((pixels, { width, height }) => pixels + width * height, 0)
        }
        expect(sum(Infinity)).toBe(w * h)
        expect(sum(most)).toBeGreaterThan(0)
      },
    ),
  )
})
