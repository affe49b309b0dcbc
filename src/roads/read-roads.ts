/** The passes over an extract: ways, nodes, roads. Decides their order; the decoders do them. */
import type { BlobPlace } from './blob-index.ts'
import type { RoadChunk } from './build-roads.ts'
import type { Decoders } from './decoder-pool.ts'
import type { NodesResult, SharedNodes } from './extract-decoder.ts'
import { IdGatherer, sortIds } from './node-ids.ts'
import { SpanBuilder, mayRepeat, type IdSpan } from './id-span.ts'
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
  if (!manner.isHistory && hasRepeatedWays(chunks)) return { redo: { ...manner, isHistory: true } }
  const nodeBlobs = [...blobs.slice(0, firstWays), ...ways.blobsWithNodes]
  const nodes = await readNodes(reading, nodeBlobs, ways.needed)
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
  readonly needed: Float64Array
  readonly blobsWithNodes: readonly BlobPlace[]
}

async function readWays(reading: Reading, blobs: readonly BlobPlace[]): Promise<Ways> {
  const needed = new IdGatherer()
  const results = await mapJobs(reading, blobs, async (blob) => {
    const result = await reading.decoders.run({ kind: 'ways', blob })
    if (!result.hasNodes) reading.onBlob(blob)
    needed.add(result.needed)
    return { chunk: result.chunk, hasNodes: result.hasNodes }
  })
  return {
    chunks: results.map(({ chunk }) => chunk).filter(({ ids }) => ids.length > 0),
    needed: needed.finish(),
    blobsWithNodes: blobs.filter((_, i) => results[i]?.hasNodes),
  }
}

async function readNodes(
  reading: Reading,
  blobs: readonly BlobPlace[],
  ids: Float64Array,
): Promise<NodesResult[]> {
  const places = reading.allocatePlaces(ids.length)
  await reading.decoders.share({ ids, places })
  return mapJobs(reading, blobs, async (blob) => {
    const result = await reading.decoders.run({ kind: 'nodes', blob })
    reading.onBlob(blob)
    return result
  })
}

/** Sorting all ids is spared where blocks follow one another, as they do in nearly all extracts. */
function hasRepeatedWays(chunks: readonly WayChunk[]): boolean {
  if (!mayRepeat(chunks.map(({ ids }) => spanOf(ids)))) return false
  const ids = new Float64Array(chunks.reduce((sum, chunk) => sum + chunk.ids.length, 0))
  let at = 0
  for (const chunk of chunks) {
    ids.set(chunk.ids, at)
    at += chunk.ids.length
  }
  return sortIds(ids).length < ids.length
}

function spanOf(ids: Float64Array): IdSpan {
  const span = new SpanBuilder()
  for (const id of ids) span.add(id)
  return span
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
