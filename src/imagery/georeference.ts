/**
 * GeoTIFF tags → where a raster lies: an affine from pixels to its CRS, and the CRS's projection.
 */
import { createRequire } from 'node:module'
import { InputError } from '../errors.ts'
import {
  createProjection,
  createProjectionFromProj4,
  datumShiftOf,
  type Projection,
} from '../geo/projection.ts'

/**
 * px → CRS: x = a·u + b·v + c, y = d·u + e·v + f; (u, v) from the top left corner of the first
 * pixel.
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Where a raster lies. Two rasters with equal `crs` text share a projection. */
export interface Georeference {
  readonly affine: Affine
  readonly crs: string
  readonly projection: Projection
}

/** The tags of a TIFF that say where it lies. */
export interface GeoTags {
  readonly geoKeys: Readonly<Record<string, unknown>> | null
  readonly modelTransformation: ArrayLike<number> | undefined
  readonly modelPixelScale: ArrayLike<number> | undefined
  readonly modelTiepoint: ArrayLike<number> | undefined
}

const USER_DEFINED = 32767
const PIXEL_IS_POINT = 2
const MODEL_PROJECTED = 1

/**
 * Reads where a raster lies.
 * @throws {InputError} `raster-not-georeferenced` or `crs-unknown`
 */
export function readGeoreference(tags: GeoTags, file: string): Georeference {
  const { geoKeys } = tags
  const corner = readAffine(tags)
  if (geoKeys === null || corner === undefined) {
    throw new InputError(
      'raster-not-georeferenced',
      `Expected a GeoTIFF with a CRS and a position for ${file}, got none`,
      { hint: 'gdal_translate -a_srs EPSG:… -a_ullr west north east south in.tif out.tif' },
    )
  }
  const shift = geoKeys['GTRasterTypeGeoKey'] === PIXEL_IS_POINT ? 0.5 : 0
  const [a, b, c, d, e, f] = corner
  const { crs, projection, unit } = readCrs(geoKeys, file)
  const [kx, ky] = unit
  const affine: Affine = [
    kx * a,
    kx * b,
    kx * (c - shift * (a + b)),
    ky * d,
    ky * e,
    ky * (f - shift * (d + e)),
  ]
  return { affine, crs, projection }
}

function readAffine(tags: GeoTags): Affine | undefined {
  const { modelTransformation: m, modelPixelScale: scale, modelTiepoint: tie } = tags
  const at = (list: ArrayLike<number>, index: number): number => list[index] ?? Number.NaN
  if (m !== undefined && m.length >= 8) {
    return [at(m, 0), at(m, 1), at(m, 3), at(m, 4), at(m, 5), at(m, 7)]
  }
  // More than one tie point: ground control points, which need a fit that gdalwarp does better.
  if (scale === undefined || tie?.length !== 6) return undefined
  const [sx, sy] = [at(scale, 0), at(scale, 1)]
  return [sx, 0, at(tie, 3) - at(tie, 0) * sx, 0, -sy, at(tie, 4) + at(tie, 1) * sy]
}

/** A CRS; `unit`: what coordinates of the file are multiplied with to be its metres or degrees. */
interface Crs {
  readonly crs: string
  readonly projection: Projection
  readonly unit: readonly [x: number, y: number]
}

function readCrs(geoKeys: Readonly<Record<string, unknown>>, file: string): Crs {
  const code = epsgCode(geoKeys)
  if (code !== null) {
    return { crs: `EPSG:${String(code)}`, projection: createProjection(code), unit: [1, 1] }
  }
  const found = proj4OfKeys(geoKeys)
  if (found === undefined) {
    throw new InputError('crs-unknown', `Expected a CRS that proj4 knows for ${file}, got none`, {
      hint: 'reproject the file first: gdalwarp -t_srs EPSG:3857 in.tif out.tif',
    })
  }
  const { text, unit } = found
  const crs = `${text} × ${unit.join(' ')}`
  return { crs, projection: createProjectionFromProj4(text, file), unit }
}

/** The code of the CRS, or null where it is spelled out key by key. */
function epsgCode(geoKeys: Readonly<Record<string, unknown>>): number | null {
  const codeOf = (key: string): number => Number(geoKeys[key] ?? 0)
  const projected = codeOf('ProjectedCSTypeGeoKey')
  // The datum of a projected CRS without a code is not its CRS.
  const isProjected = projected > 0 || codeOf('GTModelTypeGeoKey') === MODEL_PROJECTED
  const code = isProjected ? projected : codeOf('GeographicTypeGeoKey')
  return code > 0 && code !== USER_DEFINED ? code : null
}

type KeyReader = (keys: Readonly<Record<string, unknown>>) => {
  readonly proj4?: string
  readonly coordinatesConversionParameters?: { readonly x: number; readonly y: number }
  readonly isGCS?: boolean
} | null

/** CRSs that are spelled out key by key; the reader is large, so it is loaded when one turns up. */
function proj4OfKeys(
  geoKeys: Readonly<Record<string, unknown>>,
): { text: string; unit: Crs['unit'] } | undefined {
  const { toProj4 } = createRequire(import.meta.url)('geotiff-geokeys-to-proj4') as {
    toProj4: KeyReader
  }
  const found = toProj4(geoKeys)
  const shift = shiftOf(geoKeys)
  // Where the projection is missing the reader answers with degrees, which a projected raster has
  // not.
  const isOther = found?.isGCS === true && geoKeys['GTModelTypeGeoKey'] === MODEL_PROJECTED
  if (!found?.proj4 || shift === null || isOther) return undefined
  // Rasters are x east, y north whatever the CRS's axis order.
  const text = found.proj4.replace(/\+axis=\S+/, '').trim()
  // proj4 answers NaN for an azimuthal projection without them.
  const offsets = ['+x_0=0', '+y_0=0'].filter((part) => !text.includes(part.slice(0, 5)))
  const { x, y } = found.coordinatesConversionParameters ?? { x: 1, y: 1 }
  return { text: [text, shift, ...offsets].join(' '), unit: [x, y] }
}

/**
 * The reader knows ellipsoids, not how they lie: without the shift places would be off by 100 m and
 * more.
 */
function shiftOf(geoKeys: Readonly<Record<string, unknown>>): string | null {
  const datum = Number(geoKeys['GeographicTypeGeoKey'] ?? USER_DEFINED)
  return datum === USER_DEFINED ? '' : datumShiftOf(datum)
}

/** CRS coordinates → px. */
export function invertAffine([a, b, c, d, e, f]: Affine): Affine {
  const det = a * e - b * d
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det]
}

/** Applies an affine. */
export function applyAffine(
  [a, b, c, d, e, f]: Affine,
  x: number,
  y: number,
): [x: number, y: number] {
  return [a * x + b * y + c, d * x + e * y + f]
}
