import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBlack } from '../../src/imagery/black.ts'

const PX = 224

/** Grey, and black in its first columns. */
function imageOf(blackColumns: number, black: readonly number[] = [0, 0, 0]) {
  const data = new Uint8Array(PX * PX * 3).fill(90)
  for (let row = 0; row < PX; row++) {
    for (let column = 0; column < blackColumns; column++) data.set(black, 3 * (row * PX + column))
  }
  return { width: PX, height: PX, data }
}
const whole = { x: 0, y: 0, px: PX }

test.each([
  { blackColumns: 0, isIt: false },
  { blackColumns: 20, isIt: false },
  { blackColumns: 28, isIt: true },
  { blackColumns: PX, isIt: true },
])('$blackColumns black columns of 224: $isIt', ({ blackColumns, isIt }) => {
  expect(isBlack(imageOf(blackColumns), whole)).toBe(isIt)
})

test('dark is not black', () => {
  for (const dark of [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]) {
    expect(isBlack(imageOf(PX, dark), whole)).toBe(false)
  }
})

test('of a window the square alone counts', () => {
  const image = imageOf(100)
  const start = fc.integer({ min: 0, max: PX - 64 })
  fc.assert(
    fc.property(start, start, (x, y) => {
      const share = Math.max(0, Math.min(64, 100 - x)) / 64
      // The lattice sees every second column: the last one may fall beside the edge.
      if (Math.abs(share - 0.1) > 1 / 32) {
        expect(isBlack(image, { x, y, px: 64 })).toBe(share > 0.1)
      }
    }),
  )
})
