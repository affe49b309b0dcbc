/** Map projections by name: EPSG codes, a region's own equal-area projection, proj4 texts. */
import { createRequire } from 'node:module'
import proj4 from 'proj4'
import { InputError } from '../errors.ts'
import type { LonLat } from '../types.ts'

/**
 * Degrees (WGS84) ↔ metres (or the CRS's own unit), x before y as GIS files have them: east and
 * north, but for the few CRSs whose coordinates grow to the west and south.
 */
export interface Projection {
  forward(lonLat: LonLat): [x: number, y: number]
  inverse(x: number, y: number): LonLat
}

/** EPSG code → proj4 text with its shift to WGS84; made by scripts/make-crs-table.py. */
const CRS_TABLE = createRequire(import.meta.url)('../../data/crs.json') as Readonly<
  Record<string, string>
>

/**
 * Makes a projection from a proj4 text.
 * @throws {InputError} `crs-unknown` when proj4 cannot use it
 */
export function createProjectionFromProj4(text: string, name = text): Projection {
  try {
    const converter = proj4(text)
    return {
      forward: ({ lon, lat }) => {
        // Without the flag proj4 ignores `+axis=wsu`, and a place in South Africa comes out in
        // Libya.
        const [x, y] = converter.forward([lon, lat], true)
        return [x, y]
      },
      inverse: (x, y) => {
        const [lon, lat] = converter.inverse([x, y], true)
        return { lon, lat }
      },
    }
  } catch (cause) {
    throw unknownCrs(name, cause)
  }
}

function unknownCrs(name: string, cause?: unknown): InputError {
  return new InputError('crs-unknown', `Expected a CRS that proj4 knows, got ${name}`, {
    hint: 'use another EPSG code, or reproject the file first: gdalwarp -t_srs EPSG:3857 in.tif out.tif',
    cause,
  })
}

/**
 * The shift of a CRS's datum to WGS84 as a proj4 parameter, for CRSs that are spelled out but for
 * their datum.
 * @returns text, empty where there is none; `null` where the code is not known
 */
export function datumShiftOf(epsg: number): string | null {
  const text = CRS_TABLE[String(epsg)]
  return text === undefined ? null : (/\+towgs84=\S+/.exec(text)?.[0] ?? '')
}

/** Whether the coordinates of an EPSG code are metres, and not feet, links or degrees. */
export function isMetric(epsg: number): boolean {
  const text = CRS_TABLE[String(epsg)] ?? ''
  return !/\+to_meter=|\+units=(?!m\b)|\+proj=longlat/.test(text)
}

const known = new Map<number, Projection>()

/** Makes the projection of an EPSG code. @throws {InputError} `crs-unknown` */
export function createProjection(epsg: number): Projection {
  const before = known.get(epsg)
  if (before !== undefined) return before
  const name = `EPSG:${String(epsg)}`
  const text = CRS_TABLE[String(epsg)]
  if (text === undefined) throw unknownCrs(name)
  const projection = createProjectionFromProj4(text, name)
  known.set(epsg, projection)
  return projection
}

/** Makes the ellipsoidal Lambert azimuthal equal-area projection (WGS84) centred on a place. */
export function createLaea(centre: LonLat): Projection {
  return createProjectionFromProj4(
    // proj4 2.22 answers NaN for an azimuthal projection without explicit x_0 and y_0.
    `+proj=laea +lat_0=${String(centre.lat)} +lon_0=${String(centre.lon)} +x_0=0 +y_0=0 +datum=WGS84 +units=m`,
  )
}
