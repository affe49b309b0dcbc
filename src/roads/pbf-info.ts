/** The `Info` of a node or way: which version it is and whether it was deleted. */
import type { PbfReader } from 'pbf'

/** What a history needs to know of an object. */
export interface Info {
  /** 0 where the file has none. */
  version: number
  isVisible: boolean
}

/** Reads the message at the reader's place into `info`. */
export function readInfo(pbf: PbfReader, info: Info): void {
  const end = pbf.readVarint() + pbf.pos
  for (let field = pbf.nextField(end); field !== 0; field = pbf.nextField(end)) {
    if (field === 1) info.version = pbf.readVarint(true)
    else if (field === 6) info.isVisible = pbf.readBoolean()
  }
}
