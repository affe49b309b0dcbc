/**
 * One GeoTIFF file → blocks of pixels, RGB and validity. Decoding is geotiff.js's; what the samples mean is
 * bands.ts's, where they lie georeference.ts's.
 * @io disk native
 */
import { fromFile, type GeoTIFF, type GeoTIFFImage } from 'geotiff'
import { InputError } from '../errors.ts'
import type { PixelRect } from '../image/resample.ts'
import {
  checkFormat,
  measureStretch,
  toColours,
  type RawBlock,
  type SampleFormat,
  type Stretch,
} from './bands.ts'
import { readGeoreference, type Affine, type Georeference } from './georeference.ts'
import { registerTiffCodecs } from './tiff-codecs.ts'

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
  readonly file: string
  readonly georeference: Georeference
  readonly levels: readonly RasterLevel[]
  /** Decodes a rectangle of a level: `uint8[h, w, 3]`, or `uint8[h, w, 4]` where some pixels hold no data. */
  readPixels(level: number, rect: PixelRect, signal: AbortSignal): Promise<Uint8Array>
  close(): Promise<void>
}

/** How the samples of a file are to be read. */
export interface RasterOptions {
  readonly nodata: number | undefined
  readonly stretch: 'none' | 'percentile'
}

interface LevelImages {
  readonly image: GeoTIFFImage
  readonly mask: GeoTIFFImage | null
}

const BLOCK_PX = 512
const STRETCH_SAMPLE_PX = 4_000_000

/**
 * Opens a GeoTIFF.
 * @throws {InputError} `raster-unreadable`, `raster-format`, `raster-not-georeferenced`, `crs-unknown`, `stretch-missing`
 */
export async function openRaster(file: string, options: RasterOptions): Promise<Raster> {
  registerTiffCodecs()
  const tiff = await openTiff(file)
  try {
    return await describeRaster(tiff, file, options)
  } catch (error) {
    await tiff.close()
    throw error
  }
}

async function openTiff(file: string): Promise<GeoTIFF> {
  try {
    return await fromFile(file)
  } catch (cause) {
    throw new InputError('raster-unreadable', `Expected a readable GeoTIFF, got ${file}`, {
      hint: 'check the path (relative to the working directory) and the file with gdalinfo',
      cause,
    })
  }
}

async function describeRaster(
  tiff: GeoTIFF,
  file: string,
  options: RasterOptions,
): Promise<Raster> {
  const images = await pairImages(tiff)
  const full = images[0]
  if (full === undefined)
    throw new InputError('raster-format', `Expected pixels in ${file}, got none`)
  const format = await readFormat(full.image, options.nodata)
  checkFormat(format, options.stretch === 'percentile', file)
  const georeference = await georeferenceOf(full.image, file)
  const stretch = options.stretch === 'percentile' ? await stretchOf(images, format) : null
  const levels: RasterLevel[] = []
  const raster: Raster = {
    file,
    georeference,
    levels,
    readPixels: async (level, rect, signal) => {
      const pair = images[level]
      if (pair === undefined) throw new RangeError(`level ${String(level)} of ${file}`)
      return toColours(await readBlock(pair, rect, signal), format, stretch)
    },
    close: async () => void (await tiff.close()),
  }
  images.forEach(({ image }, index) => levels.push(describeLevel(raster, image, index)))
  return raster
}

/** Full picture first, then overviews; each with its internal mask. */
async function pairImages(tiff: GeoTIFF): Promise<LevelImages[]> {
  const count = await tiff.getImageCount()
  const pictures: GeoTIFFImage[] = []
  const masks: GeoTIFFImage[] = []
  for (let index = 0; index < count; index++) {
    const image = await tiff.getImage(index)
    const kind = Number((await image.fileDirectory.loadValue('NewSubfileType')) ?? 0)
    if ((kind & 4) !== 0) masks.push(image)
    else if (index === 0 || (kind & 1) !== 0) pictures.push(image)
  }
  const isAlike = (a: GeoTIFFImage, b: GeoTIFFImage): boolean =>
    a.getWidth() === b.getWidth() && a.getHeight() === b.getHeight()
  return pictures
    .sort((a, b) => b.getWidth() - a.getWidth())
    .map((image) => ({ image, mask: masks.find((mask) => isAlike(mask, image)) ?? null }))
}

async function readFormat(image: GeoTIFFImage, nodata: number | undefined): Promise<SampleFormat> {
  const directory = image.fileDirectory
  const extra = (await directory.loadValue('ExtraSamples')) as ArrayLike<number> | undefined
  return {
    samples: image.getSamplesPerPixel(),
    bits: image.getBitsPerSample(),
    format: image.getSampleFormat(),
    photometric: Number((await directory.loadValue('PhotometricInterpretation')) ?? 1),
    extraSamples: Array.from(extra ?? []),
    colorMap: (await directory.loadValue('ColorMap')) as ArrayLike<number> | undefined,
    nodata: nodata ?? image.getGDALNoData(),
  }
}

async function georeferenceOf(image: GeoTIFFImage, file: string): Promise<Georeference> {
  const directory = image.fileDirectory
  const numbers = async (
    tag: 'ModelTransformation' | 'ModelPixelScale' | 'ModelTiepoint',
  ): Promise<ArrayLike<number> | undefined> => await directory.loadValue(tag)
  return readGeoreference(
    {
      geoKeys: image.getGeoKeys(),
      modelTransformation: await numbers('ModelTransformation'),
      modelPixelScale: await numbers('ModelPixelScale'),
      modelTiepoint: await numbers('ModelTiepoint'),
    },
    file,
  )
}

function describeLevel(raster: Raster, image: GeoTIFFImage, index: number): RasterLevel {
  const [width, height] = [image.getWidth(), image.getHeight()]
  const full = raster.levels[0] ?? { width, height }
  const [a, b, c, d, e, f] = raster.georeference.affine
  const [across, down] = [full.width / width, full.height / height]
  const [tileWidth, tileHeight] = [image.getTileWidth(), image.getTileHeight()]
  const whole = (tile: number, wanted: number): number =>
    tile * Math.max(1, Math.round(wanted / tile))
  const blockWidth = Math.min(width, whole(tileWidth, BLOCK_PX))
  return {
    raster,
    index,
    width,
    height,
    affine: [a * across, b * down, c, d * across, e * down, f],
    blockWidth,
    // Strips are as wide as the picture: then fewer of them make a block.
    blockHeight: Math.min(height, whole(tileHeight, (BLOCK_PX * BLOCK_PX) / blockWidth)),
  }
}

async function readBlock(
  { image, mask }: LevelImages,
  { x, y, width, height }: PixelRect,
  signal: AbortSignal,
): Promise<RawBlock> {
  const options = { window: [x, y, x + width, y + height], interleave: true as const, signal }
  const samples = await image.readRasters(options)
  const validity = mask === null ? null : await mask.readRasters(options)
  return { pixelCount: width * height, samples, mask: validity }
}

/** 2–98 % over the coarsest level that still has enough pixels, or over evenly spread rows of the full picture. */
async function stretchOf(
  images: readonly LevelImages[],
  format: SampleFormat,
): Promise<Stretch | null> {
  const size = ({ image }: LevelImages): number => image.getWidth() * image.getHeight()
  const level = images.findLast((pair) => size(pair) >= STRETCH_SAMPLE_PX / 8) ?? images[0]
  if (level === undefined) return null
  const [width, height] = [level.image.getWidth(), level.image.getHeight()]
  const rowsPerBlock = Math.max(1, Math.min(level.image.getTileHeight(), height))
  const every = Math.max(1, Math.ceil(size(level) / STRETCH_SAMPLE_PX))
  const blocks: RawBlock[] = []
  for (let y = 0; y < height; y += rowsPerBlock * every) {
    const rect = { x: 0, y, width, height: Math.min(rowsPerBlock, height - y) }
    blocks.push(await readBlock(level, rect, new AbortController().signal))
  }
  return measureStretch(blocks, format)
}
