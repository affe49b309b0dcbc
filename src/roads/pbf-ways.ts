/** Ways of a block → the roads among them, with the ids of their nodes. */
import type { PbfReader } from 'pbf'
import { DeltaCursor } from './delta-cursor.ts'
import { PLACE_UNKNOWN, encodeLat, encodeLon } from './node-places.ts'
import { checkEnd, type Block, type Scale } from './pbf-block.ts'
import { readInfo, type Info } from './pbf-info.ts'
import { createRoadTest, type TagRanges } from './road-test.ts'

/** Ways of one block. In a history every version of every way is listed, those that are no road without nodes. */
export interface WayChunk {
  /** `float64[ways]` */
  readonly ids: Float64Array<ArrayBuffer>
  /** `int32[ways]`, 0 where the file has none. */
  readonly versions: Int32Array<ArrayBuffer>
  /** `uint32[ways + 1]`: where the nodes of each way begin in `refs`. */
  readonly firstRef: Uint32Array<ArrayBuffer>
  /** `float64[refs]`: node ids. */
  readonly refs: Float64Array<ArrayBuffer>
  /** `uint32[refs, 2]`: encoded places where the ways carry them; empty otherwise. */
  readonly places: Uint32Array<ArrayBuffer>
}

/** A way as it stands in the block; one object serves all ways. */
interface Way extends TagRanges, Info {
  id: number
  refsStart: number
  refsEnd: number
  latsStart: number
  latsEnd: number
  lonsStart: number
  lonsEnd: number
}

const LIST_FIELDS = new Set([2, 3, 8, 9, 10])
const NO_WAY: Way = {
  id: 0,
  version: 0,
  isVisible: true,
  keysStart: 0,
  keysEnd: 0,
  valuesStart: 0,
  refsStart: 0,
  refsEnd: 0,
  latsStart: 0,
  latsEnd: 0,
  lonsStart: 0,
  lonsEnd: 0,
}

/** Decodes the roads among the ways of a block, in the order of the file. */
export function decodeRoads(block: Block, isHistory: boolean): WayChunk {
  const chunk = new ChunkBuilder(block)
  if (block.ways.length === 0) return chunk.finish()
  const isRoad = createRoadTest(block)
  const way = { ...NO_WAY }
  for (let i = 0; i < block.ways.length; i += 2) {
    Object.assign(way, NO_WAY)
    readWay(block.pbf, way, [block.ways[i] ?? 0, block.ways[i + 1] ?? 0])
    if (way.isVisible && isRoad(way)) chunk.addRoad(way)
    else if (isHistory) chunk.addEmpty(way)
  }
  return chunk.finish()
}

function readWay(pbf: PbfReader, way: Way, [start, end]: readonly [number, number]): void {
  pbf.pos = start
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    if (field === 1) way.id = pbf.readVarint(true)
    else if (field === 4) readInfo(pbf, way)
    else readList(field, pbf, way)
  }
  checkEnd(pbf, end)
}

function readList(field: number, pbf: PbfReader, way: Way): void {
  if (!LIST_FIELDS.has(field)) return
  const end = pbf.readVarint() + pbf.pos
  const start = pbf.pos
  pbf.pos = end
  switch (field) {
    case 2:
      way.keysStart = start
      way.keysEnd = end
      break
    case 3:
      way.valuesStart = start
      break
    case 8:
      way.refsStart = start
      way.refsEnd = end
      break
    case 9:
      way.latsStart = start
      way.latsEnd = end
      break
    case 10:
      way.lonsStart = start
      way.lonsEnd = end
      break
  }
}

class ChunkBuilder {
  readonly #bytes: Uint8Array
  readonly #scale: Scale
  readonly #ids: number[] = []
  readonly #versions: number[] = []
  readonly #firstRef: number[] = [0]
  readonly #refs: number[] = []
  readonly #places: number[] = []
  readonly #cursor = new DeltaCursor()
  readonly #latCursor = new DeltaCursor()

  constructor({ pbf, scale }: Block) {
    this.#bytes = pbf.buf
    this.#scale = scale
  }

  addRoad(way: Way): void {
    const cursor = this.#cursor
    cursor.start(this.#bytes, way.refsStart, way.refsEnd)
    while (cursor.hasMore) this.#refs.push(cursor.next())
    checkEnd(cursor, way.refsEnd)
    if (way.lonsEnd > way.lonsStart) this.#addPlaces(way)
    this.addEmpty(way)
  }

  addEmpty(way: Way): void {
    this.#ids.push(way.id)
    this.#versions.push(way.version)
    this.#firstRef.push(this.#refs.length)
  }

  /** Ways with and without places can stand in one block: the latter's are looked up by node id. */
  #addPlaces(way: Way): void {
    const places = this.#places
    while (places.length < 2 * (this.#firstRef.at(-1) ?? 0)) places.push(PLACE_UNKNOWN)
    this.#cursor.start(this.#bytes, way.lonsStart, way.lonsEnd)
    this.#latCursor.start(this.#bytes, way.latsStart, way.latsEnd)
    while (this.#cursor.hasMore && this.#latCursor.hasMore)
      places.push(
        encodeLon(this.#cursor.next(), this.#scale),
        encodeLat(this.#latCursor.next(), this.#scale),
      )
    checkEnd(this.#cursor, way.lonsEnd)
    checkEnd(this.#latCursor, way.latsEnd)
    if (places.length !== 2 * this.#refs.length)
      checkEnd({ pos: places.length / 2 }, this.#refs.length)
  }

  finish(): WayChunk {
    while (this.#places.length > 0 && this.#places.length < 2 * this.#refs.length)
      this.#places.push(PLACE_UNKNOWN)
    return {
      ids: Float64Array.from(this.#ids),
      versions: Int32Array.from(this.#versions),
      firstRef: Uint32Array.from(this.#firstRef),
      refs: Float64Array.from(this.#refs),
      places: Uint32Array.from(this.#places),
    }
  }
}
