/**
 * Web Mercator (EPSG:3857) tile arithmetic: degrees ↔ world pixels of a zoom, ground sample
 * distance.
 */
import type { LonLat } from '../types.ts'

const EQUATOR_M = 2 * Math.PI * 6378137
const RAD = Math.PI / 180

/** Northern and southern end of the square world, degrees. */
export const MERCATOR_LAT_MAX = Math.atan(Math.sinh(Math.PI)) / RAD

/** Side of the world in pixels at a zoom. */
export function worldSizePx(zoom: number, tileSizePx = 256): number {
  return tileSizePx * 2 ** zoom
}

/** Degrees → `[x, y]` of the square world, 0…1 from its north-west corner. */
export function toUnitSquare({ lon, lat }: LonLat): [x: number, y: number] {
  const clamped = Math.min(Math.max(lat, -MERCATOR_LAT_MAX), MERCATOR_LAT_MAX)
  return [lon / 360 + 0.5, 0.5 - Math.asinh(Math.tan(clamped * RAD)) / (2 * Math.PI)]
}

/** `[x, y]` of the square world → degrees. */
export function fromUnitSquare(x: number, y: number): LonLat {
  return { lon: (x - 0.5) * 360, lat: Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) / RAD }
}

/** Metres on the ground per pixel, at a latitude (sphere, as tile providers state it). */
export function mercatorGsd(lat: number, zoom: number, tileSizePx = 256): number {
  return (EQUATOR_M * Math.cos(lat * RAD)) / worldSizePx(zoom, tileSizePx)
}

/** The coarsest zoom that is at least as fine as `gsd` at this latitude. */
export function zoomForGsd(lat: number, gsd: number, tileSizePx = 256): number {
  return Math.max(0, Math.ceil(Math.log2(mercatorGsd(lat, 0, tileSizePx) / gsd) - 1e-9))
}
