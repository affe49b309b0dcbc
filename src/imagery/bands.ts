/**
 * Raw samples of a raster → `uint8[h, w, 4]`, RGB and validity: which bands are colours, which pixels hold data,
 * and how more than 8 bits become 8.
 */
import { InputError } from '../errors.ts'

/** What the tags say about a raster's samples. */
export interface SampleFormat {
  readonly samples: number
  readonly bits: number
  /** 1 unsigned, 2 signed, 3 float. */
  readonly format: number
  /** TIFF's photometric interpretation: 0 white is zero, 1 grey, 2 RGB, 3 palette, 6 YCbCr. */
  readonly photometric: number
  /** TIFF's ExtraSamples; 1 and 2 are alpha. */
  readonly extraSamples: readonly number[]
  /** `uint16[3 × colours]`. */
  readonly colorMap: ArrayLike<number> | undefined
  readonly nodata: number | null
}

/** Value that becomes 0 and value that becomes 255, per colour. */
export type Stretch = readonly (readonly [low: number, high: number])[]

const WHITE_IS_ZERO = 0
const PALETTE = 3
const YCBCR = 6

/** Which samples are red, green, blue, and which one is alpha. */
export interface BandPlan {
  readonly colours: readonly [red: number, green: number, blue: number]
  readonly alpha: number | null
}

/** Decides which bands are shown: RGB, or one band as grey; the last extra sample marked as alpha counts as such. */
export function planBands({ samples, extraSamples }: SampleFormat): BandPlan {
  const colourCount = samples - extraSamples.length
  const alphaAt = extraSamples.findIndex((kind) => kind === 1 || kind === 2)
  const alpha = alphaAt === -1 ? null : colourCount + alphaAt
  // Files by other programs often mark no extra samples at all: bands 1–3 of three and more are RGB then.
  const isRgb = samples - (alpha === null ? 0 : 1) >= 3
  return { colours: isRgb ? [0, 1, 2] : [0, 0, 0], alpha }
}

/** Refuses what cannot be shown without being told how. @throws {InputError} `raster-format`, `stretch-missing` */
export function checkFormat(format: SampleFormat, hasStretch: boolean, file: string): void {
  const { bits, photometric } = format
  if (![0, 1, 2, PALETTE, YCBCR].includes(photometric)) {
    throw new InputError(
      'raster-format',
      `Expected grey, RGB, YCbCr or palette colours for ${file}, got photometric ${String(photometric)}`,
      { hint: 'gdal_translate -expand rgb, or convert to RGB first' },
    )
  }
  if (!hasStretch && (bits !== 8 || format.format !== 1)) {
    throw new InputError(
      'stretch-missing',
      `Expected 8-bit samples or a stretch for ${file}, got ${String(bits)}-bit samples`,
      {
        hint: 'add "stretch":"percentile" to the source, or make the file 8-bit: gdal_translate -scale',
      },
    )
  }
}

/** Interleaved samples of a block, as geotiff.js reads them; `mask` of the internal mask, 0 = no data. */
export interface RawBlock {
  readonly pixelCount: number
  readonly samples: ArrayLike<number>
  readonly mask: ArrayLike<number> | null
}

/** Is there data at a pixel: internal mask, alpha of at least a half, and not all bands equal to nodata. */
function hasData(raw: RawBlock, format: SampleFormat, { plan, index }: PixelQuestion): boolean {
  if (raw.mask !== null && raw.mask[index] === 0) return false
  const at = index * format.samples
  if (plan.alpha !== null && (raw.samples[at + plan.alpha] ?? 0) * 2 < 2 ** format.bits - 1) {
    return false
  }
  if (format.nodata === null && format.format !== 3) return true
  return plan.colours.some((band) => {
    const value = raw.samples[at + band] ?? Number.NaN
    return value !== format.nodata && !Number.isNaN(value)
  })
}

interface PixelQuestion {
  readonly plan: BandPlan
  readonly index: number
}

/**
 * Turns the samples of a block into colours.
 * @returns `uint8[pixelCount, 3]` where every pixel holds data, else `uint8[pixelCount, 4]` with validity
 */
export function toColours(
  raw: RawBlock,
  format: SampleFormat,
  stretch: Stretch | null,
): Uint8Array {
  const plan = planBands(format)
  const colourOf = colourReader(format, stretch)
  const { pixelCount } = raw
  const pixels = new Uint8ClampedArray(pixelCount * 4)
  let isComplete = true
  for (let index = 0; index < pixelCount; index++) {
    if (!hasData(raw, format, { plan, index })) {
      isComplete = false
      continue
    }
    const at = index * format.samples
    for (let channel = 0; channel < 3; channel++) {
      const band = plan.colours[channel] as number
      pixels[index * 4 + channel] = colourOf(raw.samples[at + band] as number, channel)
    }
    pixels[index * 4 + 3] = 255
  }
  const bytes = new Uint8Array(pixels.buffer)
  return isComplete ? dropValidity(bytes) : bytes
}

type ColourReader = (value: number, channel: number) => number

function colourReader(format: SampleFormat, stretch: Stretch | null): ColourReader {
  const { colorMap, photometric } = format
  if (photometric === PALETTE && colorMap !== undefined) {
    const count = colorMap.length / 3
    return (value, channel) => (colorMap[channel * count + value] ?? 0) / 257
  }
  if (stretch === null) {
    return photometric === WHITE_IS_ZERO ? (value) => 255 - value : (value) => value
  }
  const low = stretch.map(([value]) => value)
  const factor = stretch.map(([from, to]) => 255 / Math.max(to - from, 1e-9))
  return (value, channel) => (value - (low[channel] as number)) * (factor[channel] as number)
}

/** `uint8[n, 4]` → `uint8[n, 3]`. */
export function dropValidity(pixels: Uint8Array): Uint8Array {
  const colours = new Uint8Array((pixels.length / 4) * 3)
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    colours[to] = pixels[from] as number
    colours[to + 1] = pixels[from + 1] as number
    colours[to + 2] = pixels[from + 2] as number
  }
  return colours
}

/**
 * Finds the 2nd and 98th percentile of each colour over the pixels that hold data.
 * @returns a stretch; `null` when no pixel holds data
 */
export function measureStretch(blocks: readonly RawBlock[], format: SampleFormat): Stretch | null {
  const plan = planBands(format)
  const values = plan.colours.map((): number[] => [])
  for (const raw of blocks) {
    for (let index = 0; index < raw.pixelCount; index++) {
      if (!hasData(raw, format, { plan, index })) continue
      plan.colours.forEach((band, channel) => {
        values[channel]?.push(raw.samples[index * format.samples + band] as number)
      })
    }
  }
  if (values[0]?.length === 0) return null
  return values.map((list) => {
    const sorted = Float64Array.from(list).sort()
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number
    return [at(0.02), at(0.98)] as const
  })
}
