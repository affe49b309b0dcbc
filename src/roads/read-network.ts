/**
 * OSM extract → road network. Ways are decoded first, to learn which nodes roads need, then nodes,
 * then both meet. In a sorted extract every blob is decoded once. @io disk
 */
import { rmSync } from 'node:fs'
import { boundaryFromBbox } from '../geo/polygon.ts'
import type { Boundary } from '../types.ts'
import { indexBlobs, type BlobIndex } from './blob-index.ts'
import type { RoadChunk } from './build-roads.ts'
import { Decoders } from './decoder-pool.ts'
import type { DecoderSetup } from './extract-decoder.ts'
import { hashFile } from './hash-file.ts'
import { createNetwork, type RoadNetwork } from './network.ts'
import { createPlacesFile, createPlacesFolder } from './node-places-file.ts'
import { extractError } from './pbf-errors.ts'
import { readRoads, type Manner } from './read-roads.ts'

/** How an extract is read. */
export interface ReadOptions {
  /**
   * Roads are cut at it. `'header'`: at the bounding box that the extract names, if it names one
   * (real extracts hold whole ways that leave it). Null keeps every road of the extract.
   */
  readonly boundary: Boundary | 'header' | null
  /**
   * Threads that decode, the caller's included, at most four; small extracts are decoded on that
   * one alone.
   */
  readonly threads: number
  readonly signal: AbortSignal
  /** Called as blobs are done; ends with both equal. */
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void
  /** Node places beyond this many bytes go to a temporary file. */
  readonly placeBytesMax?: number
  /** Smaller files are decoded without threads. */
  readonly threadedBytesMin?: number
}

/** 67 million nodes of roads, about what 2.5 GB of extract hold. */
const PLACE_BYTES_MAX = 512 * 1024 * 1024
/**
 * Each thread more has blocks, a heap and a share of the ids of its own, about 30 MB at 1 GB of
 * extract.
 */
const DECODERS_MAX = 4
/** Below this size starting a thread takes longer than decoding. */
const THREADED_BYTES_MIN = 4 * 1024 * 1024

/**
 * Reads the undirected network of all roads and paths, private ones too, all components.
 * @throws {InputError} `extract-not-pbf`, `extract-corrupt`, `extract-truncated`,
 *   `extract-compression`, `extract-feature`
 * @throws {NotFoundError} `extract-not-found`
 * @throws {UpstreamError} `extract-unreadable`, `temporary-unusable`: a disk failed
 */
export async function readRoadNetwork(path: string, options: ReadOptions): Promise<RoadNetwork> {
  options.signal.throwIfAborted()
  try {
    const index = indexBlobs(path)
    const [sha256, roads] = await Promise.all([
      hashFile(path, options.signal),
      readInManner({ path, options, index, boundary: boundaryOf(options, index) }, mannerOf(index)),
    ])
    return createNetwork(roads, { sha256, headerBbox: index.header.bbox })
  } catch (error) {
    options.signal.throwIfAborted()
    throw extractError(path, error)
  }
}

function boundaryOf({ boundary }: ReadOptions, { header }: BlobIndex): Boundary | null {
  if (boundary !== 'header') return boundary
  return header.bbox && boundaryFromBbox(header.bbox)
}

function mannerOf({ header }: BlobIndex): Manner {
  // Without a node pass nothing would show that an extract whose ways carry places is not sorted.
  return { isHistory: header.isHistory, scansAll: header.hasLocationsOnWays }
}

interface Task {
  readonly path: string
  readonly options: ReadOptions
  readonly index: BlobIndex
  readonly boundary: Boundary | null
}

/**
 * Reads in the manner that is expected to do, and once or twice more if the file turns out to be
 * otherwise.
 */
async function readInManner(task: Task, manner: Manner): Promise<RoadChunk[]> {
  const bytesDone = new BigInt64Array(new SharedArrayBuffer(8))
  const showProgress = createProgress(task, bytesDone)
  const decoders = createDecoders(task, manner, showProgress)
  const spill = new PlaceSpill(task.options.placeBytesMax ?? PLACE_BYTES_MAX)
  try {
    const outcome = await readRoads({
      blobs: task.index.blobs,
      decoders,
      manner,
      allocatePlaces: (count) => spill.allocate(count),
      bytesDone,
    })
    if ('roads' in outcome) {
      showProgress()
      return outcome.roads
    }
    manner = outcome.redo
  } finally {
    await decoders.close()
    spill.delete()
  }
  return readInManner(task, manner)
}

function createDecoders(
  { path, options, index, boundary }: Task,
  { isHistory }: Manner,
  onStep: () => void,
): Decoders {
  const setup: DecoderSetup = { path, isHistory, boundary }
  const isSmall = index.fileBytes < (options.threadedBytesMin ?? THREADED_BYTES_MIN)
  const threads =
    isSmall || isHistory ? 1 : Math.min(options.threads, DECODERS_MAX, index.blobs.length)
  return new Decoders(setup, { threads: Math.max(1, threads), onStep })
}

/** Tells when more is done than was told last; throws when reading was aborted. */
function createProgress({ options, index }: Task, bytesDone: BigInt64Array): () => void {
  const total = index.blobs.reduce((sum, { size }) => sum + size, 0)
  let shown = 0
  return () => {
    options.signal.throwIfAborted()
    const done = Number(Atomics.load(bytesDone, 0))
    if (done === shown) return
    shown = done
    options.onProgress?.(done, total)
  }
}

/** Room for node places: memory, or beyond a limit a temporary file that is gone afterwards. */
class PlaceSpill {
  readonly #bytesMax: number
  #folder: string | null = null

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  allocate(count: number): SharedArrayBuffer | string {
    if (8 * count <= this.#bytesMax) return new SharedArrayBuffer(8 * count)
    this.#folder = createPlacesFolder()
    return createPlacesFile(this.#folder, count)
  }

  delete(): void {
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
  }
}
