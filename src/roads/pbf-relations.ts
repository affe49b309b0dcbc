/** Relations of a block → the administrative boundaries among them: their tags and ways. */
import type { PbfReader } from 'pbf'
import { createFloats, readDeltas } from './number-list.ts'
import { checkEnd, type Block } from './pbf-block.ts'

/** A boundary as a relation describes it. */
export interface BoundaryRelation {
  readonly id: number
  readonly tags: ReadonlyMap<string, string>
  readonly ways: readonly { readonly id: number; readonly isInner: boolean }[]
}

const WAY = 1

/** Decodes the relations of a block that are tagged `boundary=administrative`. */
export function decodeBoundaries(block: Block): BoundaryRelation[] {
  const found: BoundaryRelation[] = []
  const { pbf, relations } = block
  const textOf = createTextTable(block)
  for (let index = 0; index < relations.length; index += 2) {
    const raw = readRelation(pbf, relations[index] ?? 0, relations[index + 1] ?? 0)
    const tags = new Map(raw.keys.map((key, at) => [textOf(key), textOf(raw.values[at] ?? 0)]))
    if (tags.get('boundary') !== 'administrative') continue
    const ways = raw.members.flatMap((id, at) => {
      if (raw.types[at] !== WAY) return []
      return [{ id, isInner: textOf(raw.roles[at] ?? 0) === 'inner' }]
    })
    found.push({ id: raw.id, tags, ways })
  }
  return found
}

/** The strings of the block, decoded when they are asked for. */
function createTextTable({ pbf, strings }: Block): (index: number) => string {
  const decoder = new TextDecoder()
  const known: string[] = []
  return (index) =>
    (known[index] ??= decoder.decode(pbf.buf.subarray(strings[2 * index], strings[2 * index + 1])))
}

interface RawRelation {
  id: number
  keys: number[]
  values: number[]
  roles: number[]
  /** Ids of the members. */
  members: number[]
  /** 0 node, 1 way, 2 relation. */
  types: number[]
}

function readRelation(pbf: PbfReader, start: number, end: number): RawRelation {
  const raw: RawRelation = { id: 0, keys: [], values: [], roles: [], members: [], types: [] }
  pbf.pos = start
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    if (field === 1) raw.id = pbf.readVarint(true)
    else if (field === 2) raw.keys = pbf.readPackedVarint([])
    else if (field === 3) raw.values = pbf.readPackedVarint([])
    else if (field === 8) raw.roles = pbf.readPackedVarint([])
    else if (field === 9) raw.members = readMembers(pbf)
    else if (field === 10) raw.types = pbf.readPackedVarint([])
  }
  checkEnd(pbf, end)
  return raw
}

function readMembers(pbf: PbfReader): number[] {
  const list = createFloats()
  readDeltas(pbf, list)
  return [...list.copy()]
}
