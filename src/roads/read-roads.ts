/** The passes over an extract: ways, nodes, roads. Decides their order; the decoders do them. */
import type { BlobPlace } from './blob-index.ts'
import type { RoadChunk } from './build-roads.ts'
import type { Decoders } from './decoder-pool.ts'
import type { NodesResult, SharedNodes, WaysResult } from './extract-decoder.ts'
import { sortIds } from './node-ids.ts'
import { PLACE_UNKNOWN } from './node-places.ts'
import type { NodeSpan } from './pbf-nodes.ts'
import type { WayChunk } from './pbf-ways.ts'
import { keepLatestVersions } from './way-versions.ts'

/** An extract while it is read. */
export interface Reading {
  readonly blobs: readonly BlobPlace[]
  readonly decoders: Decoders
  readonly manner: Manner
  /** Makes room for the places of `count` nodes. */
  readonly allocatePlaces: (count: number) => SharedNodes['places']
  readonly onBlob: (blob: BlobPlace) => void
}

/** What is known of an extract's order. */
export interface Manner {
  /** Nodes cannot be told from ways by their place in the file: every blob is looked into for ways. */
  readonly scansAll: boolean
  /** Objects may come in several versions. */
  readonly isHistory: boolean
}

/** Roads, or the manner in which they have to be read instead. */
export type Outcome = { readonly roads: RoadChunk[] } | { readonly redo: Manner }

/** Reads the roads of an extract. */
export async function readRoads(reading: Reading): Promise<Outcome> {
  const { blobs, manner } = reading
  const firstWays = manner.scansAll ? 0 : await findFirstWays(reading)
  const ways = await readWays(reading, blobs.slice(firstWays))
  const chunks = manner.isHistory ? keepLatestVersions(ways.chunks) : ways.chunks
  if (!manner.isHistory && hasRepeats(chunks.map(({ ids }) => ids)))
    return { redo: { ...manner, isHistory: true } }
  const nodeBlobs = [...blobs.slice(0, firstWays), ...ways.blobsWithNodes]
  const nodes = await readNodes(reading, nodeBlobs, chunks)
  if (nodes.some(({ hasWays }, i) => hasWays && i < firstWays))
    return { redo: { ...manner, scansAll: true } }
  if (!manner.isHistory && mayRepeat(nodes.map(({ span }) => span)))
    return { redo: { ...manner, isHistory: true } }
  const roads = await mapJobs(reading, chunks, (chunk) =>
    reading.decoders.run({ kind: 'roads', ways: chunk }),
  )
  return { roads }
}

/** Halves the file as if it were sorted; whether it is shows when the blobs before are read for nodes. */
async function findFirstWays({ blobs, decoders }: Reading): Promise<number> {
  let low = 0
  let high = blobs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const blob = blobs[middle]
    if (!blob) break
    const { hasWays, hasNodes } = await decoders.run({ kind: 'ways', blob })
    if (hasWays || !hasNodes) high = middle
    else low = middle + 1
  }
  return low
}

interface Ways {
  readonly chunks: WayChunk[]
  readonly blobsWithNodes: readonly BlobPlace[]
}

async function readWays(reading: Reading, blobs: readonly BlobPlace[]): Promise<Ways> {
  const results = await mapJobs(reading, blobs, async (blob): Promise<WaysResult> => {
    const result = await reading.decoders.run({ kind: 'ways', blob })
    if (!result.hasNodes) reading.onBlob(blob)
    return result
  })
  return {
    chunks: results.map(({ chunk }) => chunk).filter(({ ids }) => ids.length > 0),
    blobsWithNodes: blobs.filter((_, i) => results[i]?.hasNodes),
  }
}

async function readNodes(
  reading: Reading,
  blobs: readonly BlobPlace[],
  chunks: readonly WayChunk[],
): Promise<NodesResult[]> {
  const ids = sortIds(chunks.map(unplacedRefs))
  const places = reading.allocatePlaces(ids.length)
  await reading.decoders.share({ ids, places })
  return mapJobs(reading, blobs, async (blob) => {
    const result = await reading.decoders.run({ kind: 'nodes', blob })
    reading.onBlob(blob)
    return result
  })
}

/** Nodes that have to be looked up: all, unless the ways carry places. */
function unplacedRefs({ refs, places }: WayChunk): Float64Array {
  if (places.length === 0) return refs
  return refs.filter(
    (_, i) => places[2 * i] === PLACE_UNKNOWN || places[2 * i + 1] === PLACE_UNKNOWN,
  )
}

function hasRepeats(lists: readonly Float64Array[]): boolean {
  return sortIds(lists).length < lists.reduce((sum, { length }) => sum + length, 0)
}

/** False only when it is certain that no node came twice. */
function mayRepeat(spans: readonly NodeSpan[]): boolean {
  const sorted = spans.filter(({ count }) => count > 0).sort((a, b) => a.idMin - b.idMin)
  return sorted.some(
    ({ isAscending, idMin }, i) => !isAscending || idMin <= (sorted[i - 1]?.idMax ?? -Infinity),
  )
}

/** Runs a job for each item, a few at once, results in the order of the items. */
async function mapJobs<Item, Result>(
  { decoders }: Reading,
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  const runNext = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await run(item)
  }
  await Promise.all(Array.from({ length: decoders.jobsAtOnce }, runNext))
  return results
}
