/** Ways and places of their nodes → measured segments, cut at the boundary. */
import type { PolygonIndex } from '../geo/polygon-index.ts'
import type { RankFinder } from './rank-finder.ts'
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
  const { ranks, places } = surroundings
  const repeats = repeatedSegments(refs, 0, count)
  pen.beginWay()
  for (let i = 0; i < count; i++) {
    let lon = ways.places[2 * (first + i)] ?? PLACE_UNKNOWN
    let lat = ways.places[2 * (first + i) + 1] ?? PLACE_UNKNOWN
    const rank = isKnown(lon, lat) ? -1 : ranks.find(refs[i] as number)
    if (rank >= 0) {
      lon = places.lonAt(rank)
      lat = places.latAt(rank)
    }
    if (!isKnown(lon, lat)) pen.skipMissing()
    else if (repeats?.has(i)) pen.jumpTo(decodeLon(lon), decodeLat(lat))
    else pen.drawTo(decodeLon(lon), decodeLat(lat))
  }
}

function isKnown(lon: number, lat: number): boolean {
  return lon !== PLACE_UNKNOWN && lat !== PLACE_UNKNOWN
}
