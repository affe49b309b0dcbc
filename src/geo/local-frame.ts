/**
 * Azimuthal equidistant frame on the WGS84 ellipsoid around one place: metres east and north, true
 * north up. Works on the normal section (third order in distance): within 1 km it agrees with
 * geodesics to 1 µm, at any latitude but the poles themselves.
 */
import type { LonLat } from '../types.ts'
import type { Projection } from './projection.ts'

const SEMI_MAJOR_M = 6378137
const FLATTENING = 1 / 298.257223563
const E2 = FLATTENING * (2 - FLATTENING)
const SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING)
const E2_PRIME = E2 / (1 - E2)
const RAD = Math.PI / 180

/** Unit vectors and curvatures of the ellipsoid at the centre of a frame. */
interface Tangent {
  readonly lonSin: number
  readonly lonCos: number
  readonly latSin: number
  readonly latCos: number
  /** Geocentric coordinates in metres. */
  readonly origin: readonly [x: number, y: number, z: number]
  /** 1 / radius of curvature along the meridian and along the prime vertical. */
  readonly curvatureNorth: number
  readonly curvatureEast: number
}

function tangentAt({ lon, lat }: LonLat): Tangent {
  const latSin = Math.sin(lat * RAD)
  const latCos = Math.cos(lat * RAD)
  const lonSin = Math.sin(lon * RAD)
  const lonCos = Math.cos(lon * RAD)
  const w2 = 1 - E2 * latSin * latSin
  const primeVerticalM = SEMI_MAJOR_M / Math.sqrt(w2)
  const meridianM = (primeVerticalM * (1 - E2)) / w2
  const fromAxisM = primeVerticalM * latCos
  return {
    lonSin,
    lonCos,
    latSin,
    latCos,
    origin: [fromAxisM * lonCos, fromAxisM * lonSin, primeVerticalM * (1 - E2) * latSin],
    curvatureNorth: 1 / meridianM,
    curvatureEast: 1 / primeVerticalM,
  }
}

/**
 * Geocentric metres on the ellipsoid's surface → degrees (Bowring; exact to rounding at height 0).
 */
function fromGeocentric(x: number, y: number, z: number): LonLat {
  const fromAxisM = Math.hypot(x, y)
  const theta = Math.atan2(z * SEMI_MAJOR_M, fromAxisM * SEMI_MINOR_M)
  const lat = Math.atan2(
    z + E2_PRIME * SEMI_MINOR_M * Math.sin(theta) ** 3,
    fromAxisM - E2 * SEMI_MAJOR_M * Math.cos(theta) ** 3,
  )
  return { lon: Math.atan2(y, x) / RAD, lat: lat / RAD }
}

/**
 * Curvature of the normal section in the direction of `[east, north]`, whose squared length is
 * given.
 */
function sectionCurvature(tangent: Tangent, east: number, north: number): number {
  const square = east * east + north * north
  if (square === 0) return 0
  return (north * north * tangent.curvatureNorth + east * east * tangent.curvatureEast) / square
}

/** Metres `[east, north]` of a frame → degrees. */
function toLonLat(tangent: Tangent, eastM: number, northM: number): LonLat {
  const { lonSin, lonCos, latSin, latCos, origin } = tangent
  const curvature = sectionCurvature(tangent, eastM, northM)
  const square = eastM * eastM + northM * northM
  const shrink = 1 - (curvature * curvature * square) / 6
  const east = eastM * shrink
  const north = northM * shrink
  const up = -(curvature * square) / 2
  const outward = up * latCos - north * latSin
  return fromGeocentric(
    origin[0] + outward * lonCos - east * lonSin,
    origin[1] + outward * lonSin + east * lonCos,
    origin[2] + up * latSin + north * latCos,
  )
}

/** Degrees → metres `[east, north]` of a frame. */
function toLocal(tangent: Tangent, place: LonLat): [x: number, y: number] {
  const { lonSin, lonCos, latSin, latCos, origin } = tangent
  const { origin: there } = tangentAt(place)
  const dx = there[0] - origin[0]
  const dy = there[1] - origin[1]
  const dz = there[2] - origin[2]
  const outward = dx * lonCos + dy * lonSin
  const east = dy * lonCos - dx * lonSin
  const north = dz * latCos - outward * latSin
  const curvature = sectionCurvature(tangent, east, north)
  const stretch = 1 + (curvature * curvature * (east * east + north * north)) / 6
  return [east * stretch, north * stretch]
}

/**
 * Makes the frame of one place.
 * @returns `forward`: degrees → `[east, north]` metres; `inverse`: metres → degrees. For use within
 *   a few kilometres of the centre.
 */
export function createLocalFrame(centre: LonLat): Projection {
  const tangent = tangentAt(centre)
  return {
    forward: (place) => toLocal(tangent, place),
    inverse: (x, y) => toLonLat(tangent, x, y),
  }
}
