/** A CRS → the GeoTIFF tags that name it (OGC GeoTIFF 1.1). Pure. */
import type { LonLat } from '../types.ts'
import type { TiffTag } from './tiff-tags.ts'

const USER_DEFINED = 32767
const DOUBLE_PARAMS = 34736
const ASCII_PARAMS = 34737

/** A key's value, or where it stands among the doubles or the text. */
type Key = readonly [id: number, location: number, count: number, value: number]

/** `epsg` null: the region's own Lambert azimuthal equal-area projection around `centre`, WGS84. */
export function geoKeysOf(epsg: number | null, centre: LonLat): TiffTag[] {
  return epsg === null ? laeaKeys(centre) : [directoryOf([...common(), [3072, 0, 1, epsg]])]
}

/** Projected CRS (1024), a pixel is an area (1025). */
function common(): Key[] {
  return [
    [1024, 0, 1, 1],
    [1025, 0, 1, 1],
  ]
}

function laeaKeys({ lon, lat }: LonLat): TiffTag[] {
  const name = `Lambert azimuthal equal-area, ${lat} ${lon}|`
  const doubles = [0, 0, lon, lat]
  const keys: Key[] = [
    ...common(),
    [1026, ASCII_PARAMS, name.length, 0],
    [2048, 0, 1, 4326],
    [2054, 0, 1, 9102],
    [3072, 0, 1, USER_DEFINED],
    [3073, ASCII_PARAMS, name.length, 0],
    [3074, 0, 1, USER_DEFINED],
    // CT_LambertAzimEqualArea
    [3075, 0, 1, 10],
    [3076, 0, 1, 9001],
    [3082, DOUBLE_PARAMS, 1, 0],
    [3083, DOUBLE_PARAMS, 1, 1],
    [3088, DOUBLE_PARAMS, 1, 2],
    [3089, DOUBLE_PARAMS, 1, 3],
  ]
  return [
    directoryOf(keys),
    { tag: DOUBLE_PARAMS, type: 'double', values: doubles },
    { tag: ASCII_PARAMS, type: 'ascii', text: name },
  ]
}

function directoryOf(keys: readonly Key[]): TiffTag {
  return { tag: 34735, type: 'short', values: [1, 1, 0, keys.length, ...keys.flat()] }
}
