/**
 * The frame of a `PrimitiveBlock`: where its strings and objects stand. Parts are kept as
 * positions, not as views: a view per tag and way costs more than decoding it.
 */
import { PbfReader } from 'pbf'
import { ExtractFaultError } from './pbf-errors.ts'

/** Starts and ends in the bytes of the block, alternating. */
export type Ranges = number[]

/** Where the parts of a block stand. */
export interface Block {
  readonly pbf: PbfReader
  readonly strings: Ranges
  readonly scale: Scale
  /** `DenseNodes` messages. */
  readonly denseNodes: Ranges
  /** `Node` messages. */
  readonly nodes: Ranges
  /** `Way` messages. */
  readonly ways: Ranges
  /** `Relation` messages. */
  readonly relations: Ranges
}

/** Raw coordinate → 1e-7 degrees: `(offset + granularity × raw) / 100`, offsets in nanodegrees. */
export interface Scale {
  granularity: number
  latOffset: number
  lonOffset: number
}

/**
 * Finds the parts of a block.
 * @throws {ExtractFaultError} `extract-corrupt` when a part runs over the end
 */
export function openBlock(bytes: Uint8Array): Block {
  const pbf = new PbfReader(bytes)
  const scale = { granularity: 100, latOffset: 0, lonOffset: 0 }
  const block = { pbf, scale, strings: [], denseNodes: [], nodes: [], ways: [], relations: [] }
  const tables: Ranges = []
  const groups: Ranges = []
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField()) {
    if (field === 1) pushRange(tables, pbf, pbf.length)
    else if (field === 2) pushRange(groups, pbf, pbf.length)
    else if (field === 17) scale.granularity = pbf.readVarint(true)
    else if (field === 19) scale.latOffset = pbf.readVarint(true)
    else if (field === 20) scale.lonOffset = pbf.readVarint(true)
  }
  checkEnd(pbf, pbf.length)
  forEachRange(tables, (start, end) => readFields(block, { start, end, lists: [, block.strings] }))
  const lists = [, block.nodes, block.denseNodes, block.ways, block.relations]
  forEachRange(groups, (start, end) => readFields(block, { start, end, lists }))
  return block
}

/** Calls back with each start and end. */
export function forEachRange(ranges: Ranges, visit: (start: number, end: number) => void): void {
  for (let i = 0; i < ranges.length; i += 2) visit(ranges[i] ?? 0, ranges[i + 1] ?? 0)
}

interface Message {
  readonly start: number
  readonly end: number
  /** Where the ranges of each field go; others are skipped. */
  readonly lists: readonly (Ranges | undefined)[]
}

function readFields({ pbf }: Block, { start, end, lists }: Message): void {
  pbf.pos = start
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    const list = lists[field]
    if (list) pushRange(list, pbf, end)
  }
  checkEnd(pbf, end)
}

function pushRange(ranges: Ranges, pbf: PbfReader, endMax: number): void {
  const length = pbf.readVarint()
  const start = pbf.pos
  pbf.pos = start + length
  if (pbf.pos > endMax) checkEnd(pbf, endMax)
  ranges.push(start, pbf.pos)
}

/** Whoever ran over the end of a message has read rubbish. */
export function checkEnd({ pos }: { readonly pos: number }, end: number): void {
  if (pos === end) return
  throw new ExtractFaultError(
    'extract-corrupt',
    `Expected the end of a message at byte ${end} of a block, got ${pos}`,
  )
}
