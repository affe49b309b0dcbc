/** Nodes of a block → the places of those that roads need. */
import { PbfReader } from 'pbf'
import { DeltaCursor } from './delta-cursor.ts'
import type { RankFinder } from './node-ids.ts'
import { PLACE_UNKNOWN, encodeLat, encodeLon, type NodePlaces } from './node-places.ts'
import { checkEnd, type Block } from './pbf-block.ts'
import { readInfo, type Info } from './pbf-info.ts'

/** Where places go, and in a history which version each came from. */
export interface NodeTarget {
  readonly ranks: RankFinder
  readonly places: NodePlaces
  /** `int32[nodes]`, version + 1 of what was taken; null when no node comes twice. */
  readonly versions: Int32Array | null
}

/** What shows that no node came twice: spans of blocks that do not overlap, each strictly ascending. */
export interface NodeSpan {
  readonly count: number
  readonly idMin: number
  readonly idMax: number
  readonly isAscending: boolean
}

/** Decodes the nodes of a block into `target`. */
export function decodeNodes(block: Block, target: NodeTarget): NodeSpan {
  const span = new SpanBuilder()
  for (let i = 0; i < block.denseNodes.length; i += 2) {
    const dense = openDense(block.pbf, [block.denseNodes[i] ?? 0, block.denseNodes[i + 1] ?? 0])
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

class SpanBuilder implements NodeSpan {
  count = 0
  idMin = Infinity
  idMax = -Infinity
  isAscending = true

  add(id: number): void {
    this.count++
    if (id > this.idMax) this.idMax = id
    else this.isAscending = false
    if (id < this.idMin) this.idMin = id
  }
}

/** The lists of a `DenseNodes` message; absent ones are empty. */
interface Dense {
  readonly ids: DeltaCursor
  readonly lats: DeltaCursor
  readonly lons: DeltaCursor
  info: readonly [start: number, end: number]
}

function openDense(pbf: PbfReader, [start, end]: readonly [number, number]): Dense {
  const dense: Dense = {
    ids: new DeltaCursor(),
    lats: new DeltaCursor(),
    lons: new DeltaCursor(),
    info: [0, 0],
  }
  const cursors = new Map([
    [1, dense.ids],
    [8, dense.lats],
    [9, dense.lons],
  ])
  pbf.pos = start
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    const cursor = cursors.get(field)
    if (!cursor && field !== 5) continue
    const endOfList = pbf.readVarint() + pbf.pos
    if (cursor) cursor.start(pbf.buf, pbf.pos, endOfList)
    else dense.info = [pbf.pos, endOfList]
    pbf.pos = endOfList
  }
  checkEnd(pbf, end)
  return dense
}

function placeDense({ ids, lats, lons }: Dense, { block, target, span }: Task): void {
  const { ranks, places } = target
  while (ids.hasMore) {
    const id = ids.next()
    const lat = lats.next()
    const lon = lons.next()
    span.add(id)
    const rank = ranks.advanceTo(id)
    if (rank >= 0) places.set(rank, encodeLon(lon, block.scale), encodeLat(lat, block.scale))
  }
  checkSameLength(ids, lats, lons)
}

function placeVersions(dense: Dense, task: Task): void {
  const { ids, lats, lons } = dense
  const infos = denseInfos(task.block.pbf, dense.info)
  while (ids.hasMore) {
    const node = { id: ids.next(), lat: lats.next(), lon: lons.next() }
    placeSingle({ ...node, version: infos.version(), isVisible: infos.isVisible() }, task)
  }
  checkSameLength(ids, lats, lons)
}

function checkSameLength(...cursors: readonly DeltaCursor[]): void {
  for (const cursor of cursors) checkEnd(cursor, cursor.end)
}

/** `DenseInfo`: versions are plain numbers, not differences; without a list of deletions all nodes are visible. */
function denseInfos(pbf: PbfReader, [start, end]: readonly [number, number]) {
  const lists = new Map<number, PbfReader>()
  pbf.pos = start
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

/** Of several versions the highest counts, whatever their order; if that one was deleted, the node has no place. */
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
