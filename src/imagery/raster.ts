/**
 * One GeoTIFF, on disk or behind HTTP → blocks of pixels, RGB and validity. Decoding is
 * geotiff.js's; what the samples mean is bands.ts's, where they lie georeference.ts's.
 */
import type { GeoTIFFImage } from 'geotiff'
import { BadDataError, InputError, UpstreamError, WhereaboutsError } from '../errors.ts'
import type { PixelRect } from '../image/resample.ts'
import type { Stretch } from '../types.ts'
import { checkFormat, toColours, type RawBlock, type SampleFormat } from './bands.ts'
import type { StretchMemory } from './deps.ts'
import { HEAD_BYTES, nameForeign } from './foreign-raster.ts'
import { readGeoreference, type Affine, type Georeference } from './georeference.ts'
import { measureStretch } from './measure-stretch.ts'
import type { RangeReader } from './range-reader.ts'
import { registerTiffCodecs } from './tiff-codecs.ts'
import {
  checkDecodable,
  listImages,
  readGeoTags,
  readRect,
  readSampleFormat,
  type MaskedImage,
} from './tiff-images.ts'
import { spreadBlocks } from './spread-blocks.ts'
import { openTiff } from './tiff-source.ts'

/** The full picture of a raster, or one of its overviews. */
export interface RasterLevel {
  readonly raster: Raster
  /** 0 is the full picture. */
  readonly index: number
  readonly width: number
  readonly height: number
  readonly affine: Affine
  /** Size of the blocks that are decoded together: whole tiles or strips. */
  readonly blockWidth: number
  readonly blockHeight: number
}

/** An open file. */
export interface Raster {
  /** As its user named it. */
  readonly file: string
  /** What the server calls this version of the file; null on disk. */
  readonly etag: string | null
  /** The file is no longer the one that was opened: all reads fail until it is opened anew. */
  readonly isOutdated: boolean
  readonly georeference: Georeference
  readonly levels: readonly RasterLevel[]
  /**
   * Decodes a rectangle of a level: `uint8[h, w, 3]`, or `uint8[h, w, 4]` where some pixels hold no
   * data.
   */
  readPixels(level: number, rect: PixelRect, signal: AbortSignal): Promise<Uint8Array>
  close(): Promise<void>
}

/** How the samples of a file are to be read. */
export interface RasterOptions {
  /** Absent: the file's own tag. */
  readonly nodata?: number | undefined
  /** `percentile`: measured on the file; levels: the same for all files of a source. */
  readonly stretch: 'none' | 'percentile' | Stretch
  /** Remembers what was measured. */
  readonly stretches?: StretchMemory | undefined
  /**
   * About the side of the blocks that are decoded together, px; small where every byte is fetched.
   * Default 512.
   */
  readonly blockPx?: number
}

const BLOCK_PX = 512
/** Of files behind HTTP little more is decoded than a patch needs: a tile or a few strips. */
export const REMOTE_BLOCK_PX = 128
const STRETCH_SAMPLE_PX = 4_000_000

/**
 * Opens a GeoTIFF.
 * @param reader  closed together with the raster, also when it cannot be used
 * @throws {InputError} `raster-unreadable`, `raster-format`, `raster-not-georeferenced`,
 *   `crs-unknown`, `stretch-missing`
 * @throws {UpstreamError} when a server does not answer
 */
export async function openRaster(reader: RangeReader, options: RasterOptions): Promise<Raster> {
  registerTiffCodecs()
  try {
    return await describeRaster(reader, options)
  } catch (cause) {
    const error = cause instanceof WhereaboutsError ? cause : await unreadable(reader, cause)
    await reader.close()
    throw error
  }
}

async function unreadable(reader: RangeReader, cause: unknown): Promise<InputError> {
  const head = reader.read(0, HEAD_BYTES, new AbortController().signal)
  const foreign = await head.then(nameForeign, () => undefined)
  const got = foreign === undefined ? reader.name : `${foreign.name}: ${reader.name}`
  return new InputError('raster-unreadable', `Expected a readable GeoTIFF, got ${got}`, {
    hint: foreign?.hint ?? 'check the file with gdalinfo: it may be cut off, or of another format',
    cause,
  })
}

async function describeRaster(reader: RangeReader, options: RasterOptions): Promise<Raster> {
  const file = reader.name
  const pictures = new Pictures(reader)
  const images = await pictures.list()
  const [full] = images
  if (full === undefined)
    throw new InputError('raster-format', `Expected pixels in ${file}, got none`)
  const formats = await readFormats(images, file, options)
  const georeference = readGeoreference(await readGeoTags(full.image), file)
  const stretch = await stretchOf({ file, images, formats }, options)
  const levels: RasterLevel[] = []
  const raster: Raster = {
    file,
    get etag() {
      return reader.etag
    },
    get isOutdated() {
      return reader.isOutdated
    },
    georeference,
    levels,
    readPixels: async (level, rect, signal) =>
      toColours(
        await pictures.read({ level, rect }, signal),
        formats[level] as SampleFormat,
        stretch,
      ),
    close: () => reader.close(),
  }
  for (const { image } of images)
    levels.push(describeLevel(raster, image, options.blockPx ?? BLOCK_PX))
  return raster
}

/**
 * Overviews may be packed otherwise than the full picture: as JPEG's YCbCr, say. What they do not
 * say is as there.
 */
async function readFormats(
  images: readonly MaskedImage[],
  file: string,
  { nodata, stretch }: RasterOptions,
): Promise<SampleFormat[]> {
  const formats: SampleFormat[] = []
  for (const { image } of images) {
    await checkDecodable(image, file)
    const own = await readSampleFormat(image, nodata)
    const [full = own] = formats
    const format = {
      ...own,
      nodata: own.nodata ?? full.nodata,
      colorMap: own.colorMap ?? full.colorMap,
    }
    checkFormat(format, stretch !== 'none', file)
    formats.push(format)
  }
  return formats
}

/**
 * The pictures of a file, listed again after a failure: geotiff.js keeps requests that failed, for
 * ever.
 */
class Pictures {
  readonly #reader: RangeReader
  #images: Promise<MaskedImage[]> | undefined

  constructor(reader: RangeReader) {
    this.#reader = reader
  }

  list(): Promise<MaskedImage[]> {
    return (this.#images ??= openTiff(this.#reader, new AbortController().signal).then(listImages))
  }

  async read({ level, rect }: { level: number; rect: PixelRect }, signal: AbortSignal) {
    try {
      const pair = (await this.list())[level]
      if (pair === undefined) throw new RangeError(`no level ${String(level)}`)
      return await readRect(pair, rect, signal)
    } catch (cause) {
      this.#images = undefined
      signal.throwIfAborted()
      if (cause instanceof UpstreamError) throw cause
      const place = [rect.x, rect.y].join(', ')
      throw new BadDataError(
        'raster-damaged',
        `Expected readable pixels at ${place} px of ${this.#reader.name}, got ${String(cause)}`,
        { hint: 'check the file with gdalinfo -checksum', cause },
      )
    }
  }
}

function describeLevel(raster: Raster, image: GeoTIFFImage, blockPx: number): RasterLevel {
  const [width, height] = [image.getWidth(), image.getHeight()]
  const full = raster.levels[0] ?? { width, height }
  const [a, b, c, d, e, f] = raster.georeference.affine
  const [across, down] = [full.width / width, full.height / height]
  const [tileWidth, tileHeight] = [image.getTileWidth(), image.getTileHeight()]
  const whole = (tile: number, wanted: number): number =>
    tile * Math.max(1, Math.round(wanted / tile))
  const blockWidth = Math.min(width, whole(tileWidth, blockPx))
  return {
    raster,
    index: raster.levels.length,
    width,
    height,
    affine: [a * across, b * down, c, d * across, e * down, f],
    blockWidth,
    // Strips are as wide as the picture: then fewer of them make a block.
    blockHeight: Math.min(height, whole(tileHeight, (blockPx * blockPx) / blockWidth)),
  }
}

/** What is measured of a file. */
interface Measured {
  readonly file: string
  readonly images: readonly MaskedImage[]
  readonly formats: readonly SampleFormat[]
}

async function stretchOf(
  measured: Measured,
  { stretch, stretches }: RasterOptions,
): Promise<Stretch | null> {
  if (stretch === 'none') return null
  if (stretch !== 'percentile') return stretch
  const known = stretches?.find(measured.file)
  if (known !== undefined) return known
  const found = await measurePercentiles(measured)
  return found === null || stretches === undefined ? found : stretches.keep(measured.file, found)
}

/**
 * 2–98 % over the coarsest level that still has enough pixels, or over evenly spread blocks of the
 * full picture.
 */
async function measurePercentiles({ images, formats }: Measured): Promise<Stretch | null> {
  const size = ({ image }: MaskedImage): number => image.getWidth() * image.getHeight()
  const level = Math.max(
    0,
    images.findLastIndex((pair) => size(pair) >= STRETCH_SAMPLE_PX / 8),
  )
  const [pair, format] = [images[level], formats[level]]
  if (pair === undefined || format === undefined) return null
  const read = (rect: PixelRect) => readRect(pair, rect, new AbortController().signal)
  const blocks: RawBlock[] = []
  for (const rect of spreadBlocks(pair.image, STRETCH_SAMPLE_PX)) blocks.push(await read(rect))
  const found = measureStretch(blocks, format)
  if (found !== null) return found
  // All of these are empty: of a picture that is turned in its frame the rest may not be.
  const filled: RawBlock[] = []
  let count = 0
  for (const rect of spreadBlocks(pair.image, Infinity)) {
    const block = await read(rect)
    if (measureStretch([block], format) === null) continue
    filled.push(block)
    count += block.pixelCount
    if (count >= STRETCH_SAMPLE_PX) break
  }
  return measureStretch(filled, format)
}
