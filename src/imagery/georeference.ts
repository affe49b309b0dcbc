/** GeoTIFF tags → where a raster lies: an affine from pixels to its CRS, and the CRS's projection. */
import { createRequire } from 'node:module'
import { InputError } from '../errors.ts'
import { createProjection, createProjectionFromProj4, type Projection } from '../geo/projection.ts'

/** px → CRS: x = a·u + b·v + c, y = d·u + e·v + f; (u, v) from the top left corner of the first pixel. */
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
  const affine: Affine = [a, b, c - shift * (a + b), d, e, f - shift * (d + e)]
  return { affine, ...readCrs(geoKeys, file) }
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

function readCrs(
  geoKeys: Readonly<Record<string, unknown>>,
  file: string,
): { crs: string; projection: Projection } {
  const code = Number(geoKeys['ProjectedCSTypeGeoKey'] ?? geoKeys['GeographicTypeGeoKey'] ?? 0)
  if (code > 0 && code !== USER_DEFINED) {
    return { crs: `EPSG:${String(code)}`, projection: createProjection(code) }
  }
  const text = proj4OfKeys(geoKeys)
  if (text === undefined) {
    throw new InputError('crs-unknown', `Expected a CRS that proj4 knows for ${file}, got none`, {
      hint: 'reproject the file first: gdalwarp -t_srs EPSG:3857 in.tif out.tif',
    })
  }
  return { crs: text, projection: createProjectionFromProj4(text, file) }
}

type KeyReader = (keys: Readonly<Record<string, unknown>>) => { proj4?: string } | null

/** CRSs that are spelled out key by key; the reader is large, so it is loaded when one turns up. */
function proj4OfKeys(geoKeys: Readonly<Record<string, unknown>>): string | undefined {
  const { toProj4 } = createRequire(import.meta.url)('geotiff-geokeys-to-proj4') as {
    toProj4: KeyReader
  }
  // Rasters are x east, y north whatever the CRS's axis order.
  return toProj4(geoKeys)?.proj4?.replace(/\+axis=\S+/, '')
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
