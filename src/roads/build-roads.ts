/** Ways and places of their nodes → measured segments, cut at the boundary. */
import type { PolygonIndex } from '../geo/polygon-index.ts'
import type { RankFinder } from './node-ids.ts'
import { PLACE_UNKNOWN, decodeLat, decodeLon, type NodePlaces } from './node-places.ts'
import type { WayChunk } from './pbf-ways.ts'
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
  for (let way = 0; way < ways.ids.length; way++) {
    drawWay(ways, { way, pen, surroundings })
    firstVertex[way + 1] = pen.vertexCount
  }
  return { wayIds: ways.ids, firstVertex, counts: pen.counts, ...pen.lines() }
}

interface WayTask {
  readonly way: number
  readonly pen: RoadPen
  readonly surroundings: RoadSurroundings
}

function drawWay(ways: WayChunk, { way, pen, surroundings }: WayTask): void {
  const first = ways.firstRef[way] as number
  const end = ways.firstRef[way + 1] as number
  const repeats = repeatedSegments(ways.refs, first, end)
  const place: Place = { lon: PLACE_UNKNOWN, lat: PLACE_UNKNOWN }
  pen.beginWay()
  for (let ref = first; ref < end; ref++) {
    findPlace(ways, { ref, place, surroundings })
    if (place.lon === PLACE_UNKNOWN || place.lat === PLACE_UNKNOWN) pen.skipMissing()
    else if (repeats?.has(ref)) pen.jumpTo(decodeLon(place.lon), decodeLat(place.lat))
    else pen.drawTo(decodeLon(place.lon), decodeLat(place.lat))
  }
}

/** An encoded place. */
interface Place {
  lon: number
  lat: number
}

interface PlaceTask {
  readonly ref: number
  readonly place: Place
  readonly surroundings: RoadSurroundings
}

/** From the way itself where it carries places, otherwise by node id. */
function findPlace(ways: WayChunk, { ref, place, surroundings }: PlaceTask): void {
  place.lon = ways.places[2 * ref] ?? PLACE_UNKNOWN
  place.lat = ways.places[2 * ref + 1] ?? PLACE_UNKNOWN
  if (place.lon !== PLACE_UNKNOWN && place.lat !== PLACE_UNKNOWN) return
  const { ranks, places } = surroundings
  const rank = ranks.find(ways.refs[ref] as number)
  place.lon = rank < 0 ? PLACE_UNKNOWN : places.lonAt(rank)
  place.lat = rank < 0 ? PLACE_UNKNOWN : places.latAt(rank)
}
