/** How more than 8 bits become 8: the 2nd and 98th percentile of a raster's own values. */
import type { Stretch } from '../types.ts'
import { asRgb, findData, planBands, type RawBlock, type SampleFormat } from './bands.ts'

const BINS = 65536

/**
 * Finds the 2nd and 98th percentile of each colour over the pixels that hold data, to 1/65536 of
 * its range.
 * @returns a stretch; `null` when no pixel holds data
 */
export function measureStretch(blocks: readonly RawBlock[], format: SampleFormat): Stretch | null {
  const inRgb = blocks.map((block) => asRgb(block, format))
  const measured = planBands(format).colours.map((band) => {
    const values = inRgb.map((raw) => valuesOf(raw, format, band))
    return percentiles(values)
  })
  const [red, green, blue] = measured
  return red && green && blue ? [red, green, blue] : null
}

/** One band of the pixels that hold data. */
function valuesOf(raw: RawBlock, format: SampleFormat, band: number): Float32Array {
  const isData = findData(raw, format)
  const values = new Float32Array(raw.pixelCount)
  let count = 0
  for (let index = 0; index < raw.pixelCount; index++) {
    if (isData?.[index] === 0) continue
    const value = raw.samples[index * format.samples + band] as number
    // Of a pixel that holds data, one band may still hold none.
    if (Number.isFinite(value)) values[count++] = value
  }
  return values.subarray(0, count)
}

function percentiles(lists: readonly Float32Array[]): [low: number, high: number] | null {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  let count = 0
  for (const list of lists) {
    count += list.length
    for (const value of list) {
      if (value < least) least = value
      if (value > most) most = value
    }
  }
  if (count === 0) return null
  const perUnit = most > least ? (BINS - 1) / (most - least) : 0
  const histogram = new Uint32Array(BINS)
  for (const list of lists) {
    for (const value of list) {
      const bin = Math.round((value - least) * perUnit)
      histogram[bin] = (histogram[bin] as number) + 1
    }
  }
  const at = (share: number): number => {
    let seen = 0
    const bin = histogram.findIndex((size) => (seen += size) > share * (count - 1))
    return perUnit === 0 ? least : least + bin / perUnit
  }
  return [at(0.02), at(0.98)]
}
