import { expect, test } from 'vitest'
import { toColours, type SampleFormat } from '../../src/imagery/bands.ts'

const format: SampleFormat = {
  samples: 3,
  bits: 8,
  format: 1,
  photometric: 1,
  extraSamples: [],
  colorMap: undefined,
  nodata: null,
}
const samples = Uint8Array.of(10, 20, 255, 30, 40, 255)
const block = { pixelCount: 2, samples, mask: null }

test('three samples of 8 bits are colours as they are', () => {
  expect([...toColours(block, { ...format, photometric: 2 }, null)]).toEqual([...samples])
})

test('a third sample that is the alpha is no colour, also where every pixel holds data', () => {
  const grey = toColours(block, { ...format, extraSamples: [0, 2] }, null)
  expect([...grey]).toEqual([10, 10, 10, 30, 30, 30])
})
