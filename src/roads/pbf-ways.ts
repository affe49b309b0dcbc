/** Ways of a block → the roads among them, with the ids of their nodes. */
import type { PbfReader } from 'pbf'
import { PLACE_UNKNOWN, encodeLat, encodeLon } from './node-places.ts'
import { createFloats, readDeltas } from './number-list.ts'
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

/** Nodes that have to be looked up: all, unless the ways carry places. */
export function unplacedRefs({ refs, places }: WayChunk): Float64Array {
  if (places.length === 0) return refs
  return refs.filter(
    (_, i) => places[2 * i] === PLACE_UNKNOWN || places[2 * i + 1] === PLACE_UNKNOWN,
  )
}

/** A way as it stands in the block; one object serves all ways. Lists it lacks begin at 0. */
interface Way extends TagRanges, Info {
  id: number
  refs: number
  lats: number
  lons: number
}

const NO_WAY: Way = {
  id: 0,
  version: 0,
  isVisible: true,
  keys: 0,
  values: 0,
  refs: 0,
  lats: 0,
  lons: 0,
}

/** Decodes the roads among the ways of a block, in the order of the file. */
export function decodeRoads(block: Block, isHistory: boolean): WayChunk {
  const chunk = new ChunkBuilder(block)
  if (block.ways.length === 0) return chunk.finish()
  const isRoad = createRoadTest(block)
  const way: Way = { ...NO_WAY }
  for (let i = 0; i < block.ways.length; i += 2) {
    readWay(block.pbf, way, [block.ways[i] as number, block.ways[i + 1] as number])
    if (way.isVisible && isRoad(way)) chunk.addRoad(way)
    else if (isHistory) chunk.addEmpty(way)
  }
  return chunk.finish()
}

function readWay(pbf: PbfReader, way: Way, [start, end]: readonly [number, number]): void {
  clear(way)
  pbf.pos = start
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    switch (field) {
      case 1:
        way.id = pbf.readVarint(true)
        break
      case 2:
        way.keys = pbf.pos
        break
      case 3:
        way.values = pbf.pos
        break
      case 4:
        readInfo(pbf, way)
        break
      case 8:
        way.refs = pbf.pos
        break
      case 9:
        way.lats = pbf.pos
        break
      case 10:
        way.lons = pbf.pos
        break
    }
  }
  checkEnd(pbf, end)
}

/** Field by field: copying a template over the object takes longer than reading the way. */
function clear(way: Way): void {
  way.id = 0
  way.version = 0
  way.isVisible = true
  way.keys = 0
  way.values = 0
  way.refs = 0
  way.lats = 0
  way.lons = 0
}

class ChunkBuilder {
  readonly #pbf: PbfReader
  readonly #scale: Scale
  readonly #ids: number[] = []
  readonly #versions: number[] = []
  readonly #firstRef: number[] = [0]
  readonly #refs = createFloats()
  readonly #lons = createFloats()
  readonly #lats = createFloats()
  /** Encoded places of the references so far, where any way carries them. */
  readonly #places: number[] = []

  constructor({ pbf, scale }: Block) {
    this.#pbf = pbf
    this.#scale = scale
  }

  addRoad(way: Way): void {
    if (way.refs > 0) {
      this.#pbf.pos = way.refs
      readDeltas(this.#pbf, this.#refs)
    }
    if (way.lons > 0 && way.lats > 0) this.#addPlaces(way)
    this.addEmpty(way)
  }

  addEmpty(way: Way): void {
    this.#ids.push(way.id)
    this.#versions.push(way.version)
    this.#firstRef.push(this.#refs.length)
  }

  /** Ways with and without places can stand in one block: the latter's nodes are looked up by id. */
  #addPlaces(way: Way): void {
    this.#padPlaces(this.#firstRef.at(-1) ?? 0)
    this.#lons.length = 0
    this.#lats.length = 0
    this.#pbf.pos = way.lons
    readDeltas(this.#pbf, this.#lons)
    this.#pbf.pos = way.lats
    readDeltas(this.#pbf, this.#lats)
    for (let i = 0; i < this.#lons.length; i++) {
      this.#places.push(encodeLon(this.#lons.array[i] as number, this.#scale))
      this.#places.push(encodeLat(this.#lats.array[i] as number, this.#scale))
    }
    checkEnd({ pos: this.#lats.length }, this.#lons.length)
    checkEnd({ pos: this.#places.length / 2 }, this.#refs.length)
  }

  #padPlaces(refCount: number): void {
    while (this.#places.length < 2 * refCount) this.#places.push(PLACE_UNKNOWN)
  }

  finish(): WayChunk {
    if (this.#places.length > 0) this.#padPlaces(this.#refs.length)
    return {
      ids: Float64Array.from(this.#ids),
      versions: Int32Array.from(this.#versions),
      firstRef: Uint32Array.from(this.#firstRef),
      refs: this.#refs.copy(),
      places: Uint32Array.from(this.#places),
    }
  }
}
