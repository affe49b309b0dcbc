/**
 * Tiles and strips of a picture → the samples of a rectangle, copied by rows: geotiff.js copies
 * value by value, which takes longer than to inflate them. Only unsigned samples of 8 or 16 bits
 * that stand side by side for each pixel.
 */
import { Pool, type GeoTIFFImage } from 'geotiff'
import type { PixelRect } from '../image/resample.ts'
import { intersect } from './pixel-window.ts'

type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>
type Decoder = ReturnType<Pool['bindParameters']>

const isHostLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Can the samples of a picture be copied as they stand? */
export function isCopyable(image: GeoTIFFImage): boolean {
  const bits = image.getBitsPerSample()
  const isInOrder = bits === 8 || (bits === 16 && image.littleEndian && isHostLittleEndian)
  const samples = Array.from({ length: image.getSamplesPerPixel() }, (_, sample) => sample)
  return (
    isInOrder &&
    image.planarConfiguration === 1 &&
    samples.every(
      (sample) => image.getSampleFormat(sample) === 1 && image.getBitsPerSample(sample) === bits,
    )
  )
}

/** Decodes a rectangle of a picture that `isCopyable`, samples interleaved. */
export async function copyRect(
  image: GeoTIFFImage,
  rect: PixelRect,
  signal: AbortSignal,
): Promise<Samples> {
  const decoder = await findDecoder(image)
  const bytesPerPixel = image.getBytesPerPixel()
  const bytes = new Uint8Array(rect.width * rect.height * bytesPerPixel)
  await Promise.all(
    tilesOver(image, rect).map(async ({ column, row, area }) => {
      const { data } = await image.getTileOrStrip(column, row, 0, decoder, signal)
      const tile = { area, bytes: new Uint8Array(data) }
      copyRows({ area: rect, bytes }, tile, bytesPerPixel)
    }),
  )
  return image.getBitsPerSample() === 16 ? new Uint16Array(bytes.buffer) : bytes
}

/** A tile or strip, and the pixels of the picture that it holds. */
interface TilePlace {
  readonly column: number
  readonly row: number
  readonly area: PixelRect
}

function tilesOver(image: GeoTIFFImage, rect: PixelRect): TilePlace[] {
  const [width, height] = [image.getTileWidth(), image.getTileHeight()]
  const places: TilePlace[] = []
  for (let row = Math.floor(rect.y / height); row * height < rect.y + rect.height; row++) {
    for (let column = Math.floor(rect.x / width); column * width < rect.x + rect.width; column++) {
      // The last strip is lower than the others.
      const area = { x: column * width, y: row * height, width, height: image.getBlockHeight(row) }
      places.push({ column, row, area })
    }
  }
  return places
}

/** Pixels of an area, row by row. */
interface Pixels {
  readonly area: PixelRect
  readonly bytes: Uint8Array
}

/** Copies what both areas have. @throws {RangeError} where a tile holds less than it should */
function copyRows(target: Pixels, tile: Pixels, bytesPerPixel: number): void {
  const part = intersect(target.area, tile.area)
  if (part === null) return
  const placeIn = ({ area }: Pixels, y: number): number =>
    ((y - area.y) * area.width + part.x - area.x) * bytesPerPixel
  const rowBytes = part.width * bytesPerPixel
  const needed = placeIn(tile, part.y + part.height - 1) + rowBytes
  if (tile.bytes.length < needed) {
    throw new RangeError(`a tile of ${String(tile.bytes.length)} bytes, not ${String(needed)}`)
  }
  for (let y = part.y; y < part.y + part.height; y++) {
    const from = placeIn(tile, y)
    target.bytes.set(tile.bytes.subarray(from, from + rowBytes), placeIn(target, y))
  }
}

const decoders = new WeakMap<GeoTIFFImage, Decoder>()

/**
 * geotiff.js tells a picture's decoder only to the pool that is to run it; nothing is read for an
 * empty window.
 */
async function findDecoder(image: GeoTIFFImage): Promise<Decoder> {
  const known = decoders.get(image)
  if (known !== undefined) return known
  const finder = new DecoderFinder(0)
  await image.readRasters({ window: [0, 0, 0, 0], interleave: true, pool: finder })
  if (finder.decoder === undefined) throw new Error('no decoder was asked for')
  decoders.set(image, finder.decoder)
  return finder.decoder
}

class DecoderFinder extends Pool {
  decoder: Decoder | undefined

  override bindParameters(...parameters: Parameters<Pool['bindParameters']>): Decoder {
    return (this.decoder = super.bindParameters(...parameters))
  }
}
