/** Nodes of a block → the places of those that roads need. */
import { PbfReader } from 'pbf'
import { SpanBuilder, type IdSpan } from './id-span.ts'
import type { RankFinder } from './rank-finder.ts'
import { PLACE_UNKNOWN, encodeLat, encodeLon, type NodePlaces } from './node-places.ts'
import { createFloats, readDeltas, type NumberList } from './number-list.ts'
import { checkEnd, type Block } from './pbf-block.ts'
import { readInfo, type Info } from './pbf-info.ts'

/** Where places go, and in a history which version each came from. */
export interface NodeTarget {
  readonly ranks: RankFinder
  readonly places: NodePlaces
  /** `int32[nodes]`, version + 1 of what was taken; null when no node comes twice. */
  readonly versions: Int32Array | null
}

/** Decodes the nodes of a block into `target`. */
export function decodeNodes(block: Block, target: NodeTarget): IdSpan {
  const span = new SpanBuilder()
  for (let i = 0; i < block.denseNodes.length; i += 2) {
    const dense = readDense(block.pbf, [block.denseNodes[i] ?? 0, block.denseNodes[i + 1] ?? 0])
    if (target.versions) placeVersions(dense, { block, target, span })
    else placeDense(dense, { block, target, span })
  }
  for (let i = 0; i < block.nodes.length; i += 2) {
    const end = block.nodes[i + 1] ?? 0
    block.pbf.pos = block.nodes[i] ?? 0
    placeSingle(readNode(block.pbf, end), { block, target, span })
  }
  target.places.flush()
  return span
}

interface Task {
  readonly block: Block
  readonly target: NodeTarget
  readonly span: SpanBuilder
}

/** The lists of a `DenseNodes` message; one set of arrays serves all blocks of a thread. */
interface Dense {
  readonly ids: NumberList<Float64Array<ArrayBuffer>>
  readonly lats: NumberList<Float64Array<ArrayBuffer>>
  readonly lons: NumberList<Float64Array<ArrayBuffer>>
  /** Where `DenseInfo` stands, 0 without one. */
  info: number
}

const dense: Dense = { ids: createFloats(), lats: createFloats(), lons: createFloats(), info: 0 }

function readDense(pbf: PbfReader, [start, end]: readonly [number, number]): Dense {
  const { ids, lats, lons } = dense
  ids.length = lats.length = lons.length = dense.info = 0
  pbf.pos = start
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    if (field === 1) readDeltas(pbf, ids)
    else if (field === 5) dense.info = pbf.pos
    else if (field === 8) readDeltas(pbf, lats)
    else if (field === 9) readDeltas(pbf, lons)
  }
  checkEnd(pbf, end)
  checkEnd({ pos: lats.length }, ids.length)
  checkEnd({ pos: lons.length }, ids.length)
  return dense
}

function placeDense({ ids, lats, lons }: Dense, { block, target, span }: Task): void {
  const { ranks, places } = target
  for (let i = 0; i < ids.length; i++) {
    const id = ids.array[i] as number
    span.add(id)
    const rank = ranks.advanceTo(id)
    if (rank < 0) continue
    const lon = encodeLon(lons.array[i] as number, block.scale)
    places.set(rank, lon, encodeLat(lats.array[i] as number, block.scale))
  }
}

function placeVersions({ ids, lats, lons, info }: Dense, task: Task): void {
  const infos = denseInfos(task.block.pbf, info)
  for (let i = 0; i < ids.length; i++)
    placeSingle(
      {
        id: ids.array[i] as number,
        lat: lats.array[i] as number,
        lon: lons.array[i] as number,
        version: infos.version(),
        isVisible: infos.isVisible(),
      },
      task,
    )
}

/**
 * `DenseInfo`: versions are plain numbers, not differences; without a list of deletions all nodes
 * are visible.
 */
function denseInfos(pbf: PbfReader, info: number) {
  const lists = new Map<number, PbfReader>()
  pbf.pos = info
  const end = info === 0 ? 0 : pbf.readVarint() + pbf.pos
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end))
    if (field === 1 || field === 6) lists.set(field, new PbfReader(pbf.readBytes()))
  const next = (field: number, absent: number): number => {
    const list = lists.get(field)
    return list && list.pos < list.length ? list.readVarint(true) : absent
  }
  return { version: () => next(1, 0), isVisible: () => next(6, 1) !== 0 }
}

interface RawNode extends Info {
  id: number
  lat: number
  lon: number
}

function readNode(pbf: PbfReader, end: number): RawNode {
  const node: RawNode = { id: 0, lat: 0, lon: 0, version: 0, isVisible: true }
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    if (field === 1) node.id = pbf.readSVarint()
    else if (field === 4) readInfo(pbf, node)
    else if (field === 8) node.lat = pbf.readSVarint()
    else if (field === 9) node.lon = pbf.readSVarint()
  }
  checkEnd(pbf, end)
  return node
}

/**
 * Of several versions the highest counts, whatever their order; if that one was deleted, the node
 * has no place.
 */
function placeSingle(node: RawNode, { block, target, span }: Task): void {
  span.add(node.id)
  const rank = target.ranks.advanceTo(node.id)
  if (rank < 0) return
  if (target.versions) {
    if (node.version + 1 < (target.versions[rank] ?? 0)) return
    target.versions[rank] = node.version + 1
  }
  if (node.isVisible)
    target.places.set(rank, encodeLon(node.lon, block.scale), encodeLat(node.lat, block.scale))
  else target.places.set(rank, PLACE_UNKNOWN, PLACE_UNKNOWN)
}
