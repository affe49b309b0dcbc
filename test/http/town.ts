/**
 * A tiny place for the tests of the API: west half water, east half roofs, one road along each; and
 * photos of both.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { createLaea } from '../../src/geo/projection.ts'
import { encodeGeoTiff } from '../../src/sample/tiff.ts'
import { encodeOsmPbf } from '../../src/sample/osm-pbf.ts'
import type { Bbox, LonLat } from '../../src/types.ts'

/** Materials that the tiny models know: `harbor`, `residential_neighborhood`. */
export const WATER = [40, 90, 150] as const
export const ROOF = [165, 80, 60] as const

/** Middle of the place; its raster lies in UTM 32N, where it is at these coordinates. */
export const CENTRE: LonLat = { lon: 9, lat: 47.2 }
const EASTING_M = 500_000
const NORTHING_M = 5_227_390
const SIDE_PX = 800
const GSD = 0.5

/** Where the files of the place lie. */
export interface Town {
  readonly ortho: string
  readonly extract: string
  readonly waterPhoto: Buffer
  readonly roofPhoto: Buffer
}

/** Writes the place into a folder. */
export async function makeTown(folder: string): Promise<Town> {
  const ortho = join(folder, 'ortho.tif')
  const extract = join(folder, 'town.osm.pbf')
  await writeFile(ortho, encodeOrtho())
  await writeFile(extract, encodeExtract())
  return {
    ortho,
    extract,
    waterPhoto: await paintPhoto(WATER),
    roofPhoto: await paintPhoto(ROOF),
  }
}

type Colour = readonly [number, number, number]

/**
 * A GeoTIFF of the place: what lies in the west, what in the east; moved east by so many metres.
 */
export function encodeOrtho(west: Colour = WATER, east: Colour = ROOF, movedM = 0): Uint8Array {
  const data = new Uint8ClampedArray(SIDE_PX * SIDE_PX * 3)
  for (let i = 0; i < SIDE_PX * SIDE_PX; i++) {
    data.set(i % SIDE_PX < SIDE_PX / 2 ? west : east, 3 * i)
  }
  const half = (SIDE_PX * GSD) / 2
  return encodeGeoTiff(
    { width: SIDE_PX, height: SIDE_PX, data },
    {
      epsg: 32632,
      west: EASTING_M + movedM - half,
      north: NORTHING_M + half,
      gsd: GSD,
      description: 'synthetic',
      dateTime: '2024:05:01 12:00:00',
    },
  )
}

/** The extract's bytes; its header names a box around the roads, or another one. */
export function encodeExtract(bbox: Bbox = [8.997, 47.198, 9.003, 47.202]): Uint8Array {
  const projection = createLaea(CENTRE)
  const at = (x: number, y: number, id: number) => {
    const { lon, lat } = projection.inverse(x, y)
    return { id, lon: Math.round(lon * 1e7), lat: Math.round(lat * 1e7) }
  }
  const tags = { highway: 'residential' }
  return encodeOsmPbf({
    bbox,
    nodes: [at(-120, -120, 1), at(-120, 120, 2), at(120, -120, 3), at(120, 120, 4)],
    ways: [
      { id: 1, refs: [1, 2], tags },
      { id: 2, refs: [3, 4], tags },
    ],
  })
}

/**
 * A JPEG of 240 × 160 px; rows a little lighter and darker in turn, as waves and tiles are: one
 * colour alone is no photo.
 */
export function paintPhoto(colour: Colour): Promise<Buffer> {
  const [width, height] = [240, 160]
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const shade = Math.floor(i / width) % 16 < 8 ? 5 : -5
    data.set(
      colour.map((level) => level + shade),
      3 * i,
    )
  }
  const raw = { width, height, channels: 3 as const }
  return sharp(data, { raw }).jpeg({ quality: 95 }).toBuffer()
}
