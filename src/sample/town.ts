/**
 * The whole sample town: a seed comes in, map, orthophoto, boundary and photos leave. Synthetic.
 */
import { MARGIN_M } from './features.ts'
import { drawOrthophoto } from './orthophoto.ts'
import { encodeOsmPbf } from './osm-pbf.ts'
import { bboxOf, mapTown } from './osm.ts'
import { GSD } from './overhead.ts'
import { drawPhotos, PHOTO_NAMES } from './photos.ts'
import { SAMPLE_EPSG, SAMPLE_ORIGIN, toLonLat } from './place.ts'
import { planTown, TOWN_SIZE_M } from './plan.ts'
import { rectangle } from './shapes.ts'
import { encodeGeoTiff } from './tiff.ts'
import type { Bbox } from '../types.ts'
import type { SamplePhoto } from './photos.ts'
import type { Extent, Ring } from './shapes.ts'
import type { Polygon } from 'geojson'

/** Same options, same town. A smaller `sizeM` is the middle of the town, for tests. */
export interface SampleTownOptions {
  readonly seed: number
  /** Side in metres, 1600 when absent. */
  readonly sizeM?: number
  /** Names of the photos to draw, all when absent. */
  readonly photos?: readonly string[]
}

/** The town as bytes and pixels; `folder.ts` writes it. */
export interface SampleTown {
  readonly bbox: Bbox
  /** The square to search; the imagery reaches one patch beyond its bounding box. */
  readonly boundary: Polygon
  readonly osmPbf: Uint8Array
  /** GeoTIFF. */
  readonly orthophoto: Uint8Array
  readonly photos: readonly SamplePhoto[]
}

/** When the imagery says that it was taken; made up. */
export const SAMPLE_CAPTURED_ON = '2026-05-01'

/** Generates map, orthophoto, boundary and photos. */
export function generateSampleTown(options: SampleTownOptions): SampleTown {
  const { seed, sizeM = TOWN_SIZE_M, photos = PHOTO_NAMES } = options
  const plan = planTown(seed)
  const edge = (TOWN_SIZE_M - sizeM) / 2
  const square = squareOf(edge, TOWN_SIZE_M - edge)
  const imaged = squareOf(edge - MARGIN_M, TOWN_SIZE_M - edge + MARGIN_M)
  const orthophoto = encodeGeoTiff(drawOrthophoto(plan, imaged, seed), {
    epsg: SAMPLE_EPSG,
    west: SAMPLE_ORIGIN[0] + imaged.west,
    north: SAMPLE_ORIGIN[1] + imaged.north,
    gsd: GSD,
    description: 'Synthetic orthophoto: a drawn town that does not exist',
    dateTime: `${SAMPLE_CAPTURED_ON.replaceAll('-', ':')} 12:00:00`,
  })
  return {
    bbox: bboxOf(square),
    boundary: boundaryOf(rectangle(square)),
    osmPbf: encodeOsmPbf(mapTown(plan, square)),
    orthophoto,
    photos: drawPhotos(seed, photos),
  }
}

function squareOf(low: number, high: number): Extent {
  return { west: low, south: low, east: high, north: high }
}

function boundaryOf(ring: Ring): Polygon {
  const coordinates = [...ring, ...ring.slice(0, 1)].map((at) => {
    const { lon, lat } = toLonLat(at)
    return [lon, lat]
  })
  return { type: 'Polygon', coordinates: [coordinates] }
}
