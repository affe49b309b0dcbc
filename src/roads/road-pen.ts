/** Draws measured segments, cut at the boundary and at the antimeridian. */
import { SurfacePoint, segmentLengthMm } from '../geo/geodesic.ts'
import type { PolygonIndex } from '../geo/polygon-index.ts'
import { NumberList } from './number-list.ts'

/**
 * Lines drawn with a pen: vertex `i` is joined to vertex `i + 1` by a segment unless its length is
 * 0.
 */
export interface RoadLines {
  /** `int32[vertices]`, 1e-7° */
  readonly lon: Int32Array<ArrayBuffer>
  /** `int32[vertices]`, 1e-7° */
  readonly lat: Int32Array<ArrayBuffer>
  /** `uint32[vertices]`: millimetres to the next vertex; 0 lifts the pen. */
  readonly lengthMm: Uint32Array<ArrayBuffer>
}

/** What was met on the way. */
export interface RoadCounts {
  segments: number
  /** References to nodes that the extract does not place; the road is broken there. */
  missingNodes: number
  /** Segments over 4,294 km, which cannot be roads; left out. */
  tooLong: number
  totalMm: number
}

const LENGTH_MAX_MM = 2 ** 32 - 1
const HALF_TURN = 1_800_000_000
const UNITS = 1e7

/** A place in 1e-7°, and on the ellipsoid. */
class Vertex {
  lon = 0
  lat = 0
  readonly surface = new SurfacePoint()

  moveTo(lon: number, lat: number): this {
    this.lon = lon
    this.lat = lat
    this.surface.moveTo(lon / UNITS, lat / UNITS)
    return this
  }
}

/**
 * One set of lists serves all pens of a thread: V8 lets memory outside of its heap pile up before
 * it frees any.
 */
const lists = {
  lon: new NumberList((length) => new Int32Array(length)),
  lat: new NumberList((length) => new Int32Array(length)),
  lengthMm: new NumberList((length) => new Uint32Array(length)),
}

/**
 * Draws lines of ways one after the other; coordinates in 1e-7°. The next pen of the thread takes
 * its paper.
 */
export class RoadPen {
  readonly counts: RoadCounts = { segments: 0, missingNodes: 0, tooLong: 0, totalMm: 0 }
  readonly #boundary: PolygonIndex | null
  readonly #lon = lists.lon
  readonly #lat = lists.lat
  readonly #lengthMm = lists.lengthMm
  /**
   * Where the way stands, unless the next vertex begins a line. Two objects take turns: no garbage
   * per segment.
   */
  #at = new Vertex()
  #next = new Vertex()
  #isLifted = true
  #firstOfWay = 0

  constructor(boundary: PolygonIndex | null) {
    this.#boundary = boundary
    lists.lon.length = lists.lat.length = lists.lengthMm.length = 0
  }

  get vertexCount(): number {
    return this.#lon.length
  }

  lines(): RoadLines {
    return { lon: this.#lon.copy(), lat: this.#lat.copy(), lengthMm: this.#lengthMm.copy() }
  }

  /**
   * Begins a way; it shares no vertex with the one before, because ways are put into another order
   * later.
   */
  beginWay(): void {
    this.#isLifted = true
    this.#firstOfWay = this.#lon.length
  }

  skipMissing(): void {
    this.counts.missingNodes++
    this.#isLifted = true
  }

  jumpTo(lon: number, lat: number): void {
    this.#isLifted = false
    this.#at.moveTo(lon, lat)
  }

  drawTo(lon: number, lat: number): void {
    if (this.#isLifted) {
      this.jumpTo(lon, lat)
      return
    }
    const from = this.#at
    const to = this.#next.moveTo(lon, lat)
    this.#at = to
    this.#next = from
    if (Math.abs(lon - from.lon) > HALF_TURN) this.#drawAcrossAntimeridian(from, to)
    else this.#clip(from, to)
  }

  /**
   * A segment over more than half the globe goes the short way round: to ±180° and on from the
   * other side.
   */
  #drawAcrossAntimeridian(from: Vertex, to: Vertex): void {
    const edge = from.lon > 0 ? HALF_TURN : -HALF_TURN
    const share = (edge - from.lon) / (to.lon + 2 * edge - from.lon)
    const lat = Math.round(from.lat + share * (to.lat - from.lat))
    this.#clip(from, new Vertex().moveTo(edge, lat))
    this.#clip(new Vertex().moveTo(-edge, lat), to)
  }

  #clip(from: Vertex, to: Vertex): void {
    const boundary = this.#boundary
    if (!boundary || boundary.holdsSegment(from.surface, to.surface)) {
      this.#draw(from, to)
      return
    }
    for (const [start, end] of boundary.clipSegment(from.surface, to.surface))
      this.#draw(between(from, to, start), between(from, to, end))
  }

  #draw(from: Vertex, to: Vertex): void {
    const lengthMm = segmentLengthMm(from.surface, to.surface)
    if (lengthMm === 0) return
    if (lengthMm > LENGTH_MAX_MM) {
      this.counts.tooLong++
      return
    }
    const last = this.#lon.length - 1
    const isJoined =
      last >= this.#firstOfWay &&
      this.#lon.array[last] === from.lon &&
      this.#lat.array[last] === from.lat
    if (!isJoined) this.#push(from)
    this.#lengthMm.array[this.#lengthMm.length - 1] = lengthMm
    this.#push(to)
    this.counts.segments++
    this.counts.totalMm += lengthMm
  }

  #push({ lon, lat }: Vertex): void {
    this.#lon.push(lon)
    this.#lat.push(lat)
    this.#lengthMm.push(0)
  }
}

/** The ends themselves are not moved. */
function between(from: Vertex, to: Vertex, share: number): Vertex {
  return new Vertex().moveTo(
    Math.round(from.lon + share * (to.lon - from.lon)),
    Math.round(from.lat + share * (to.lat - from.lat)),
  )
}
