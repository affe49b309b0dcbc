/** Parts of a boundary that overlap, joined: what lies in several parts is one place, with one area. Pure. */
import { union, type Geom } from 'polyclip-ts'
import type { Boundary } from '../types.ts'
import { signedArea } from './clip.ts'

/** Relative: joining rounds corners, and parts that only touch change no area. */
const SAME_AREA = 1e-9

type Parts = readonly (readonly (readonly (readonly number[])[])[])[]

/**
 * Joins the parts of a boundary that overlap, as the rasters of a mosaic do by right; edges stay straight in degrees.
 * A boundary whose parts only touch, or lie apart, is given back as it is.
 */
export function dissolveOverlaps(boundary: Boundary): Boundary {
  if (boundary.type === 'Polygon' || boundary.coordinates.length < 2) return boundary
  const parts: Parts = boundary.coordinates
  const joined = joinAll(parts)
  const overlap = areaOf(parts) - areaOf(joined)
  if (Math.abs(overlap) <= SAME_AREA * areaOf(parts)) return boundary
  return { type: 'MultiPolygon', coordinates: joined as number[][][][] }
}

/** The smallest two at a time: all at once takes time with the square of how many lie over each other. */
function joinAll(parts: Parts): Parts {
  const waiting = parts.map((part): Parts => [part]).sort((a, b) => cornersOf(a) - cornersOf(b))
  for (;;) {
    const [first, second] = waiting.splice(0, 2)
    if (first === undefined || second === undefined) return first ?? []
    const joined: Parts = union(first as Geom, second as Geom)
    const corners = cornersOf(joined)
    const larger = waiting.findIndex((other) => cornersOf(other) > corners)
    waiting.splice(larger < 0 ? waiting.length : larger, 0, joined)
  }
}

function cornersOf(parts: Parts): number {
  return parts.reduce((sum, rings) => sum + rings.reduce((n, ring) => n + ring.length, 0), 0)
}

/** In square degrees, holes taken off. */
function areaOf(parts: Parts): number {
  const sizeOf = (ring: readonly (readonly number[])[] | undefined) =>
    Math.abs(signedArea(ring?.flatMap(([x = NaN, y = NaN]) => [x, y]) ?? []))
  return parts.reduce(
    (sum, [outer, ...holes]) =>
      sum + sizeOf(outer) - holes.reduce((all, hole) => all + sizeOf(hole), 0),
    0,
  )
}
