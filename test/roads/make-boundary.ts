/** Relations of an OSM extract, e.g. administrative boundaries. */
import { PbfWriter } from 'pbf'
import { deltas, makeBlob } from './make-pbf.ts'

export interface MadeRelation {
  id: number
  tags: Record<string, string>
  members: { type: 0 | 1 | 2; id: number; role: string }[]
}

/** A blob to be appended to what `makeExtract` makes. */
export function relationBlob(relations: MadeRelation[]): Uint8Array {
  const strings = ['']
  const numberOf = (text: string): number => {
    if (!strings.includes(text)) strings.push(text)
    return strings.indexOf(text)
  }
  const group = new PbfWriter()
  for (const { id, tags, members } of relations) {
    const relation = new PbfWriter()
    relation.writeVarintField(1, id)
    relation.writePackedVarint(2, Object.keys(tags).map(numberOf))
    relation.writePackedVarint(3, Object.values(tags).map(numberOf))
    relation.writePackedVarint(
      8,
      members.map(({ role }) => numberOf(role)),
    )
    relation.writePackedSVarint(9, deltas(members.map((member) => member.id)))
    relation.writePackedVarint(
      10,
      members.map(({ type }) => type),
    )
    group.writeBytesField(4, relation.finish())
  }
  const table = new PbfWriter()
  for (const text of strings) table.writeStringField(1, text)
  const block = new PbfWriter()
  block.writeBytesField(1, table.finish())
  block.writeBytesField(2, group.finish())
  return makeBlob('OSMData', block.finish())
}
