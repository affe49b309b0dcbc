/** Does the jobs of one reader of an extract, in a worker thread or, for small files, on the spot. @io disk */
import { closeSync } from 'node:fs'
import { prepareBoundary } from '../geo/polygon.ts'
import type { PolygonIndex } from '../geo/polygon-index.ts'
import type { Boundary } from '../types.ts'
import { openExtract, readAt, type BlobPlace } from './blob-index.ts'
import { buildRoads, type RoadChunk } from './build-roads.ts'
import { RankFinder, sortIds } from './node-ids.ts'
import type { IdSpan } from './id-span.ts'
import { MemoryPlaces, type NodePlaces } from './node-places.ts'
import { FilePlaces } from './node-places-file.ts'
import { unpackBlob } from './pbf-blob.ts'
import { openBlock, type Block } from './pbf-block.ts'
import { faultOf, ExtractFaultError } from './pbf-errors.ts'
import { decodeNodes } from './pbf-nodes.ts'
import { decodeRoads, unplacedRefs, type WayChunk } from './pbf-ways.ts'

/** What a decoder is made for. */
export interface DecoderSetup {
  readonly path: string
  /** Objects may come in several versions; nodes must then be decoded by one decoder only. */
  readonly isHistory: boolean
  readonly boundary: Boundary | null
}

/** The nodes that roads need, shared by all decoders. */
export interface SharedNodes {
  readonly ids: Float64Array
  /** `uint32[nodes, 2]` in memory, or the path of a file of the same form. */
  readonly places: SharedArrayBuffer | string
}

/** Work for a decoder. */
export type Job =
  | { readonly kind: 'ways'; readonly blob: BlobPlace }
  | { readonly kind: 'nodes'; readonly blob: BlobPlace }
  | { readonly kind: 'roads'; readonly ways: WayChunk }

/** What a blob of ways gave. */
export interface WaysResult {
  readonly hasNodes: boolean
  readonly hasWays: boolean
  readonly chunk: WayChunk
  /** Ids of the nodes that have to be looked up, sorted, without repeats. */
  readonly needed: Float64Array<ArrayBuffer>
}

/** What a blob of nodes gave; places went to the shared nodes. */
export interface NodesResult {
  readonly hasWays: boolean
  readonly span: IdSpan
}

/** What each kind of job gives. */
export interface JobResults {
  readonly ways: WaysResult
  readonly nodes: NodesResult
  readonly roads: RoadChunk
}

/** A decoder with its file open. */
export class ExtractDecoder {
  readonly #setup: DecoderSetup
  readonly #file: number
  readonly #boundary: PolygonIndex | null
  #buffer = new Uint8Array(1 << 18)
  #ranks = new RankFinder(new Float64Array(0))
  #places: NodePlaces = new MemoryPlaces(new SharedArrayBuffer(0))
  #versions: Int32Array | null = null

  constructor(setup: DecoderSetup) {
    this.#setup = setup
    this.#file = openExtract(setup.path)
    this.#boundary = setup.boundary && prepareBoundary(setup.boundary)
  }

  /** @throws {ExtractFaultError} */
  run(job: Job): JobResults[Job['kind']] {
    switch (job.kind) {
      case 'ways':
        return this.#decode(job.blob, (block) => this.#decodeWays(block))
      case 'nodes':
        return this.#decode(job.blob, (block) => ({
          hasWays: block.ways.length > 0,
          span: this.#decodeNodes(block),
        }))
      case 'roads':
        return buildRoads(job.ways, {
          ranks: this.#ranks,
          places: this.#places,
          boundary: this.#boundary,
        })
    }
  }

  /** Takes the needed nodes; comes before jobs for nodes and roads. */
  share({ ids, places }: SharedNodes): void {
    this.#ranks = new RankFinder(ids)
    this.#places = typeof places === 'string' ? new FilePlaces(places) : new MemoryPlaces(places)
    this.#versions = this.#setup.isHistory ? new Int32Array(ids.length) : null
  }

  close(): void {
    closeSync(this.#file)
    if (this.#places instanceof FilePlaces) this.#places.close()
  }

  #decode<Result>(blob: BlobPlace, decode: (block: Block) => Result): Result {
    if (blob.size > this.#buffer.length) this.#buffer = new Uint8Array(blob.size)
    const bytes = readAt(this.#file, blob, this.#buffer)
    try {
      return decode(openBlock(unpackBlob(bytes)))
    } catch (error) {
      const fault = faultOf(error, `blob at byte ${blob.offset}`)
      throw new ExtractFaultError(fault.code, fault.message, fault.hint)
    }
  }

  #decodeWays(block: Block): WaysResult {
    const chunk = decodeRoads(block, this.#setup.isHistory)
    return {
      hasNodes: hasNodes(block),
      hasWays: block.ways.length > 0,
      chunk,
      needed: sortIds(unplacedRefs(chunk)),
    }
  }

  #decodeNodes(block: Block): IdSpan {
    const { count, idMin, idMax, isAscending } = decodeNodes(block, {
      ranks: this.#ranks,
      places: this.#places,
      versions: this.#versions,
    })
    return { count, idMin, idMax, isAscending }
  }
}

function hasNodes(block: Block): boolean {
  return block.nodes.length > 0 || block.denseNodes.length > 0
}
