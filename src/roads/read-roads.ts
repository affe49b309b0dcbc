/** The passes over an extract: ways, nodes, roads. Decides their order; the decoders do them. */
import type { BlobPlace } from './blob-index.ts'
import { createQueue } from './blob-queue.ts'
import type { RoadChunk } from './build-roads.ts'
import type { Decoders } from './decoder-pool.ts'
import type { BlobReport, SharedNodes } from './extract-decoder.ts'
import { mayRepeat } from './id-span.ts'
import { mergeLists, sortIds } from './node-ids.ts'
import { packIds, ownWords, sharedWords, type PackedIds } from './packed-ids.ts'
import { createBuckets } from './rank-finder.ts'

/** An extract while it is read. */
export interface Reading {
  readonly blobs: readonly BlobPlace[]
  readonly decoders: Decoders
  readonly manner: Manner
  /** Makes room for the places of `count` nodes. */
  readonly allocatePlaces: (count: number) => SharedNodes['places']
  /** `bigint64[1]`, shared: bytes that need not be read again. */
  readonly bytesDone: BigInt64Array
}

/** What is known of an extract's order. */
export interface Manner {
  /**
   * Nodes cannot be told from ways by their place in the file: every blob is looked into for ways.
   */
  readonly scansAll: boolean
  /** Objects may come in several versions. */
  readonly isHistory: boolean
}

/** Roads, or the manner in which they have to be read instead. */
export type Outcome = { readonly roads: RoadChunk[] } | { readonly redo: Manner }

/** Reads the roads of an extract. */
export async function readRoads(reading: Reading): Promise<Outcome> {
  const { blobs, decoders, manner } = reading
  const firstWays = manner.scansAll ? 0 : findFirstWays(reading)
  const wayBlobs = blobs.slice(firstWays)
  const ways = await readWays(reading, wayBlobs)
  if (!manner.isHistory && (await hasRepeatedWays(reading, wayBlobs, ways.reports)))
    return { redo: { ...manner, isHistory: true } }
  const nodeBlobs = [...blobs.slice(0, firstWays), ...ways.blobsWithNodes]
  const nodes = await readNodes(reading, nodeBlobs, ways.needed)
  if (nodes.some(({ hasWays, index }) => hasWays && index < firstWays))
    return { redo: { ...manner, scansAll: true } }
  if (!manner.isHistory && mayRepeat(nodes.map(({ span }) => span)))
    return { redo: { ...manner, isHistory: true } }
  const roads = await decoders.run({ kind: 'roads' })
  return { roads: roads.flat() }
}

/**
 * Halves the file as if it were sorted; whether it is shows when the blobs before are read for
 * nodes.
 */
function findFirstWays({ blobs, decoders }: Reading): number {
  let low = 0
  let high = blobs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const blob = blobs[middle]
    if (!blob) break
    const { hasWays, hasNodes } = decoders.kindsOf(blob)
    if (hasWays || !hasNodes) high = middle
    else low = middle + 1
  }
  return low
}

interface Ways {
  readonly reports: readonly BlobReport[]
  readonly needed: PackedIds
  readonly blobsWithNodes: readonly BlobPlace[]
}

async function readWays(
  { decoders, bytesDone }: Reading,
  blobs: readonly BlobPlace[],
): Promise<Ways> {
  const shares = await decoders.run({ kind: 'ways', queue: createQueue(blobs, bytesDone) })
  const reports = shares.flatMap((share) => share.reports)
  const withNodes = new Set(reports.filter(({ hasNodes }) => hasNodes).map(({ index }) => index))
  // Taken out of the shares, which would hold them while they are merged.
  const lists = shares.splice(0).map(({ needed }) => needed)
  return {
    reports,
    needed: mergeLists(lists, sharedWords),
    blobsWithNodes: blobs.filter((_, index) => withNodes.has(index)),
  }
}

async function readNodes(
  { decoders, bytesDone, allocatePlaces }: Reading,
  blobs: readonly BlobPlace[],
  ids: PackedIds,
): Promise<BlobReport[]> {
  const nodes = {
    ids,
    buckets: createBuckets(ids, sharedWords),
    places: allocatePlaces(ids.low.length),
  }
  const queue = createQueue(blobs, bytesDone)
  const shares = await decoders.run({ kind: 'nodes', queue, nodes })
  return shares.flatMap(({ reports }) => reports)
}

/**
 * Comparing all ids is spared where blocks follow one another, as they do in nearly all extracts.
 * Not only those of roads: the newer version of one may be none.
 */
async function hasRepeatedWays(
  { decoders, bytesDone }: Reading,
  blobs: readonly BlobPlace[],
  reports: readonly BlobReport[],
): Promise<boolean> {
  if (!mayRepeat(reports.map(({ span }) => span))) return false
  const withWays = new Set(reports.filter(({ hasWays }) => hasWays).map(({ index }) => index))
  const queue = createQueue(
    blobs.filter((_, index) => withWays.has(index)),
    bytesDone,
  )
  const lists = await decoders.run({ kind: 'wayIds', queue })
  const count = lists.reduce((sum, { length }) => sum + length, 0)
  const sorted = lists.map((list) => packIds(sortIds(list)))
  return mergeLists(sorted, ownWords).low.length < count
}
