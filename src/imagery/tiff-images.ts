/**
 * The pictures inside a TIFF: full size, overviews, their masks; what their tags say; reading a
 * rectangle of one.
 */
import type { GeoTIFF, GeoTIFFImage } from 'geotiff'
import { InputError } from '../errors.ts'
import type { PixelRect } from '../image/resample.ts'
import type { RawBlock, SampleFormat } from './bands.ts'
import type { GeoTags } from './georeference.ts'
import { copyRect, isCopyable } from './tiff-blocks.ts'

/** A picture and, where the file has one, its internal mask. */
export interface MaskedImage {
  readonly image: GeoTIFFImage
  readonly mask: GeoTIFFImage | null
}

const REDUCED = 1
const MASK = 4

/** Full picture first, then overviews by size; each with its internal mask. */
export async function listImages(tiff: GeoTIFF): Promise<MaskedImage[]> {
  const count = await tiff.getImageCount()
  const pictures: GeoTIFFImage[] = []
  const masks: GeoTIFFImage[] = []
  for (let index = 0; index < count; index++) {
    const image = await tiff.getImage(index)
    if (!tiff.littleEndian) await loadLists(tiff, image)
    const kind = Number((await image.fileDirectory.loadValue('NewSubfileType')) ?? 0)
    if ((kind & MASK) !== 0) masks.push(image)
    else if (index === 0 || (kind & REDUCED) !== 0) pictures.push(image)
  }
  const isAlike = (a: GeoTIFFImage, b: GeoTIFFImage): boolean =>
    a.getWidth() === b.getWidth() && a.getHeight() === b.getHeight()
  return pictures
    .sort((a, b) => b.getWidth() - a.getWidth())
    .map((image) => ({ image, mask: masks.find((mask) => isAlike(mask, image)) ?? null }))
}

/** How values of TIFF's field types are read. */
const READERS = {
  1: 'readUint8',
  3: 'readUint16',
  4: 'readUint32',
  11: 'readFloat32',
  12: 'readFloat64',
  16: 'readUint64',
} as const

/**
 * geotiff.js 3.0.5 reads long lists of tags as if every file were little-endian (its issue 535).
 */
async function loadLists(tiff: GeoTIFF, { fileDirectory }: GeoTIFFImage): Promise<void> {
  const { actualizedFields, deferredArrays } = fileDirectory
  for (const [tag, { arrayOffset, itemSize, fieldType, length }] of deferredArrays) {
    const read = READERS[fieldType as keyof typeof READERS]
    const slice = await tiff.getSlice(arrayOffset, itemSize * length)
    const values = Array.from({ length }, (_, index) => slice[read](arrayOffset + index * itemSize))
    actualizedFields.set(tag, values)
  }
  deferredArrays.clear()
}

/** What the tags say about the samples. @param nodata  overrides the file's own tag */
export async function readSampleFormat(
  image: GeoTIFFImage,
  nodata: number | undefined,
): Promise<SampleFormat> {
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

/**
 * Refuses what geotiff.js reads as garbage without saying so (compared with GDAL).
 * @throws {InputError} `raster-format`
 */
export async function checkDecodable(image: GeoTIFFImage, file: string): Promise<void> {
  const predictor = Number((await image.fileDirectory.loadValue('Predictor')) ?? 1)
  const faults = image.littleEndian ? [] : faultsOfBigEndian(image.getBitsPerSample(), predictor)
  const isInterleaved = image.getSamplesPerPixel() > 1 && image.planarConfiguration === 1
  if (isInterleaved && image.getBitsPerSample() % 8 !== 0)
    faults.push(`${image.getBitsPerSample()} bits in interleaved bands`)
  if (faults.length === 0) return
  throw new InputError(
    'raster-format',
    `Expected samples of 8, 16 or 32 bits, least significant byte first, for ${file}, got ${faults.join(', ')}`,
    { hint: 'gdal_translate -co ENDIANNESS=LITTLE -co NBITS=16 -co COMPRESS=DEFLATE, or NBITS=8' },
  )
}

function faultsOfBigEndian(bits: number, predictor: number): string[] {
  if (predictor > 1 && bits >= 16) return ['a predictor, most significant byte first']
  return bits > 8 && bits % 8 !== 0 ? [`${bits} bits, most significant byte first`] : []
}

/** The tags that say where the picture lies. */
export async function readGeoTags(image: GeoTIFFImage): Promise<GeoTags> {
  const directory = image.fileDirectory
  const numbers = async (
    tag: 'ModelTransformation' | 'ModelPixelScale' | 'ModelTiepoint',
  ): Promise<ArrayLike<number> | undefined> => await directory.loadValue(tag)
  return {
    geoKeys: image.getGeoKeys(),
    modelTransformation: await numbers('ModelTransformation'),
    modelPixelScale: await numbers('ModelPixelScale'),
    modelTiepoint: await numbers('ModelTiepoint'),
  }
}

/** Decodes a rectangle, samples interleaved. */
export async function readRect(
  { image, mask }: MaskedImage,
  rect: PixelRect,
  signal: AbortSignal,
): Promise<RawBlock> {
  const samples = await readSamples(image, rect, signal)
  const validity = mask === null ? null : await readSamples(mask, rect, signal)
  return { pixelCount: rect.width * rect.height, samples, mask: validity }
}

async function readSamples(
  image: GeoTIFFImage,
  rect: PixelRect,
  signal: AbortSignal,
): Promise<ArrayLike<number>> {
  if (isCopyable(image)) return copyRect(image, rect, signal)
  const { x, y, width, height } = rect
  return image.readRasters({ window: [x, y, x + width, y + height], interleave: true, signal })
}
