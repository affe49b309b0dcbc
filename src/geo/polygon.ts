/**
 * Boundaries: GeoJSON in, validated polygons out; what lies inside them. Edges are straight in
 * longitude and latitude, as RFC 7946 has them. A boundary may have any number of parts and holes;
 * overlapping parts count once.
 */
import { InputError } from '../errors.ts'
import type { Bbox, Boundary, LonLat } from '../types.ts'
import { PolygonIndex } from './polygon-index.ts'

type Ring = number[][]
type Part = Ring[]

const MARGIN = 0.001
const HINT = 'Give a GeoJSON Polygon or MultiPolygon in longitude, latitude (RFC 7946, WGS84).'

/**
 * Reads a boundary out of a Polygon, MultiPolygon, GeometryCollection, Feature or
 * FeatureCollection; several polygons become one MultiPolygon, other geometries are refused.
 * @throws {InputError} `boundary-invalid`
 */
export function parseBoundary(geojson: unknown): Boundary {
  const parts = partsOf(geojson, 'boundary')
  if (parts.length === 0) throw invalid('at least one polygon for boundary, got none')
  parts.forEach(checkPart)
  const [first] = parts
  if (parts.length === 1 && first) return { type: 'Polygon', coordinates: first }
  return { type: 'MultiPolygon', coordinates: parts }
}

/**
 * Makes the rectangle of a bounding box. A west that is greater than the east goes across the
 * antimeridian (RFC 7946 §5.2): two rectangles, half of the globe wide at most, so that a box
 * turned around by mistake is not taken for the rest of the world.
 * @throws {InputError} `bbox-invalid` when it is empty, turned around or leaves the globe
 */
export function boundaryFromBbox(bbox: Bbox): Boundary {
  const [west, south, east, north] = bbox
  const isOnGlobe = west >= -180 && east <= 180 && south >= -90 && north <= 90
  if (!isOnGlobe || !(west < east || goesAcross(bbox)) || !(south < north)) {
    const hint =
      'write it as W,S,E,N, longitude first: 9.47,47.04,9.64,47.28, or 177,-19,-178,-16 across the antimeridian'
    throw new InputError(
      'bbox-invalid',
      `Expected west < east and south < north in degrees for bbox, got ${bbox.join(',')}`,
      { hint },
    )
  }
  if (west < east) return { type: 'Polygon', coordinates: rectangle(bbox) }
  const parts = [rectangle([west, south, 180, north]), rectangle([-180, south, east, north])]
  return { type: 'MultiPolygon', coordinates: parts }
}

/**
 * Whether a box has land on both sides of the antimeridian, and is no wider than half of the globe.
 */
function goesAcross([west, , east]: Bbox): boolean {
  return west < 180 && east > -180 && west > east && east + 360 - west <= 180
}

/** No edge spans more than half a turn but a whole one. */
function rectangle([west, south, east, north]: Bbox): Part {
  const width = east - west
  const between = width > 180 && width < 360 ? [west + width / 3, east - width / 3] : []
  return [
    [
      [west, south],
      ...between.map((lon) => [lon, south]),
      [east, south],
      [east, north],
      ...between.map((lon) => [lon, north]).reverse(),
      [west, north],
      [west, south],
    ],
  ]
}

/**
 * Measures `[west, south, east, north]°` of all parts. Of parts on both sides of the antimeridian
 * the east lies beyond 180, so that the box is no wider than they are.
 */
export function bboxOf(boundary: Boundary): Bbox {
  const plain = boxAround(partsIn(boundary).flat(2))
  if (widthOf(plain) <= 180) return plain
  const isWestern = (part: Part) => part.flat().every(([lon = NaN]) => lon <= 0)
  const turn = ([lon = NaN, lat = NaN]: number[]) => [lon + 360, lat]
  const turned = boxAround(
    partsIn(boundary).flatMap((part) => (isWestern(part) ? part.flat().map(turn) : part.flat())),
  )
  return widthOf(turned) < widthOf(plain) ? turned : plain
}

/** A box as RFC 7946 writes it: its west is greater than its east across the antimeridian. */
export function toGeoJsonBbox([west, south, east, north]: Bbox): Bbox {
  return [west, south, east > 180 ? east - 360 : east, north]
}

function boxAround(places: readonly (readonly number[])[]): Bbox {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon = NaN, lat = NaN] of places) {
    box[0] = Math.min(box[0], lon)
    box[1] = Math.min(box[1], lat)
    box[2] = Math.max(box[2], lon)
    box[3] = Math.max(box[3], lat)
  }
  return box
}

function widthOf([west, , east]: Bbox): number {
  return east - west
}

/**
 * Makes the rectangle around points, with a margin of 0.001° (about 100 m, the width of a patch).
 * @throws {InputError} `no-points`
 */
export function boundaryFromPoints(points: readonly LonLat[]): Boundary {
  const box: [number, number, number, number] = [180, 90, -180, -90]
  for (const { lon, lat } of points) {
    box[0] = Math.min(box[0], Math.max(-180, lon - MARGIN))
    box[1] = Math.min(box[1], Math.max(-90, lat - MARGIN))
    box[2] = Math.max(box[2], Math.min(180, lon + MARGIN))
    box[3] = Math.max(box[3], Math.min(90, lat + MARGIN))
  }
  if (points.length > 0) return boundaryFromBbox(box)
  throw new InputError('no-points', 'Expected at least one point for a boundary, got none')
}

/** Makes a boundary ready for many questions: which points lie inside, which parts of segments. */
export function prepareBoundary(boundary: Boundary): PolygonIndex {
  return new PolygonIndex(partsIn(boundary), boxAround(partsIn(boundary).flat(2)))
}

/** The polygons of a boundary: `[outer ring, …holes]` each. */
function partsIn(boundary: Boundary): Part[] {
  return boundary.type === 'Polygon' ? [boundary.coordinates] : boundary.coordinates
}

function partsOf(value: unknown, name: string): Part[] {
  if (typeof value !== 'object' || value === null)
    throw invalid(`GeoJSON for ${name}, got ${value === null ? 'null' : typeof value}`)
  const object = value as Readonly<Record<string, unknown>>
  switch (object['type']) {
    case 'Polygon':
      return [object['coordinates'] as Part]
    case 'MultiPolygon':
      return listOf(object['coordinates'], `coordinates of ${name}`) as Part[]
    case 'Feature':
      return partsOf(object['geometry'], `geometry of ${name}`)
    case 'FeatureCollection':
      return manyParts(object['features'], `features of ${name}`)
    case 'GeometryCollection':
      return manyParts(object['geometries'], `geometries of ${name}`)
    default:
      throw invalid(`Polygon or MultiPolygon for ${name}, got ${String(object['type'])}`)
  }
}

function manyParts(value: unknown, name: string): Part[] {
  return listOf(value, name).flatMap((item, index) => partsOf(item, `${name}[${index}]`))
}

function listOf(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw invalid(`a list for ${name}, got ${typeof value}`)
  return value
}

function checkPart(part: unknown, index: number): void {
  const rings = listOf(part, `polygon ${index}`)
  if (rings.length === 0) throw invalid(`rings for polygon ${index}, got none`)
  rings.forEach((ring, ringIndex) => checkRing(ring, `ring ${ringIndex} of polygon ${index}`))
}

function checkRing(value: unknown, name: string): void {
  const ring = listOf(value, name)
  if (ring.length < 4) throw invalid(`at least 4 positions for ${name}, got ${ring.length}`)
  ring.forEach((position) => checkPosition(position, name))
  const [first, last] = [ring[0] as number[], ring.at(-1) as number[]]
  if (first[0] !== last[0] || first[1] !== last[1])
    throw invalid(`the last position of ${name} to equal its first, got ${last.join(',')}`)
  checkEdges(ring as Ring, name)
  if (doubleArea(ring as Ring) === 0) throw invalid(`an area for ${name}, got a line`)
}

/**
 * An edge of more than half a turn would be the long way round for some, the short way for others;
 * a whole turn is an edge of a box around a pole.
 */
function checkEdges(ring: Ring, name: string): void {
  for (const [i, [to = NaN]] of ring.entries()) {
    const from = ring[Math.max(0, i - 1)]?.[0] ?? NaN
    const turn = Math.abs(to - from)
    if (!(turn > 180 && turn < 360)) continue
    throw new InputError(
      'boundary-invalid',
      `Expected edges of at most 180° of longitude in ${name}, got one from ${from} to ${to}`,
      {
        hint: 'cut a boundary across the antimeridian into parts at ±180° (RFC 7946, section 3.1.9); give longer edges more vertices',
      },
    )
  }
}

function checkPosition(value: unknown, name: string): void {
  const [lon, lat] = listOf(value, `a position of ${name}`)
  const isLon = typeof lon === 'number' && Math.abs(lon) <= 180
  const isLat = typeof lat === 'number' && Math.abs(lat) <= 90
  if (!isLon || !isLat)
    throw invalid(`longitude ±180 and latitude ±90 in ${name}, got ${String(lon)},${String(lat)}`)
}

/** Relative to the first position, so that a ring that is a line gives exactly 0 in most cases. */
function doubleArea(ring: Ring): number {
  const at = (index: number, axis: number) => (ring[index]?.[axis] ?? 0) - (ring[0]?.[axis] ?? 0)
  let sum = 0
  for (let i = 1; i < ring.length; i++) sum += at(i - 1, 0) * at(i, 1) - at(i, 0) * at(i - 1, 1)
  return sum
}

function invalid(expected: string): InputError {
  return new InputError('boundary-invalid', `Expected ${expected}`, { hint: HINT })
}
