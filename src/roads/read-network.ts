/**
 * OSM extract → road network. Ways are decoded first, to learn which nodes roads need, then nodes, then both meet.
 * In a sorted extract every blob is decoded once. @io disk
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { boundaryFromBbox } from '../geo/polygon.ts'
import type { Boundary } from '../types.ts'
import { indexBlobs, type BlobIndex } from './blob-index.ts'
import type { RoadChunk } from './build-roads.ts'
import { decodeHere, startDecoders, type Decoders } from './decoder-pool.ts'
import type { DecoderSetup } from './extract-decoder.ts'
import { hashFile } from './hash-file.ts'
import { createNetwork, type RoadNetwork } from './network.ts'
import { extractError, ExtractFaultError } from './pbf-errors.ts'
import { readRoads, type Manner, type Reading } from './read-roads.ts'

/** How an extract is read. */
export interface ReadOptions {
  /**
   * Roads are cut at it. `'header'`: at the bounding box that the extract names, if it names one (real
   * extracts hold whole ways that leave it). Null keeps every road of the extract.
   */
  readonly boundary: Boundary | 'header' | null
  /** Worker threads; small extracts are decoded without any. */
  readonly threads: number
  readonly signal: AbortSignal
  /** Called after each blob; ends with both equal. */
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void
  /** Node places beyond this many bytes go to a temporary file. */
  readonly placeBytesMax?: number
  /** Smaller files are decoded without threads. */
  readonly threadedBytesMin?: number
}

/** 67 million nodes of roads, about what 2.5 GB of extract hold. */
const PLACE_BYTES_MAX = 512 * 1024 * 1024
/** Below this size starting a thread takes longer than decoding. */
const THREADED_BYTES_MIN = 4 * 1024 * 1024

/**
 * Reads the undirected network of all roads and paths, private ones too, all components.
 * @throws {InputError} `extract-not-pbf`, `extract-corrupt`, `extract-truncated`, `extract-compression`,
 * `extract-feature`
 * @throws {NotFoundError} `extract-not-found`
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
    throw error instanceof ExtractFaultError ? extractError(path, error.fault) : error
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

/** Reads in the manner that is expected to do, and once or twice more if the file turns out to be otherwise. */
async function readInManner(task: Task, manner: Manner): Promise<RoadChunk[]> {
  const decoders = createDecoders(task, manner)
  const spill = new PlaceSpill(task.options.placeBytesMax ?? PLACE_BYTES_MAX)
  const stop = () => void decoders.close()
  task.options.signal.addEventListener('abort', stop)
  try {
    const outcome = await readRoads({
      blobs: task.index.blobs,
      decoders,
      manner,
      allocatePlaces: (count) => spill.allocate(count),
      onBlob: createProgress(task),
    })
    if ('roads' in outcome) return outcome.roads
    manner = outcome.redo
  } finally {
    task.options.signal.removeEventListener('abort', stop)
    await decoders.close()
    spill.delete()
  }
  return readInManner(task, manner)
}

function createDecoders({ path, options, index, boundary }: Task, { isHistory }: Manner): Decoders {
  const setup: DecoderSetup = { path, isHistory, boundary }
  if (index.fileBytes < (options.threadedBytesMin ?? THREADED_BYTES_MIN)) return decodeHere(setup)
  return startDecoders(setup, isHistory ? 1 : Math.min(options.threads, index.blobs.length))
}

function createProgress({ options, index }: Task): Reading['onBlob'] {
  const total = index.blobs.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  return ({ size }) => {
    options.signal.throwIfAborted()
    done += size
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
    this.#folder = mkdtempSync(join(tmpdir(), 'whereabouts-roads-'))
    const path = join(this.#folder, 'places')
    const file = openSync(path, 'w')
    ftruncateSync(file, 8 * count)
    closeSync(file)
    return path
  }

  delete(): void {
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
  }
}
