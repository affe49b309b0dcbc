/** Plane geometry of the sample town: lines and rings in metres (or pixels), x to the right. */

/** `[x, y]`: metres east and north in the plan, pixels right and down on a canvas. */
export type Point = readonly [x: number, y: number]

/** A closed outline; the first point is not repeated. */
export type Ring = readonly Point[]

/** A place on a line and the line's direction there, radians. */
export interface Station {
  readonly at: Point
  readonly angle: number
}

/** Axis-parallel extent. */
export interface Extent {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}

/** A point given in the frame of a station: `forward` along its direction, `left` across. */
export function from({ at, angle }: Station, forward: number, left: number): Point {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  return [at[0] + forward * cos - left * sin, at[1] + forward * sin + left * cos]
}

/** A rectangle around a station: `length` along its direction, `width` across. */
export function box(station: Station, length: number, width: number): Ring {
  const [a, b] = [length / 2, width / 2]
  return [from(station, -a, -b), from(station, a, -b), from(station, a, b), from(station, -a, b)]
}

/** The rectangle of an extent. */
export function rectangle({ west, south, east, north }: Extent): Ring {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
  ]
}

/** A superellipse: `power` 2 is an ellipse, 4 and more a rounded rectangle. */
export function oval(at: Point, radii: Point, power = 2): Ring {
  const count = Math.round(Math.min(40, Math.max(10, 8 * Math.sqrt(Math.max(...radii)))))
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count
    const reach = (value: number): number => Math.sign(value) * Math.abs(value) ** (2 / power)
    return [at[0] + radii[0] * reach(Math.cos(angle)), at[1] + radii[1] * reach(Math.sin(angle))]
  })
}

/** The line shifted to its left by `distance`. */
export function shift(line: readonly Point[], distance: number): Point[] {
  return line.map((at, index) => {
    const before = line[index - 1] ?? at
    const after = line[index + 1] ?? at
    const angle = Math.atan2(after[1] - before[1], after[0] - before[0])
    return from({ at, angle }, 0, distance)
  })
}

/** The outline of a line drawn `width` wide. */
export function ribbon(line: readonly Point[], width: number): Ring {
  return [...shift(line, width / 2), ...shift(line, -width / 2).reverse()]
}

/** A smooth line through the points (Catmull-Rom), `steps` pieces between two of them. */
export function smooth(points: readonly Point[], steps = 12): Point[] {
  const line: Point[] = []
  points.slice(1).forEach((next, index) => {
    const here = points[index] ?? next
    const before = points[index - 1] ?? here
    const after = points[index + 2] ?? next
    for (let step = 0; step < steps; step++) {
      const t = step / steps
      const blend = (axis: 0 | 1): number => {
        const [p, q, r, s] = [before[axis], here[axis], next[axis], after[axis]]
        return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)))
      }
      line.push([blend(0), blend(1)])
    }
  })
  return [...line, ...points.slice(-1)]
}

/** Places along a line, the first after half a `step`. */
export function stations(line: readonly Point[], step: number): Station[] {
  const found: Station[] = []
  let next = step / 2
  for (const [a, b] of segments(line)) {
    const length = Math.hypot(b[0] - a[0], b[1] - a[1])
    const angle = Math.atan2(b[1] - a[1], b[0] - a[0])
    for (; next < length; next += step) found.push({ at: from({ at: a, angle }, next, 0), angle })
    next -= length
  }
  return found
}

/** Neighbouring pairs of a line. */
export function segments(line: readonly Point[]): [Point, Point][] {
  return line.slice(1).map((b, index) => [line[index] ?? b, b])
}

/** The point of a segment nearest to `at`. */
export function nearestOn([a, b]: readonly [Point, Point], at: Point): Point {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const along = ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / (dx * dx + dy * dy || 1)
  const t = Math.min(1, Math.max(0, along))
  return [a[0] + t * dx, a[1] + t * dy]
}

/** Distance between two points. */
export function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1])
}

/** Convex hull (Andrew's monotone chain). */
export function hull(points: readonly Point[]): Ring {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = []
    for (const point of ordered) {
      while (chain.length > 1 && !turnsLeft(chain.at(-2), chain.at(-1), point)) chain.pop()
      chain.push(point)
    }
    return chain.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.reverse())]
}

function turnsLeft(a: Point = [0, 0], b: Point = [0, 0], c: Point = [0, 0]): boolean {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0
}

/** The smallest extent that holds the points. */
export function extentOf(points: readonly Point[]): Extent {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of points) {
    west = Math.min(west, x)
    south = Math.min(south, y)
    east = Math.max(east, x)
    north = Math.max(north, y)
  }
  return { west, south, east, north }
}

/** True when two extents share a point. */
export function overlaps(a: Extent, b: Extent): boolean {
  return a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north
}

/** True when the ring holds the point. */
export function contains(ring: Ring, [x, y]: Point): boolean {
  let inside = false
  let previous = ring[ring.length - 1]
  for (const point of ring) {
    if (previous && previous[1] > y !== point[1] > y) {
      const cross =
        previous[0] + ((y - previous[1]) / (point[1] - previous[1])) * (point[0] - previous[0])
      if (x < cross) inside = !inside
    }
    previous = point
  }
  return inside
}
