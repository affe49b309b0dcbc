import { expect, test } from 'vitest'
import { toColours, type SampleFormat } from '../../src/imagery/bands.ts'
import { measureStretch } from '../../src/imagery/measure-stretch.ts'

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

test('nodata and a stretch mean the colours of YCbCr, not its luma and chroma', () => {
  const yCbCr = { ...format, photometric: 6 }
  // Black, and a grey of 100.
  const raw = { pixelCount: 2, samples: Uint8Array.of(0, 128, 128, 100, 128, 128), mask: null }
  const empty = toColours(raw, { ...yCbCr, nodata: 0 }, null)
  expect([...empty]).toEqual([0, 0, 0, 0, 100, 100, 100, 255])
  const stretched = toColours(raw, yCbCr, [
    [0, 250],
    [50, 125],
    [100, 300],
  ])
  expect([...stretched.subarray(3)]).toEqual([102, 170, 0])
  expect(measureStretch([raw], { ...yCbCr, nodata: 0 })).toEqual([
    [100, 100],
    [100, 100],
    [100, 100],
  ])
})
