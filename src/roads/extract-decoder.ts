/**
 * Does a share of the work on an extract, in a worker thread or on the spot, blob by blob.
 * @io disk
 */
import { closeSync } from 'node:fs'
import { prepareBoundary } from '../geo/polygon.ts'
import type { PolygonIndex } from '../geo/polygon-index.ts'
import type { Boundary } from '../types.ts'
import { openExtract, readAt, type BlobPlace } from './blob-index.ts'
import { claimBlobs, finishBlob, type BlobQueue } from './blob-queue.ts'
import { buildRoads, type RoadChunk } from './build-roads.ts'
import type { IdSpan } from './id-span.ts'
import { IdGatherer } from './node-ids.ts'
import { MemoryPlaces, type NodePlaces } from './node-places.ts'
import { FilePlaces } from './node-places-file.ts'
import { NO_IDS, type PackedIds } from './packed-ids.ts'
import { unpackBlob } from './pbf-blob.ts'
import { openBlock, type Block } from './pbf-block.ts'
import { orFault } from './pbf-errors.ts'
import { decodeNodes } from './pbf-nodes.ts'
import { decodeRoads, listWayIds, type WayChunk } from './pbf-ways.ts'
import { RankFinder } from './rank-finder.ts'
import { keepLatestVersions } from './way-versions.ts'

/** What a decoder is made for. */
export interface DecoderSetup {
  readonly path: string
  /** Objects may come in several versions; one decoder must then do all the work. */
  readonly isHistory: boolean
  readonly boundary: Boundary | null
}

/** The nodes that roads need, shared by all decoders. */
export interface SharedNodes {
  readonly ids: PackedIds
  /** See `RankFinder`. */
  readonly buckets: Uint32Array
  /** `uint32[nodes, 2]` in memory, or the path of a file of the same form. */
  readonly places: SharedArrayBuffer | string
}

/**
 * A phase of reading, in which each decoder does a share: ways first, whose roads it keeps, roads
 * last.
 */
export type Phase =
  | { readonly kind: 'ways'; readonly queue: BlobQueue }
  | { readonly kind: 'wayIds'; readonly queue: BlobQueue }
  | { readonly kind: 'nodes'; readonly queue: BlobQueue; readonly nodes: SharedNodes }
  | { readonly kind: 'roads' }

/** Which objects a block holds. */
export interface BlockKinds {
  readonly hasNodes: boolean
  readonly hasWays: boolean
}

/** What a blob told; `span` is that of its ways or nodes. */
export interface BlobReport extends BlockKinds {
  /** In the queue. */
  readonly index: number
  readonly span: IdSpan
}

/** What a decoder's share of each phase gives. */
export interface PhaseResults {
  readonly ways: {
    readonly reports: BlobReport[]
    /** Ids of the nodes that have to be looked up, sorted, without repeats. */
    readonly needed: PackedIds
  }
  readonly wayIds: Float64Array<ArrayBuffer>
  readonly nodes: { readonly reports: BlobReport[] }
  readonly roads: RoadChunk[]
}

/** A result that is made step by step, so that its thread can see to other things in between. */
type Steps<K extends Phase['kind']> = Generator<undefined, PhaseResults[K]>

/** A decoder with its file open. */
export class ExtractDecoder {
  readonly #setup: DecoderSetup
  readonly #file: number
  readonly #boundary: PolygonIndex | null
  #buffer = new Uint8Array(1 << 18)
  #ways: WayChunk[] = []
  #ranks = new RankFinder(NO_IDS)
  #places: NodePlaces = new MemoryPlaces(new SharedArrayBuffer(0))

  constructor(setup: DecoderSetup) {
    this.#setup = setup
    this.#file = openExtract(setup.path)
    this.#boundary = setup.boundary && prepareBoundary(setup.boundary)
  }

  /** @throws {ExtractFaultError} */
  kindsOf(blob: BlobPlace): BlockKinds {
    return this.#decode(blob, kindsOf)
  }

  /** @throws {ExtractFaultError} */
  work(phase: Phase): Steps<Phase['kind']> {
    switch (phase.kind) {
      case 'ways':
        return this.#readWays(phase.queue)
      case 'wayIds':
        return this.#listWayIds(phase.queue)
      case 'nodes':
        return this.#readNodes(phase.queue, phase.nodes)
      case 'roads':
        return this.#drawRoads()
    }
  }

  close(): void {
    closeSync(this.#file)
    if (this.#places instanceof FilePlaces) this.#places.close()
  }

  *#readWays(queue: BlobQueue): Steps<'ways'> {
    const gatherer = new IdGatherer()
    const reports: BlobReport[] = []
    for (const { blob, index } of claimBlobs(queue)) {
      this.#decode(blob, (block) => {
        const { ways, needed, span } = decodeRoads(block, this.#setup.isHistory)
        gatherer.add(needed)
        if (ways.ids.length > 0) this.#ways.push(ways)
        reports.push({ index, ...kindsOf(block), span })
      })
      if (!reports.at(-1)?.hasNodes) finishBlob(queue, blob)
      yield
    }
    if (this.#setup.isHistory) this.#ways = keepLatestVersions(this.#ways)
    return { reports, needed: gatherer.finish() }
  }

  *#listWayIds(queue: BlobQueue): Steps<'wayIds'> {
    const lists: Float64Array[] = []
    for (const { blob } of claimBlobs(queue)) {
      lists.push(this.#decode(blob, listWayIds))
      yield
    }
    return joinFloats(lists)
  }

  *#readNodes(queue: BlobQueue, { ids, buckets, places }: SharedNodes): Steps<'nodes'> {
    this.#ranks = new RankFinder(ids, buckets)
    this.#places = typeof places === 'string' ? new FilePlaces(places) : new MemoryPlaces(places)
    const versions = this.#setup.isHistory ? new Int32Array(ids.low.length) : null
    const target = { ranks: this.#ranks, places: this.#places, versions }
    const reports: BlobReport[] = []
    for (const { blob, index } of claimBlobs(queue)) {
      this.#decode(blob, (block) => {
        const { count, idMin, idMax, isAscending } = decodeNodes(block, target)
        const span = { count, idMin, idMax, isAscending }
        reports.push({ index, ...kindsOf(block), span })
      })
      finishBlob(queue, blob)
      yield
    }
    return { reports }
  }

  *#drawRoads(): Steps<'roads'> {
    const roads: RoadChunk[] = []
    const surroundings = {
      ranks: this.#ranks,
      places: this.#places,
      boundary: this.#boundary,
    }
    // Chunks are let go as soon as they are drawn: roads take their memory.
    for (let ways = this.#ways.shift(); ways; ways = this.#ways.shift()) {
      roads.push(buildRoads(ways, surroundings))
      yield
    }
    return roads
  }

  #decode<Result>(blob: BlobPlace, decode: (block: Block) => Result): Result {
    if (blob.size > this.#buffer.length) this.#buffer = new Uint8Array(blob.size)
    return orFault(`blob at byte ${blob.offset}`, () =>
      decode(openBlock(unpackBlob(readAt(this.#file, blob, this.#buffer)))),
    )
  }
}

function kindsOf({ nodes, denseNodes, ways }: Block): BlockKinds {
  return { hasNodes: nodes.length + denseNodes.length > 0, hasWays: ways.length > 0 }
}

/** Copies parts one after the other. */
function joinFloats(parts: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const joined = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
