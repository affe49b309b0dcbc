/**
 * A boundary in degrees → polygons in a plane whose edges follow the boundary's true course. Pure.
 */
import { InputError } from '../errors.ts'
import type { Boundary, LonLat } from '../types.ts'
import { areaOf, orient, type PlanePolygon, type PlaneRing } from './clip.ts'
import type { Projection } from './projection.ts'

/**
 * Half of the Earth's circumference through the poles is 20,004 km; beyond a quarter LAEA tears
 * shapes.
 */
const REACH_MAX_M = 9_100_000
const SPLIT_DEPTH_MAX = 12
/**
 * Of an edge of half a turn a 4096th part is at most 5 km long: one this far off goes over a seam,
 * as of a UTM zone behind the Earth.
 */
const TORN_MIN_M = 100_000

/**
 * Projects a boundary. Its edges are straight in degrees (RFC 7946), so they get vertices until
 * they are true to `toleranceM`. Where the projection gives no numbers, as at a pole in EPSG:3857,
 * or an edge crosses a seam of it, they have NaN: `checkCovered` and `checkReach` refuse it.
 */
export function projectBoundary(
  boundary: Boundary,
  projection: Projection,
  toleranceM: number,
): PlanePolygon[] {
  const polygons = boundary.type === 'Polygon' ? [boundary.coordinates] : boundary.coordinates
  const project = ([lon, lat]: Place) => projection.forward({ lon, lat })
  return polygons.map((rings) =>
    rings.map((ring, i) => orient(projectRing(ring, project, toleranceM), i === 0)),
  )
}

/** Area of a region, km². @throws {InputError} `boundary-empty` */
export function regionAreaKm2(polygons: readonly PlanePolygon[]): number {
  const areaKm2 = polygons.reduce((sum, polygon) => sum + areaOf(polygon), 0) / 1e6
  if (areaKm2 > 0) return areaKm2
  throw new InputError('boundary-empty', `Expected a boundary with an area, got ${areaKm2} km²`, {
    hint: 'give a GeoJSON polygon with at least three different corners, holes smaller than it',
  })
}

/**
 * @throws {InputError} `boundary-too-large` unless everything lies within a hemisphere of the
 *   centre
 */
export function checkReach(polygons: readonly PlanePolygon[], centre: LonLat): void {
  for (const [ring] of polygons) {
    for (let i = 0; ring && i < ring.length; i += 2) {
      if (Math.hypot(ring[i] ?? NaN, ring[i + 1] ?? NaN) <= REACH_MAX_M) continue
      throw new InputError(
        'boundary-too-large',
        `Expected a boundary within 9,100 km of its centre ${centre.lon},${centre.lat}, got a larger one`,
        {
          hint: 'cut the region into parts; one across the antimeridian is a MultiPolygon that is cut at ±180°',
        },
      )
    }
  }
}

/**
 * @throws {InputError} `outside-projection` unless all of a boundary has a place in the plane of a
 *   named CRS
 */
export function checkCovered(polygons: readonly PlanePolygon[]): void {
  if (polygons.every((rings) => rings.every((ring) => ring.every(Number.isFinite)))) return
  throw new InputError(
    'outside-projection',
    "Expected a boundary that the cells' CRS covers, got one that reaches where it has no coordinates",
    { hint: 'choose a CRS that covers the region, or leave the @ out of the cells' },
  )
}

type Place = readonly [lon: number, lat: number]
type Projected = readonly [x: number, y: number]

function projectRing(
  ring: readonly (readonly number[])[],
  project: (place: Place) => Projected,
  toleranceM: number,
): PlaneRing {
  const projected: number[] = []
  const places = ring.map(([lon = NaN, lat = NaN]): Place => [lon, lat])
  for (let i = 1; i < places.length; i++) {
    const from = places[i - 1] ?? [NaN, NaN]
    const [lon, lat] = places[i] ?? [NaN, NaN]
    projected.push(...project(from))
    pushBends(projected, { from, to: [lon, lat], project, toleranceM }, 0)
  }
  return projected
}

interface Edge {
  readonly from: Place
  readonly to: Place
  readonly project: (place: Place) => Projected
  readonly toleranceM: number
}

/**
 * Adds the vertices between the ends of an edge, halving until a chord is true; none but NaN where
 * the plane is torn.
 */
function pushBends(into: number[], edge: Edge, depth: number): void {
  const offM = offChord(edge)
  if (offM <= edge.toleranceM) return
  if (depth === SPLIT_DEPTH_MAX) {
    if (!(offM < TORN_MIN_M)) into.push(NaN, NaN)
    return
  }
  const middle = placeOn(edge, 0.5)
  pushBends(into, { ...edge, to: middle }, depth + 1)
  into.push(...edge.project(middle))
  pushBends(into, { ...edge, from: middle }, depth + 1)
}

function placeOn({ from, to }: Pick<Edge, 'from' | 'to'>, t: number): Place {
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t]
}

/**
 * Metres, or NaN. An edge through the projection's centre bends like an S: its middle alone would
 * pass.
 */
function offChord({ project, ...edge }: Edge): number {
  const [x0, y0] = project(edge.from)
  const [x1, y1] = project(edge.to)
  const off = [0.25, 0.5, 0.75].map((t) => {
    const [x, y] = project(placeOn(edge, t))
    return Math.hypot(x - x0 - (x1 - x0) * t, y - y0 - (y1 - y0) * t)
  })
  return Math.max(...off)
}
