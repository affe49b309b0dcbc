/** Ways of a block → the roads among them, with the ids of their nodes. */
import { PbfReader } from 'pbf'
import { SpanBuilder, type IdSpan } from './id-span.ts'
import { PLACE_UNKNOWN, encodeLat, encodeLon } from './node-places.ts'
import { createFloats, readDeltas } from './number-list.ts'
import { checkEnd, type Block, type Scale } from './pbf-block.ts'
import { readInfo, type Info } from './pbf-info.ts'
import { createRoadTest, type TagRanges } from './road-test.ts'

/**
 * Ways of one block. In a history every version of every way is listed, those that are no road
 * without nodes.
 */
export interface WayChunk {
  /** `float64[ways]` */
  readonly ids: Float64Array<ArrayBuffer>
  /** `int32[ways]`, 0 where the file has none; empty unless it is a history. */
  readonly versions: Int32Array<ArrayBuffer>
  /** Node ids as the file packs them, one list after the other: 2.5 bytes for each, not 8. */
  readonly refs: Uint8Array<ArrayBuffer>
  /** `uint32[refs, 2]`: encoded places where the ways carry them; empty otherwise. */
  readonly places: Uint32Array<ArrayBuffer>
}

/** Node ids of one way, and where its list begins among those of its chunk. */
export interface WayRefs {
  readonly way: number
  /** `float64[≥ count]`; what lies beyond `count` means nothing, and the next way overwrites it. */
  readonly refs: Float64Array
  readonly count: number
  /** Position of the first in `places`. */
  readonly first: number
  /** Where the packed list begins and ends in the chunk. */
  readonly range: readonly [start: number, end: number]
}

/** Goes through the ways of a chunk. */
export function* unpackRefs(chunk: WayChunk): Generator<WayRefs> {
  const pbf = new PbfReader(chunk.refs)
  const list = createFloats()
  for (let way = 0, first = 0; way < chunk.ids.length; way++) {
    const start = pbf.pos
    list.length = 0
    readDeltas(pbf, list)
    yield { way, refs: list.array, count: list.length, first, range: [start, pbf.pos] }
    first += list.length
  }
}

/** The roads of a block. */
export interface DecodedRoads {
  readonly ways: WayChunk
  /**
   * `float64[]`: nodes that have to be looked up, which are all unless the ways carry places; valid
   * until the next block.
   */
  readonly needed: Float64Array
  /** Of all ways, roads or not; a way whose tags come before its id may count as 0. */
  readonly span: IdSpan
}

/** A way as it stands in the block; one object serves all ways. Lists it lacks begin at 0. */
interface Way extends TagRanges, Info {
  id: number
  /** Where its message ends. */
  end: number
  refs: number
  lats: number
  lons: number
}

/**
 * Its id is NaN so that the engine keeps a float there from the start; ids above 2^31 would make it
 * compile anew.
 */
const NO_WAY: Way = {
  id: NaN,
  end: 0,
  version: 0,
  isVisible: true,
  keys: 0,
  values: 0,
  refs: 0,
  lats: 0,
  lons: 0,
}

/** Decodes the roads among the ways of a block, in the order of the file. */
export function decodeRoads(block: Block, isHistory: boolean): DecodedRoads {
  const chunk = new ChunkBuilder(block, isHistory)
  const span = new SpanBuilder()
  if (block.ways.length === 0) return { ...chunk.finish(), span }
  const test = createRoadTest(block)
  const way: Way = { ...NO_WAY }
  const hasHighway = isHistory ? null : test.hasHighway
  for (let i = 0; i < block.ways.length; i += 2) {
    block.pbf.pos = block.ways[i] as number
    way.end = block.ways[i + 1] as number
    const mayBeRoad = readWay(block.pbf, way, hasHighway)
    span.add(way.id)
    if (mayBeRoad && way.isVisible && test.isRoad(way)) chunk.addRoad(way)
    else if (isHistory) chunk.addEmpty(way)
  }
  return { ...chunk.finish(), span }
}

/** Ids of all ways of a block, roads or not. */
export function listWayIds({ pbf, ways }: Block): Float64Array<ArrayBuffer> {
  const ids = new Float64Array(ways.length / 2)
  const way: Way = { ...NO_WAY }
  for (let i = 0; i < ids.length; i++) {
    pbf.pos = ways[2 * i] as number
    way.end = ways[2 * i + 1] as number
    readWay(pbf, way, null)
    ids[i] = way.id
  }
  return ids
}

/**
 * False as soon as it shows that the way is no road, which three of four are not: their nodes are
 * not even skipped.
 * @param hasHighway  looks at the keys; null when the way counts whatever they are
 */
function readWay(
  pbf: PbfReader,
  way: Way,
  hasHighway: ((keys: number) => boolean) | null,
): boolean {
  clear(way)
  for (let field = pbf.nextField(way.end); field !== 0; field = pbf.nextField(way.end)) {
    if (field !== 2) readField(pbf, way, field)
    else {
      way.keys = pbf.pos
      if (hasHighway && !hasHighway(way.keys)) return false
      pbf.pos = way.keys
    }
  }
  checkEnd(pbf, way.end)
  return true
}

function readField(pbf: PbfReader, way: Way, field: number): void {
  switch (field) {
    case 1:
      way.id = pbf.readVarint(true)
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

/** One set of lists serves all blocks of a thread. */
const lists = { refs: createFloats(), lons: createFloats(), lats: createFloats() }
const EMPTY_LIST = Uint8Array.of(0)

class ChunkBuilder {
  readonly #pbf: PbfReader
  readonly #scale: Scale
  readonly #isHistory: boolean
  readonly #ids: number[] = []
  readonly #versions: number[] = []
  /** Packed lists of references, views of the block. */
  readonly #packed: Uint8Array[] = []
  /** Encoded places of the references so far, where any way carries them. */
  readonly #places: number[] = []

  constructor({ pbf, scale }: Block, isHistory: boolean) {
    this.#pbf = pbf
    this.#scale = scale
    this.#isHistory = isHistory
    lists.refs.length = 0
  }

  addRoad(way: Way): void {
    if (way.refs === 0) {
      this.addEmpty(way)
      return
    }
    const first = lists.refs.length
    this.#pbf.pos = way.refs
    readDeltas(this.#pbf, lists.refs)
    this.#add(way, this.#pbf.buf.subarray(way.refs, this.#pbf.pos))
    if (way.lons > 0 && way.lats > 0) this.#addPlaces(way, first)
  }

  addEmpty(way: Way): void {
    this.#add(way, EMPTY_LIST)
  }

  #add(way: Way, packed: Uint8Array): void {
    this.#ids.push(way.id)
    if (this.#isHistory) this.#versions.push(way.version)
    this.#packed.push(packed)
  }

  /**
   * Ways with and without places can stand in one block: the latter's nodes are looked up by id.
   */
  #addPlaces(way: Way, first: number): void {
    const { refs, lons, lats } = lists
    this.#padPlaces(first)
    lons.length = 0
    lats.length = 0
    this.#pbf.pos = way.lons
    readDeltas(this.#pbf, lons)
    this.#pbf.pos = way.lats
    readDeltas(this.#pbf, lats)
    for (let i = 0; i < lons.length; i++) {
      this.#places.push(encodeLon(lons.array[i] as number, this.#scale))
      this.#places.push(encodeLat(lats.array[i] as number, this.#scale))
    }
    checkEnd({ pos: lats.length }, lons.length)
    checkEnd({ pos: this.#places.length / 2 }, refs.length)
  }

  #padPlaces(refCount: number): void {
    while (this.#places.length < 2 * refCount) this.#places.push(PLACE_UNKNOWN)
  }

  finish(): Omit<DecodedRoads, 'span'> {
    const refs = lists.refs.array.subarray(0, lists.refs.length)
    if (this.#places.length > 0) this.#padPlaces(refs.length)
    const ways = {
      ids: Float64Array.from(this.#ids),
      versions: Int32Array.from(this.#versions),
      refs: joinBytes(this.#packed),
      places: Uint32Array.from(this.#places),
    }
    return { ways, needed: withoutPlaces(refs, ways.places) }
  }
}

function withoutPlaces(refs: Float64Array, places: Uint32Array): Float64Array {
  if (places.length === 0) return refs
  return refs.filter(
    (_, i) => places[2 * i] === PLACE_UNKNOWN || places[2 * i + 1] === PLACE_UNKNOWN,
  )
}

/** Copies parts one after the other. */
function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
