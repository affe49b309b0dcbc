/**
 * Parts of a boundary that overlap, joined: what lies in several parts is one place, with one area.
 * Pure.
 */
import { Clipper, ClipType, FillRule, PolyTree64, type Path64, type PolyPath64 } from 'clipper2-ts'
import type { Boundary } from '../types.ts'
import { areaOf, orient, type PlaneRing } from './clip.ts'

/** Clipper computes in whole numbers, exactly: 10⁻¹⁰ degrees are a hundredth of a millimetre. */
const STEPS_PER_DEGREE = 1e10
/** Relative: parts that only touch overlap by what rounding and bent edges leave. */
const SAME_AREA = 1e-6

type Ring = readonly (readonly number[])[]
type Part = readonly Ring[]

/**
 * Joins the parts of a boundary that overlap, as the rasters of a mosaic do by right; edges stay
 * straight in degrees. A boundary whose parts only touch, or lie apart, is given back as it is.
 */
export function dissolveOverlaps(boundary: Boundary): Boundary {
  if (boundary.type === 'Polygon' || boundary.coordinates.length < 2) return boundary
  const parts: readonly Part[] = boundary.coordinates
  const joined = join(parts)
  const [before, after] = [squareDegrees(parts), squareDegrees(joined)]
  if (Math.abs(before - after) <= SAME_AREA * before) return boundary
  return { type: 'MultiPolygon', coordinates: joined }
}

function join(parts: readonly Part[]): number[][][][] {
  const tree = new PolyTree64()
  const paths = parts.flatMap(withoutHoles)
  Clipper.booleanOpWithPolyTree(ClipType.Union, paths, null, tree, FillRule.NonZero)
  return partsUnder(tree)
}

/** Holes are cut out of their own part first: one that sticks out of it is no land there. */
function withoutHoles(rings: Part): Path64[] {
  const [outer = [], ...holes] = rings.map(toPath)
  return Clipper.booleanOp(ClipType.Difference, [outer], holes, FillRule.NonZero)
}

/** Altitudes, which KML gives, are left out. */
function toPath(ring: Ring): Path64 {
  return ring.slice(1).map(([lon = NaN, lat = NaN]) => ({
    x: Math.round(lon * STEPS_PER_DEGREE),
    y: Math.round(lat * STEPS_PER_DEGREE),
  }))
}

/** Outer rings hold their holes, and these what lies in them. */
function partsUnder(node: PolyPath64): number[][][][] {
  return childrenOf(node).flatMap((outer) => {
    const holes = childrenOf(outer)
    return [[outer, ...holes].map(toRing), ...holes.flatMap(partsUnder)]
  })
}

function childrenOf(node: PolyPath64): PolyPath64[] {
  return Array.from({ length: node.count }, (_, i) => node.child(i))
}

function toRing({ poly }: PolyPath64): number[][] {
  const ring = (poly ?? []).map(({ x, y }) => [x / STEPS_PER_DEGREE, y / STEPS_PER_DEGREE])
  return [...ring, ...ring.slice(0, 1)]
}

function squareDegrees(parts: readonly Part[]): number {
  const flat = (rings: Part) => rings.map((ring, i) => orient(toPlaneRing(ring), i === 0))
  return parts.reduce((sum, rings) => sum + areaOf(flat(rings)), 0)
}

function toPlaneRing(ring: Ring): PlaneRing {
  return ring.slice(1).flatMap(([lon = NaN, lat = NaN]) => [lon, lat])
}
