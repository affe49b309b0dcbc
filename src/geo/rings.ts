/**
 * Closed rings of `[lon, lat]°` whose edges are straight in degrees: what lies inside one, or a
 * few.
 */
import type { Position } from 'geojson'

/**
 * Does a place lie inside a polygon (`[outer ring, …holes]`)? Few edges; for many questions see
 * polygon-index.ts.
 */
export function isInPolygon(rings: readonly Position[][], lon: number, lat: number): boolean {
  const [outer, ...holes] = rings
  if (outer === undefined || !isInRing(outer, lon, lat)) return false
  return !holes.some((hole) => isInRing(hole, lon, lat))
}

/** Does a place lie inside a ring? On an edge either answer may come. */
export function isInRing(ring: readonly Position[], lon: number, lat: number): boolean {
  let isInside = false
  for (let index = 1; index < ring.length; index++) {
    const [fromLon, fromLat] = vertex(ring, index - 1)
    const [toLon, toLat] = vertex(ring, index)
    if (fromLat > lat === toLat > lat) continue
    if (lon < fromLon + ((lat - fromLat) / (toLat - fromLat)) * (toLon - fromLon))
      isInside = !isInside
  }
  return isInside
}

/** Twice the area in square degrees, positive for a counter-clockwise ring. */
export function signedDoubleArea(ring: readonly Position[]): number {
  // Relative to the first position, so that small rings far from 0° lose no digits.
  const [lon0, lat0] = vertex(ring, 0)
  let sum = 0
  for (let index = 1; index < ring.length; index++) {
    const [fromLon, fromLat] = vertex(ring, index - 1)
    const [toLon, toLat] = vertex(ring, index)
    sum += (fromLon - lon0) * (toLat - lat0) - (toLon - lon0) * (fromLat - lat0)
  }
  return sum
}

function vertex(ring: readonly Position[], index: number): readonly [lon: number, lat: number] {
  const [lon = NaN, lat = NaN] = ring[index] ?? []
  return [lon, lat]
}
