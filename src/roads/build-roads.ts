/** Ways and places of their nodes → measured segments, cut at the boundary. */
import type { PolygonIndex } from '../geo/polygon-index.ts'
import type { RankFinder } from './node-ids.ts'
import { PLACE_UNKNOWN, decodeLat, decodeLon, type NodePlaces } from './node-places.ts'
import { unpackRefs, type WayChunk, type WayRefs } from './pbf-ways.ts'
import { RoadPen, type RoadCounts, type RoadLines } from './road-pen.ts'
import { repeatedSegments } from './repeated-segments.ts'

/** Lines of some ways, in the order of the chunk. */
export interface RoadChunk extends RoadLines {
  /** `float64[ways]` */
  readonly wayIds: Float64Array<ArrayBuffer>
  /** `uint32[ways + 1]`: where the vertices of each way begin. */
  readonly firstVertex: Uint32Array<ArrayBuffer>
  readonly counts: RoadCounts
}

/** What places the nodes of ways and cuts them. */
export interface RoadSurroundings {
  readonly ranks: RankFinder
  readonly places: NodePlaces
  readonly boundary: PolygonIndex | null
}

/** Draws the ways of a chunk. */
export function buildRoads(ways: WayChunk, surroundings: RoadSurroundings): RoadChunk {
  const pen = new RoadPen(surroundings.boundary)
  const firstVertex = new Uint32Array(ways.ids.length + 1)
  const task = { ways, pen, surroundings }
  for (const refs of unpackRefs(ways)) {
    drawWay(refs, task)
    firstVertex[refs.way + 1] = pen.vertexCount
  }
  return { wayIds: ways.ids, firstVertex, counts: pen.counts, ...pen.lines() }
}

interface Drawing {
  readonly ways: WayChunk
  readonly pen: RoadPen
  readonly surroundings: RoadSurroundings
}

function drawWay({ refs, count, first }: WayRefs, { ways, pen, surroundings }: Drawing): void {
  const repeats = repeatedSegments(refs, 0, count)
  const place: Place = { lon: PLACE_UNKNOWN, lat: PLACE_UNKNOWN }
  pen.beginWay()
  for (let i = 0; i < count; i++) {
    place.lon = ways.places[2 * (first + i)] ?? PLACE_UNKNOWN
    place.lat = ways.places[2 * (first + i) + 1] ?? PLACE_UNKNOWN
    if (!isKnown(place)) findPlace(refs[i] as number, place, surroundings)
    if (!isKnown(place)) pen.skipMissing()
    else if (repeats?.has(i)) pen.jumpTo(decodeLon(place.lon), decodeLat(place.lat))
    else pen.drawTo(decodeLon(place.lon), decodeLat(place.lat))
  }
}

/** An encoded place. */
interface Place {
  lon: number
  lat: number
}

function isKnown({ lon, lat }: Place): boolean {
  return lon !== PLACE_UNKNOWN && lat !== PLACE_UNKNOWN
}

function findPlace(id: number, place: Place, { ranks, places }: RoadSurroundings): void {
  const rank = ranks.find(id)
  place.lon = rank < 0 ? PLACE_UNKNOWN : places.lonAt(rank)
  place.lat = rank < 0 ? PLACE_UNKNOWN : places.latAt(rank)
}
