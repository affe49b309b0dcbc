import { expect, test } from 'vitest'
import { stretchTable } from '../../src/imagery/level-stretch.ts'

test('low becomes 0, high 255, what lies beyond is cut off, each band by its own levels', () => {
  const stretch = stretchTable({ low: [50, 0, 100], high: [150, 255, 200] })
  const pixels = new Uint8Array([50, 0, 100, 9, 150, 255, 200, 9, 100, 77, 20, 9, 250, 1, 250, 9])
  stretch(pixels, 4)
  expect([...pixels]).toEqual([
    ...[0, 0, 0, 9],
    ...[255, 255, 255, 9],
    ...[128, 77, 0, 9],
    ...[255, 1, 255, 9],
  ])
})
