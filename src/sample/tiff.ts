/**
 * Pixels and a place come in, the bytes of a GeoTIFF leave: deflated tiles, so that windows read
 * fast.
 */
import { deflateSync } from 'node:zlib'
import type { Canvas } from './canvas.ts'

/** Where the top left corner of the picture lies, and what the file says of itself. */
export interface GeoTiffPlace {
  /** A projected CRS in metres. */
  readonly epsg: number
  readonly west: number
  readonly north: number
  /** Metres per pixel. */
  readonly gsd: number
  readonly description: string
  /** `YYYY:MM:DD hh:mm:ss`, TIFF's own form. */
  readonly dateTime: string
}

const TILE_PX = 256

/** A directory entry: tag, type and values. */
type Entry = readonly [tag: number, type: keyof typeof BYTES, values: readonly number[] | string]

/** Bytes of one value: ASCII, SHORT, LONG, DOUBLE by TIFF's numbers. */
const BYTES = { 2: 1, 3: 2, 4: 4, 12: 8 } as const

/**
 * Encodes `rgb8` as a little-endian GeoTIFF in tiles of 256 px, deflated after a horizontal
 * difference.
 */
export function encodeGeoTiff(canvas: Canvas, place: GeoTiffPlace): Uint8Array {
  const tiles = encodeTiles(canvas)
  const offsets: number[] = []
  let end = 8
  for (const tile of tiles) {
    offsets.push(end)
    end += tile.length + (tile.length % 2)
  }
  const entries = entriesOf(canvas, place, { offsets, sizes: tiles.map(({ length }) => length) })
  const directory = encodeDirectory(entries, end)
  const file = Buffer.alloc(end + directory.length)
  file.write('II', 'latin1')
  file.writeUInt16LE(42, 2)
  file.writeUInt32LE(end, 4)
  tiles.forEach((tile, index) => tile.copy(file, offsets[index]))
  directory.copy(file, end)
  return file
}

function encodeTiles(canvas: Canvas): Buffer[] {
  const tiles: Buffer[] = []
  for (let y = 0; y < canvas.height; y += TILE_PX) {
    for (let x = 0; x < canvas.width; x += TILE_PX) {
      tiles.push(deflateSync(differences(canvas, x, y), { level: 4 }))
    }
  }
  return tiles
}

/**
 * A tile's bytes, each pixel minus its left neighbour (TIFF predictor 2); zero beyond the picture.
 */
function differences({ width, height, data }: Canvas, left: number, top: number): Uint8Array {
  const tile = new Uint8Array(TILE_PX * TILE_PX * 3)
  const columns = Math.min(TILE_PX, width - left)
  for (let y = 0; y < Math.min(TILE_PX, height - top); y++) {
    const source = ((top + y) * width + left) * 3
    const target = y * TILE_PX * 3
    for (let index = 0; index < columns * 3; index++) {
      const before = index < 3 ? 0 : (data[source + index - 3] ?? 0)
      tile[target + index] = (data[source + index] ?? 0) - before
    }
    for (let index = 0; columns < TILE_PX && index < 3; index++) {
      tile[target + columns * 3 + index] = -(data[source + columns * 3 - 3 + index] ?? 0)
    }
  }
  return tile
}

function entriesOf(
  { width, height }: Canvas,
  place: GeoTiffPlace,
  tiles: { offsets: readonly number[]; sizes: readonly number[] },
): Entry[] {
  // Model type 1 (projected), pixel is area 1, projected CRS, linear unit 9001 (metre).
  const geoKeys = [1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1]
  geoKeys.push(3072, 0, 1, place.epsg, 3076, 0, 1, 9001)
  return [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, [8, 8, 8]],
    [259, 3, [8]], // deflate
    [262, 3, [2]], // RGB
    [270, 2, place.description],
    [277, 3, [3]],
    [284, 3, [1]],
    [305, 2, 'Whereabouts sample town (synthetic)'],
    [306, 2, place.dateTime],
    [317, 3, [2]], // horizontal differences
    [322, 4, [TILE_PX]],
    [323, 4, [TILE_PX]],
    [324, 4, tiles.offsets],
    [325, 4, tiles.sizes],
    [33550, 12, [place.gsd, place.gsd, 0]],
    [33922, 12, [0, 0, 0, place.west, place.north, 0]],
    [34735, 3, geoKeys],
  ]
}

/** The directory at `offset`, its long values behind it. */
function encodeDirectory(entries: readonly Entry[], offset: number): Buffer {
  const head = Buffer.alloc(2 + entries.length * 12 + 4)
  head.writeUInt16LE(entries.length, 0)
  const tail: Buffer[] = []
  let end = offset + head.length
  entries.forEach(([tag, type, values], index) => {
    const bytes = encodeValues(type, values)
    const at = 2 + index * 12
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(type, at + 2)
    head.writeUInt32LE(bytes.length / BYTES[type], at + 4)
    if (bytes.length <= 4) {
      bytes.copy(head, at + 8)
      return
    }
    head.writeUInt32LE(end, at + 8)
    tail.push(bytes)
    end += bytes.length
  })
  return Buffer.concat([head, ...tail])
}

function encodeValues(type: Entry[1], values: Entry[2]): Buffer {
  if (typeof values === 'string') {
    // An even number of bytes, counting the closing zero: what follows has to start at an even
    // offset.
    return Buffer.from(`${values}${values.length % 2 === 0 ? ' ' : ''}\0`, 'latin1')
  }
  const bytes = Buffer.alloc(values.length * BYTES[type])
  values.forEach((value, index) => {
    if (type === 3) bytes.writeUInt16LE(value, index * 2)
    else if (type === 4) bytes.writeUInt32LE(value, index * 4)
    else bytes.writeDoubleLE(value, index * 8)
  })
  return bytes
}
