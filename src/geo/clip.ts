/**
 * Polygons in a plane: rings as flat `[x0, y0, x1, y1, …]`, open, outer rings counter-clockwise
 * and holes clockwise, so that areas simply add up. Pure.
 */

/** An open ring, `float64[2n]` as x, y pairs. */
export type PlaneRing = readonly number[]

/** Outer ring and its holes. */
export type PlanePolygon = readonly PlaneRing[]

/** `[xMin, yMin, xMax, yMax]` */
export type Box = readonly [xMin: number, yMin: number, xMax: number, yMax: number]

/**
 * Twice the signed area is computed relative to the first vertex: metres of country size stay
 * exact.
 */
export function signedArea(ring: PlaneRing): number {
  const [originX = 0, originY = 0] = ring
  let twice = 0
  let previousX = (ring.at(-2) ?? 0) - originX
  let previousY = (ring.at(-1) ?? 0) - originY
  for (let i = 0; i < ring.length; i += 2) {
    const x = (ring[i] ?? 0) - originX
    const y = (ring[i + 1] ?? 0) - originY
    twice += previousX * y - x * previousY
    previousX = x
    previousY = y
  }
  return twice / 2
}

/** Area of an outer ring less its holes. */
export function areaOf(polygon: PlanePolygon): number {
  let area = 0
  for (const ring of polygon) area += signedArea(ring)
  return area
}

/** Turns a ring so that it runs counter-clockwise (`isOuter`) or clockwise. */
export function orient(ring: PlaneRing, isOuter: boolean): PlaneRing {
  if (signedArea(ring) > 0 === isOuter) return ring
  const turned: number[] = []
  for (let i = ring.length - 2; i >= 0; i -= 2) turned.push(ring[i] ?? 0, ring[i + 1] ?? 0)
  return turned
}

/** The smallest box around some rings. */
export function boxOf(rings: readonly PlaneRing[]): Box {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const x = ring[i] ?? 0
      const y = ring[i + 1] ?? 0
      if (x < box[0]) box[0] = x
      if (y < box[1]) box[1] = y
      if (x > box[2]) box[2] = x
      if (y > box[3]) box[3] = y
    }
  }
  return box
}

/**
 * The part of a polygon inside a box (Sutherland–Hodgman, ring by ring). Pieces of a concave ring
 * stay joined by edges along the box, which enclose nothing: areas are right.
 */
export function clipToBox(polygon: PlanePolygon, [xMin, yMin, xMax, yMax]: Box): PlanePolygon {
  const [west, south, east, north] = boxOf(polygon)
  if (west >= xMax || east <= xMin || south >= yMax || north <= yMin) return []
  let rings = polygon
  if (west < xMin) rings = clipAll(rings, [1, 0, -xMin])
  if (east > xMax) rings = clipAll(rings, [-1, 0, xMax])
  if (south < yMin) rings = clipAll(rings, [0, 1, -yMin])
  if (north > yMax) rings = clipAll(rings, [0, -1, yMax])
  return rings
}

/** The part of a polygon inside a convex ring that runs counter-clockwise. */
export function clipToConvex(polygon: PlanePolygon, convex: PlaneRing): PlanePolygon {
  let rings = polygon
  let fromX = convex.at(-2) ?? 0
  let fromY = convex.at(-1) ?? 0
  for (let i = 0; i < convex.length; i += 2) {
    const x = convex[i] ?? 0
    const y = convex[i + 1] ?? 0
    const a = fromY - y
    const b = x - fromX
    rings = clipAll(rings, [a, b, -(a * x + b * y)])
    fromX = x
    fromY = y
  }
  return rings
}

/** `a·x + b·y + c ≥ 0` is inside. */
type HalfPlane = readonly [a: number, b: number, c: number]

function clipAll(rings: PlanePolygon, halfPlane: HalfPlane): PlanePolygon {
  const clipped: PlaneRing[] = []
  for (const ring of rings) {
    const inside = clipRing(ring, halfPlane)
    if (inside.length >= 6) clipped.push(inside)
  }
  return clipped
}

function clipRing(ring: PlaneRing, [a, b, c]: HalfPlane): number[] {
  const clipped: number[] = []
  let fromX = ring.at(-2) ?? 0
  let fromY = ring.at(-1) ?? 0
  let fromSide = a * fromX + b * fromY + c
  for (let i = 0; i < ring.length; i += 2) {
    const x = ring[i] ?? 0
    const y = ring[i + 1] ?? 0
    const side = a * x + b * y + c
    if (side >= 0 !== fromSide >= 0) {
      const t = fromSide / (fromSide - side)
      clipped.push(fromX + t * (x - fromX), fromY + t * (y - fromY))
    }
    if (side >= 0) clipped.push(x, y)
    fromX = x
    fromY = y
    fromSide = side
  }
  return clipped
}
