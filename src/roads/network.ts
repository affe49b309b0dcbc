/**
 * Roads of all chunks → one network with ways in id order, the same whatever the order of blocks
 * and threads.
 */
import type { Bbox } from '../types.ts'
import type { RoadChunk } from './build-roads.ts'
import type { RoadCounts, RoadLines } from './road-pen.ts'

/** The undirected road network of an extract, cut at the boundary. */
export interface RoadNetwork {
  /**
   * Pieces, one after the other; no segment leads from one into the next. Ways lie in the order of
   * their ids.
   */
  readonly pieces: readonly RoadLines[]
  /** Ways that have a segment left. */
  readonly wayCount: number
  readonly segmentCount: number
  /** References of roads to nodes that the extract lacks; the roads are broken there. */
  readonly missingNodeCount: number
  readonly totalMm: number
  /** Bounding box that the extract names, null where it names none. */
  readonly headerBbox: Bbox | null
  /** SHA-256 of the extract, hex. */
  readonly sha256: string
  /** One line for people. */
  readonly summary: string
}

/** What an extract tells beside its roads. */
export type ExtractFacts = Pick<RoadNetwork, 'headerBbox' | 'sha256'>

/** A way's place among the chunks. */
interface WayList {
  readonly ids: Float64Array
  readonly chunkOf: Uint32Array
  readonly wayOf: Uint32Array
}

/** Joins chunks, ways in id order. */
export function createNetwork(chunks: readonly RoadChunk[], facts: ExtractFacts): RoadNetwork {
  const counts = sumCounts(chunks)
  const wayCount = chunks.reduce((sum, { firstVertex }) => sum + countWays(firstVertex), 0)
  return {
    pieces: inOrder(chunks),
    ...facts,
    wayCount,
    segmentCount: counts.segments,
    missingNodeCount: counts.missingNodes,
    totalMm: counts.totalMm,
    summary: summarize(wayCount, counts),
  }
}

function summarize(wayCount: number, counts: RoadCounts): string {
  const km = (counts.totalMm / 1e6).toFixed(1)
  const parts = [`${wayCount} ways`, `${counts.segments} segments`, `${km} km`]
  if (counts.missingNodes > 0) parts.push(`${counts.missingNodes} missing nodes`)
  if (counts.tooLong > 0) parts.push(`${counts.tooLong} segments too long for a road`)
  return parts.join(', ')
}

/** Ways of an extract that is sorted are in order as soon as its chunks are; others are copied. */
function inOrder(unordered: readonly RoadChunk[]): readonly RoadLines[] {
  const chunks = unordered.slice().sort((a, b) => (a.wayIds[0] ?? 0) - (b.wayIds[0] ?? 0))
  let last = -Infinity
  const isSorted = chunks.every(({ wayIds }) =>
    wayIds.every((id) => {
      const follows = id >= last
      last = id
      return follows
    }),
  )
  return isSorted ? chunks : [mergeLines(chunks)]
}

function mergeLines(chunks: readonly RoadChunk[]): RoadLines {
  const vertexCount = chunks.reduce((sum, chunk) => sum + chunk.lon.length, 0)
  const lines = {
    lon: new Int32Array(vertexCount),
    lat: new Int32Array(vertexCount),
    lengthMm: new Uint32Array(vertexCount),
  }
  const list = listWays(chunks)
  const { ids } = list
  const order = Uint32Array.from(ids, (_, i) => i).sort((a, b) => (ids[a] ?? 0) - (ids[b] ?? 0))
  let at = 0
  for (let i = 0; i < order.length;) {
    const run = runAt(list, order, i)
    const chunk = chunks[list.chunkOf[order[i] ?? 0] ?? 0]
    if (chunk) at = copyWays(chunk, run, { lines, at })
    i += run.count
  }
  return lines
}

function listWays(chunks: readonly RoadChunk[]): WayList {
  const count = chunks.reduce((sum, { wayIds }) => sum + wayIds.length, 0)
  const ids = new Float64Array(count)
  const chunkOf = new Uint32Array(count)
  const wayOf = new Uint32Array(count)
  let at = 0
  chunks.forEach(({ wayIds }, chunk) => {
    ids.set(wayIds, at)
    chunkOf.fill(chunk, at, at + wayIds.length)
    for (let way = 0; way < wayIds.length; way++) wayOf[at++] = way
  })
  return { ids, chunkOf, wayOf }
}

interface Run {
  readonly first: number
  readonly count: number
}

/** Ways that follow one another in their chunk as well: they are copied in one go. */
function runAt({ chunkOf, wayOf }: WayList, order: Uint32Array, start: number): Run {
  const at = order[start] ?? 0
  const first = wayOf[at] ?? 0
  let count = 1
  for (let next = order[start + 1]; next !== undefined; next = order[start + count]) {
    if (chunkOf[next] !== chunkOf[at] || wayOf[next] !== first + count) break
    count++
  }
  return { first, count }
}

function copyWays(
  chunk: RoadChunk,
  { first, count }: Run,
  { lines, at }: { readonly lines: RoadLines; readonly at: number },
): number {
  const from = chunk.firstVertex[first] ?? 0
  const to = chunk.firstVertex[first + count] ?? 0
  lines.lon.set(chunk.lon.subarray(from, to), at)
  lines.lat.set(chunk.lat.subarray(from, to), at)
  lines.lengthMm.set(chunk.lengthMm.subarray(from, to), at)
  return at + to - from
}

function countWays(firstVertex: Uint32Array): number {
  let count = 0
  for (let way = 1; way < firstVertex.length; way++)
    if (firstVertex[way] !== firstVertex[way - 1]) count++
  return count
}

function sumCounts(chunks: readonly RoadChunk[]): RoadCounts {
  const sum = { segments: 0, missingNodes: 0, tooLong: 0, totalMm: 0 }
  for (const { counts } of chunks) {
    sum.segments += counts.segments
    sum.missingNodes += counts.missingNodes
    sum.tooLong += counts.tooLong
    sum.totalMm += counts.totalMm
  }
  return sum
}
