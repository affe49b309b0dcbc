/**
 * Raw samples of a raster → `uint8[h, w, 4]`, RGB and validity: which bands are colours, which
 * pixels hold data, and how more than 8 bits become 8.
 */
import { InputError } from '../errors.ts'
import type { Stretch } from '../types.ts'

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

const WHITE_IS_ZERO = 0
const PALETTE = 3
const YCBCR = 6

const UNSIGNED = 1
const SIGNED = 2
const FLOAT = 3

/** Which samples are red, green, blue, and which one is alpha. */
export interface BandPlan {
  readonly colours: readonly [red: number, green: number, blue: number]
  readonly alpha: number | null
}

/**
 * Decides which bands are shown: RGB, or one band as grey; the last extra sample marked as alpha
 * counts as such.
 */
export function planBands({ samples, extraSamples }: SampleFormat): BandPlan {
  const colourCount = samples - extraSamples.length
  const alphaAt = extraSamples.findIndex((kind) => kind === 1 || kind === 2)
  const alpha = alphaAt === -1 ? null : colourCount + alphaAt
  // Files by other programs often mark no extra samples at all: bands 1–3 of three and more are RGB
  // then.
  const isRgb = samples - (alpha === null ? 0 : 1) >= 3
  return { colours: isRgb ? [0, 1, 2] : [0, 0, 0], alpha }
}

/**
 * Refuses what cannot be shown without being told how.
 * @throws {InputError} `raster-format`, `stretch-missing`
 */
export function checkFormat(format: SampleFormat, hasStretch: boolean, file: string): void {
  const { bits, photometric } = format
  if (![0, 1, 2, PALETTE, YCBCR].includes(photometric)) {
    throw new InputError(
      'raster-format',
      `Expected grey, RGB, YCbCr or palette colours for ${file}, got photometric ${String(photometric)}`,
      { hint: 'gdal_translate -expand rgb, or convert to RGB first' },
    )
  }
  if (photometric === PALETTE && (format.colorMap === undefined || bits > 8)) {
    throw new InputError(
      'raster-format',
      `Expected a palette of at most 256 colours for ${file}, got ${String(bits)}-bit indices`,
      { hint: 'gdal_translate -expand rgb' },
    )
  }
  // Fewer bits are spread over 0–255 without loss.
  if (!hasStretch && (bits > 8 || format.format !== UNSIGNED)) {
    throw new InputError(
      'stretch-missing',
      `Expected 8-bit samples or a stretch for ${file}, got ${String(bits)}-bit samples`,
      {
        hint: 'add "stretch":"percentile" to the source, or make the file 8-bit: gdal_translate -ot Byte -scale IN.tif OUT.tif',
      },
    )
  }
}

/**
 * Interleaved samples of a block, as geotiff.js reads them; `mask` of the internal mask, 0 = no
 * data.
 */
export interface RawBlock {
  readonly pixelCount: number
  readonly samples: ArrayLike<number>
  readonly mask: ArrayLike<number> | null
}

/**
 * Samples whose bands are red, green and blue: geotiff.js leaves JPEG's YCbCr as it is (BT.601,
 * full range), and neither `nodata` nor a stretch means luma and chroma.
 */
export function asRgb(raw: RawBlock, { photometric, samples: bands }: SampleFormat): RawBlock {
  if (photometric !== YCBCR) return raw
  const samples = Uint8ClampedArray.from(raw.samples)
  for (let at = 0; at < samples.length; at += bands) {
    const y = samples[at] as number
    const cb = (samples[at + 1] as number) - 128
    const cr = (samples[at + 2] as number) - 128
    samples[at] = y + 1.402 * cr
    samples[at + 1] = y - 0.344136 * cb - 0.714136 * cr
    samples[at + 2] = y + 1.772 * cb
  }
  return { ...raw, samples: new Uint8Array(samples.buffer) }
}

/**
 * `uint8[pixelCount]`, 1 where a pixel holds data; `null` when all do.
 * @param raw  as `asRgb` gives it
 */
export function findData(raw: RawBlock, format: SampleFormat): Uint8Array | null {
  const { samples } = format
  const { colours, alpha } = planBands(format)
  if (raw.mask === null && alpha === null && isAlwaysData(format)) return null
  const opaqueFrom = largestValue(format) / 2
  const nodata = nodataOf(format)
  const isOpaque = (at: number): boolean =>
    alpha === null || (raw.samples[at + alpha] as number) >= opaqueFrom
  const isData = new Uint8Array(raw.pixelCount)
  for (let index = 0; index < raw.pixelCount; index++) {
    const at = index * samples
    const isThere = raw.mask?.[index] !== 0 && isOpaque(at)
    isData[index] = isThere && hasValue(raw.samples, at, { colours, nodata }) ? 1 : 0
  }
  return isData.includes(0) ? isData : null
}

/** No value of a band says that there is none. */
function isAlwaysData({ nodata, format }: SampleFormat): boolean {
  return nodata === null && format !== FLOAT
}

/** What a fully opaque alpha has; floats count from 0 to 1. */
function largestValue({ bits, format }: SampleFormat): number {
  if (format === FLOAT) return 1
  return format === SIGNED ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
}

/**
 * Tags write a float's least value with too few digits to be equal; as a float of the file's own
 * size it is.
 */
function nodataOf({ nodata, format, bits }: SampleFormat): number | null {
  return nodata !== null && format === FLOAT && bits === 32 ? Math.fround(nodata) : nodata
}

/** A pixel is empty when all its bands are: a black roof may well have one band at 0. */
function hasValue(
  samples: ArrayLike<number>,
  at: number,
  { colours, nodata }: { readonly colours: BandPlan['colours']; readonly nodata: number | null },
): boolean {
  for (const band of colours) {
    const value = samples[at + band] as number
    if (value !== nodata && Number.isFinite(value)) return true
  }
  return false
}

/**
 * Turns the samples of a block into colours.
 * @returns `uint8[pixelCount, 3]` where every pixel holds data, else `uint8[pixelCount, 4]` with
 *   validity
 */
export function toColours(
  block: RawBlock,
  format: SampleFormat,
  stretch: Stretch | null,
): Uint8Array {
  const raw = asRgb(block, format)
  const { colours } = planBands(format)
  const colourOf = colourReader(format, stretch)
  const isData = findData(raw, format)
  if (isData === null && stretch === null && isRgb8(raw, format)) return raw.samples
  const channels = isData === null ? 3 : 4
  const pixels = new Uint8ClampedArray(raw.pixelCount * channels)
  for (let index = 0; index < raw.pixelCount; index++) {
    if (isData?.[index] === 0) continue
    const at = index * format.samples
    const out = index * channels
    pixels[out] = colourOf(raw.samples[at + colours[0]] as number, 0)
    pixels[out + 1] = colourOf(raw.samples[at + colours[1]] as number, 1)
    pixels[out + 2] = colourOf(raw.samples[at + colours[2]] as number, 2)
    if (channels === 4) pixels[out + 3] = 255
  }
  return new Uint8Array(pixels.buffer)
}

/** Are the samples colours already? */
function isRgb8(
  raw: RawBlock,
  format: SampleFormat,
): raw is RawBlock & { readonly samples: Uint8Array } {
  const { samples, bits, photometric } = format
  // One of three samples can be the alpha: then the others are not three colours.
  const isRgb =
    samples === 3 &&
    planBands(format).alpha === null &&
    ![WHITE_IS_ZERO, PALETTE].includes(photometric)
  return isRgb && bits === 8 && raw.samples instanceof Uint8Array
}

type ColourReader = (value: number, channel: number) => number

function colourReader(format: SampleFormat, stretch: Stretch | null): ColourReader {
  const { colorMap, photometric } = format
  if (photometric === PALETTE && colorMap !== undefined) {
    const count = colorMap.length / 3
    return (value, channel) => (colorMap[channel * count + value] ?? 0) / 257
  }
  const read = stretch === null ? spreadReader(format) : stretchReader(stretch)
  return photometric === WHITE_IS_ZERO ? (value, channel) => 255 - read(value, channel) : read
}

/** At most 8 bits → 0–255. */
function spreadReader({ bits }: SampleFormat): ColourReader {
  const factor = 255 / (2 ** bits - 1)
  return (value) => value * factor
}

function stretchReader(stretch: Stretch): ColourReader {
  const low = stretch.map(([value]) => value)
  const factor = stretch.map(([from, to]) => 255 / Math.max(to - from, 1e-9))
  return (value, channel) => (value - (low[channel] as number)) * (factor[channel] as number)
}
