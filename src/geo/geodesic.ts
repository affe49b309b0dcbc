/**
 * Geodesic lengths on WGS84, metres. Short lines (nearly every road segment) are measured by their
 * straight chord through the Earth, which a series turns into an arc; long ones by Karney's method.
 */
import geodesicPackage from 'geographiclib-geodesic'
import type { LonLat } from '../types.ts'

const SEMI_MAJOR_M = 6378137
const FLATTENING = 1 / 298.257223563
const ECCENTRICITY2 = FLATTENING * (2 - FLATTENING)
const MEAN_RADIUS2_M2 = 6371008.8 ** 2
const RADIANS = Math.PI / 180
/**
 * Up to here the arc is longer than the chord by ≤ 8 mm, and taking the mean radius for it errs by
 * < 0.1 mm.
 */
const CHORD_MAX_M = 20_000

/**
 * A place with what its latitude makes of the ellipsoid there: the sines that all its segments
 * share.
 */
export class SurfacePoint implements LonLat {
  lon = 0
  lat = 0
  /** Metres from the Earth's axis. */
  radiusM = SEMI_MAJOR_M
  /**
   * Normal times sine of the latitude, metres: times 1 − e² it is the height over the equator's
   * plane.
   */
  axialM = 0

  /** Moves to another place, degrees: one object serves many vertices. */
  moveTo(lon: number, lat: number): this {
    const sin = Math.sin(lat * RADIANS)
    const normalM = SEMI_MAJOR_M / Math.sqrt(1 - ECCENTRICITY2 * sin * sin)
    this.lon = lon
    this.lat = lat
    this.radiusM = normalM * Math.cos(lat * RADIANS)
    this.axialM = normalM * sin
    return this
  }
}

/**
 * Measures the shortest way from `a` to `b` over the ellipsoid, metres; within 0.1 mm of Karney's
 * method.
 */
export function distanceM(a: SurfacePoint, b: SurfacePoint): number {
  const chord2 = chordSquaredM2(a, b)
  if (!(chord2 <= CHORD_MAX_M * CHORD_MAX_M)) return karneyM(a, b)
  return Math.sqrt(chord2) * (1 + chord2 / (24 * MEAN_RADIUS2_M2))
}

/**
 * Measures the shortest way from `a` to `b` in whole millimetres, the unit in which road points are
 * drawn.
 */
export function segmentLengthMm(a: SurfacePoint, b: SurfacePoint): number {
  return Math.round(distanceM(a, b) * 1000)
}

/**
 * In a frame turned to the mean meridian only the difference of longitude matters, so no precision
 * is lost.
 */
function chordSquaredM2(a: SurfacePoint, b: SurfacePoint): number {
  const half = Math.sin(((b.lon - a.lon) * RADIANS) / 2)
  const dr = b.radiusM - a.radiusM
  const dz = (1 - ECCENTRICITY2) * (b.axialM - a.axialM)
  return dr * dr + dz * dz + 4 * a.radiusM * b.radiusM * half * half
}

function karneyM(a: LonLat, b: LonLat): number {
  const { s12 } = geodesicPackage.Geodesic.WGS84.Inverse(a.lat, a.lon, b.lat, b.lon)
  return s12 ?? Number.NaN
}
