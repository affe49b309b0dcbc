/**
 * What lies inside polygons. A grid of cells that no edge crosses answers most questions at once;
 * the rest goes through an index of the edges, so country outlines of 10⁵ vertices stay fast. Made
 * by `prepareBoundary`.
 */
import Flatbush from 'flatbush'
import type { Bbox, LonLat } from '../types.ts'

/** Part of a segment that lies inside, as shares of the way from its start, 0…1. */
export type Interval = readonly [from: number, to: number]

type Parts = readonly (readonly (readonly (readonly number[])[])[])[]

const GRID = 256
const OUTSIDE = 0
const INSIDE = 1
const MIXED = 2
/**
 * Share of an edge by which a cut may lie past its end: rounded, one through a corner can miss both
 * edges there.
 */
const PAST_END = 1e-6
const WHOLE: readonly Interval[] = [[0, 1]]
const NOTHING: readonly Interval[] = []

/** Polygons with holes, indexed; overlapping polygons count once. */
export class PolygonIndex {
  readonly #bbox: Bbox
  readonly #cellsPerDegree: LonLat
  /** `float64[edges, 4]`: lon and lat of both ends. */
  readonly #edges: Float64Array
  /** The polygon each edge belongs to. */
  readonly #partOf: Uint32Array
  readonly #tree: Flatbush
  /** The polygon is its bounding box, as when an extract's header bounds the region. */
  readonly #isBox: boolean
  /** `uint8[GRID, GRID]`, rows from south: OUTSIDE, INSIDE or MIXED. */
  readonly #grid = new Uint8Array(GRID * GRID)

  constructor(parts: Parts, bbox: Bbox) {
    const edges: number[] = []
    const partOf: number[] = []
    parts.forEach((rings, part) => {
      for (const ring of rings) pushEdges(edges, ring)
      while (partOf.length < edges.length / 4) partOf.push(part)
    })
    this.#bbox = bbox
    this.#isBox = isBox(parts, bbox)
    this.#cellsPerDegree = { lon: GRID / (bbox[2] - bbox[0]), lat: GRID / (bbox[3] - bbox[1]) }
    this.#edges = Float64Array.from(edges)
    this.#partOf = Uint32Array.from(partOf)
    this.#tree = treeOf(this.#edges)
    for (let e = 0; e < edges.length; e += 4) this.#markMixed(this.#edges.subarray(e, e + 4))
    this.#classifyCells()
  }

  /**
   * Says whether a point lies inside; of two polygons that share an edge, a point on it lies in
   * exactly one.
   */
  containsPoint({ lon, lat }: LonLat): boolean {
    const cell = this.#cellAt(lon, lat)
    const state = cell < 0 ? OUTSIDE : this.#grid[cell]
    return state === MIXED ? this.#isInsideByRay(lon, lat) : state === INSIDE
  }

  /** True where it shows at once that the whole segment lies inside; false says nothing. */
  holdsSegment(a: LonLat, b: LonLat): boolean {
    return this.#isBox
      ? isWithin(this.#bbox, a) && isWithin(this.#bbox, b)
      : this.#stateAround(a, b) === INSIDE
  }

  /**
   * Finds the parts of the segment `a`–`b` that lie inside, in order; neighbouring parts are
   * joined.
   */
  clipSegment(a: LonLat, b: LonLat): readonly Interval[] {
    const state = this.#stateAround(a, b)
    if (state !== MIXED) return state === INSIDE ? WHOLE : NOTHING
    const cuts = this.#cutsOf(a, b)
    if (cuts.length === 0) return this.containsPoint(pointAt(a, b, 0.5)) ? WHOLE : NOTHING
    return this.#insideBetween([0, ...cuts, 1], a, b)
  }

  /** The state of all cells in the rectangle that the segment spans, where they have one state. */
  #stateAround(a: LonLat, b: LonLat): number {
    const first = this.#cellAt(Math.min(a.lon, b.lon), Math.min(a.lat, b.lat))
    const last = this.#cellAt(Math.max(a.lon, b.lon), Math.max(a.lat, b.lat))
    if (first < 0 || last < 0) return MIXED
    const state = this.#grid[first] ?? MIXED
    const width = (last % GRID) - (first % GRID) + 1
    for (let row = first; row <= last; row += GRID)
      for (let cell = row; cell < row + width; cell++) if (this.#grid[cell] !== state) return MIXED
    return state
  }

  #insideBetween(cuts: readonly number[], a: LonLat, b: LonLat): readonly Interval[] {
    const inside: [number, number][] = []
    for (let i = 1; i < cuts.length; i++) {
      const from = cuts[i - 1] ?? 0
      const to = cuts[i] ?? 1
      if (!this.containsPoint(pointAt(a, b, (from + to) / 2))) continue
      const last = inside.at(-1)
      if (last?.[1] === from) last[1] = to
      else inside.push([from, to])
    }
    return inside
  }

  /** Shares at which the segment meets an edge, sorted, without repeats and without its ends. */
  #cutsOf(a: LonLat, b: LonLat): number[] {
    const [west, east] = a.lon < b.lon ? [a.lon, b.lon] : [b.lon, a.lon]
    const [south, north] = a.lat < b.lat ? [a.lat, b.lat] : [b.lat, a.lat]
    const cuts: number[] = []
    for (const edge of this.#tree.search(west, south, east, north)) {
      const cut = cutAt(this.#edges.subarray(4 * edge, 4 * edge + 4), a, b)
      if (cut > 0 && cut < 1) cuts.push(cut)
    }
    cuts.sort((s, t) => s - t)
    return cuts.filter((cut, i) => cut !== cuts[i - 1])
  }

  /** Even–odd rule along a ray to the east, for each polygon on its own. */
  #isInsideByRay(x: number, y: number): boolean {
    const odd = new Set<number>()
    for (const edge of this.#tree.search(x, y, Infinity, y)) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = this.#edges.subarray(4 * edge, 4 * edge + 4)
      if (y0 > y === y1 > y) continue
      if (x >= x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) continue
      const part = this.#partOf[edge] ?? 0
      if (!odd.delete(part)) odd.add(part)
    }
    return odd.size > 0
  }

  /** Index of the grid cell, or -1 outside the bounding box. */
  #cellAt(lon: number, lat: number): number {
    const bbox = this.#bbox
    const x = (lon - bbox[0]) * this.#cellsPerDegree.lon
    const y = (lat - bbox[1]) * this.#cellsPerDegree.lat
    if (!(x >= 0 && y >= 0 && lon <= bbox[2] && lat <= bbox[3])) return -1
    return Math.min(GRID - 1, Math.floor(y)) * GRID + Math.min(GRID - 1, Math.floor(x))
  }

  #markMixed([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: Float64Array): void {
    const first = this.#cellAt(Math.min(x0, x1), Math.min(y0, y1))
    const last = this.#cellAt(Math.max(x0, x1), Math.max(y0, y1))
    for (let row = Math.floor(first / GRID); row <= Math.floor(last / GRID); row++)
      this.#grid.fill(MIXED, row * GRID + (first % GRID), row * GRID + (last % GRID) + 1)
  }

  /**
   * Neighbours without an edge in either lie on the same side, so one look serves a whole run of
   * cells.
   */
  #classifyCells(): void {
    const [west, south, east, north] = this.#bbox
    let state = MIXED
    for (let cell = 0; cell < GRID * GRID; cell++) {
      const column = cell % GRID
      if (column === 0) state = MIXED
      if (this.#grid[cell] === MIXED) {
        state = MIXED
        continue
      }
      if (state === MIXED) {
        const lon = west + ((column + 0.5) / GRID) * (east - west)
        const lat = south + ((Math.floor(cell / GRID) + 0.5) / GRID) * (north - south)
        state = this.#isInsideByRay(lon, lat) ? INSIDE : OUTSIDE
      }
      this.#grid[cell] = state
    }
  }
}

/** One ring of four corners, all of them corners of the box. */
function isBox(parts: Parts, [west, south, east, north]: Bbox): boolean {
  const [ring, hole] = parts[0] ?? []
  return (
    parts.length === 1 &&
    hole === undefined &&
    ring?.length === 5 &&
    new Set(ring.map(String)).size === 4 &&
    ring.every(([x, y]) => (x === west || x === east) && (y === south || y === north))
  )
}

/** The edge itself is left to the exact test. */
function isWithin(bbox: Bbox, { lon, lat }: LonLat): boolean {
  return lon > bbox[0] && lon < bbox[2] && lat > bbox[1] && lat < bbox[3]
}

function pointAt(a: LonLat, b: LonLat, share: number): LonLat {
  return { lon: a.lon + (b.lon - a.lon) * share, lat: a.lat + (b.lat - a.lat) * share }
}

/**
 * Share of `a`–`b` at which it meets the edge; NaN where it does not or runs along it (its
 * neighbours cut then).
 */
function cutAt(edge: Float64Array, a: LonLat, b: LonLat): number {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = edge
  const [dx, dy] = [b.lon - a.lon, b.lat - a.lat]
  const [ex, ey] = [x1 - x0, y1 - y0]
  const cross = dx * ey - dy * ex
  if (cross === 0) return NaN
  const along = ((x0 - a.lon) * dy - (y0 - a.lat) * dx) / cross
  if (along < -PAST_END || along > 1 + PAST_END) return NaN
  return ((x0 - a.lon) * ey - (y0 - a.lat) * ex) / cross
}

function pushEdges(edges: number[], ring: readonly (readonly number[])[]): void {
  for (let i = 1; i < ring.length; i++) {
    const [x0 = 0, y0 = 0] = ring[i - 1] ?? []
    const [x1 = 0, y1 = 0] = ring[i] ?? []
    edges.push(x0, y0, x1, y1)
  }
}

function treeOf(edges: Float64Array): Flatbush {
  const tree = new Flatbush(edges.length / 4)
  for (let e = 0; e < edges.length; e += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = edges.subarray(e, e + 4)
    tree.add(Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1))
  }
  tree.finish()
  return tree
}
