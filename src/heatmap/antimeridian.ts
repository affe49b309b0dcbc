/**
 * Rings that cross the antimeridian or hold a pole → the pieces that GeoJSON and KML can show.
 * Pure.
 */
import { clipToBox } from '../geo/clip.ts'
import type { LonLatRing } from '../geo/cells.ts'
import type { Bbox } from '../types.ts'

/** Cuts a ring at ±180° (RFC 7946 §3.1.9); a ring around a pole gets the pole's whole edge. */
export function cutAtAntimeridian(ring: LonLatRing): LonLatRing[] {
  const unwrapped = closeOverPole(unwrap(ring))
  const lons = unwrapped.map(([lon]) => lon)
  const first = Math.floor((Math.min(...lons) + 180) / 360)
  const last = Math.ceil((Math.max(...lons) + 180) / 360) - 1
  if (first >= last) return [unwrapped.map(([lon, lat]) => [lon - 360 * first, lat])]
  const flat = unwrapped.slice(1).flat()
  const pieces: LonLatRing[] = []
  for (let turn = first; turn <= last; turn++) {
    const west = -180 + 360 * turn
    for (const piece of clipToBox([flat], [west, -90, west + 360, 90])) {
      pieces.push(closedRing(piece, -360 * turn))
    }
  }
  return pieces
}

/**
 * Bounding box of rings; its west is greater than its east where they cross the antimeridian (RFC
 * 7946 §5).
 */
export function bboxOfRings(rings: Iterable<LonLatRing>, centreLon: number): Bbox {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const ring of rings) {
    const unwrapped = closeOverPole(unwrap(ring))
    const start = unwrapped[0]?.[0] ?? 0
    const shift = centreLon + shortWay(start - centreLon) - start
    for (const [lon, lat] of unwrapped) {
      const near = lon + shift
      west = Math.min(west, near)
      east = Math.max(east, near)
      south = Math.min(south, lat)
      north = Math.max(north, lat)
    }
  }
  if (east - west >= 360 - 1e-6) return [-180, south, 180, north]
  return [shortWay(west), south, east === 180 ? 180 : shortWay(east), north]
}

/** Longitudes as a walk without jumps. */
function unwrap(ring: LonLatRing): LonLatRing {
  let previous = ring[0]?.[0] ?? 0
  return ring.map(([lon, lat]) => {
    previous += shortWay(lon - previous)
    return [previous, lat] as const
  })
}

function closeOverPole(ring: LonLatRing): LonLatRing {
  const first = ring[0]
  const last = ring.at(-1)
  if (!first || !last || Math.abs(last[0] - first[0]) < 180) return ring
  const pole = first[1] > 0 ? 90 : -90
  return [...ring, [last[0], pole], [first[0], pole], first]
}

function closedRing(flat: readonly number[], shiftDeg: number): LonLatRing {
  const ring: (readonly [number, number])[] = []
  for (let i = 0; i < flat.length; i += 2) ring.push([(flat[i] ?? 0) + shiftDeg, flat[i + 1] ?? 0])
  return [...ring, ...ring.slice(0, 1)]
}

function shortWay(degrees: number): number {
  return degrees - 360 * Math.round(degrees / 360)
}
