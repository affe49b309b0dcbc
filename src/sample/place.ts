/**
 * Where the synthetic town lies: open water of the North Sea, so that nobody takes it for a place.
 * Metres of the plan are metres of UTM zone 31N, counted from an origin.
 */
import { createProjection } from '../geo/projection.ts'
import type { LonLat } from '../types.ts'
import type { Point } from './shapes.ts'

/** EPSG code of the orthophoto. */
export const SAMPLE_EPSG = 32631

/** UTM coordinates of the plan's `[0, 0]`. */
export const SAMPLE_ORIGIN: Point = [430_000, 6_100_000]

/** Metres in the plan → WGS84. */
export function toLonLat([x, y]: Point): LonLat {
  return createProjection(SAMPLE_EPSG).inverse(SAMPLE_ORIGIN[0] + x, SAMPLE_ORIGIN[1] + y)
}
