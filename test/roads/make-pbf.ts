/**
 * Makes small OSM extracts, byte for byte as tests need them, also ones that no tool would write.
 */
import { deflateSync } from 'node:zlib'
import { PbfWriter } from 'pbf'

export interface MadeNode {
  id: number
  lon: number
  lat: number
  version?: number
  visible?: boolean
}

export interface MadeWay {
  id: number
  refs: number[]
  tags?: Record<string, string>
  version?: number
  visible?: boolean
  /** `[lon, lat]` of each node, as with LocationsOnWays. */
  locations?: [number, number][]
}

export interface MadeBlock {
  /** Written as DenseNodes. */
  dense?: MadeNode[]
  /** Written as single Node messages. */
  nodes?: MadeNode[]
  ways?: MadeWay[]
  granularity?: number
  latOffset?: number
  lonOffset?: number
}

export interface MadeExtract {
  blocks?: MadeBlock[]
  /** `[west, south, east, north]°` */
  bbox?: [number, number, number, number]
  requiredFeatures?: string[]
  optionalFeatures?: string[]
  pack?: Packer
}

/** Writes the data fields of a Blob. */
export type Packer = (block: Uint8Array, blob: PbfWriter) => void

export const packRaw: Packer = (block, blob) => blob.writeBytesField(1, block)
export const packZlib: Packer = (block, blob) => {
  blob.writeVarintField(2, block.length)
  blob.writeBytesField(3, deflateSync(block))
}
/** Any field number with bytes as they are given. */
export const packAs =
  (field: number, compress: (block: Uint8Array) => Uint8Array): Packer =>
  (block, blob) => {
    blob.writeVarintField(2, block.length)
    blob.writeBytesField(field, compress(block))
  }

export function makeExtract(extract: MadeExtract): Uint8Array {
  const pack = extract.pack ?? packZlib
  const blobs = [makeBlob('OSMHeader', makeHeader(extract), pack)]
  for (const block of extract.blocks ?? []) blobs.push(makeBlob('OSMData', makeBlock(block), pack))
  return Buffer.concat(blobs)
}

export function makeBlob(type: string, block: Uint8Array, pack: Packer = packZlib): Uint8Array {
  const blob = new PbfWriter()
  pack(block, blob)
  const bytes = blob.finish()
  const header = new PbfWriter()
  header.writeStringField(1, type)
  header.writeVarintField(3, bytes.length)
  const headerBytes = header.finish()
  const length = Buffer.alloc(4)
  length.writeUInt32BE(headerBytes.length)
  return Buffer.concat([length, headerBytes, bytes])
}

function makeHeader({ bbox, requiredFeatures, optionalFeatures }: MadeExtract): Uint8Array {
  const pbf = new PbfWriter()
  if (bbox) {
    const [west = 0, south = 0, east = 0, north = 0] = bbox.map((d) => Math.round(d * 1e9))
    pbf.writeMessage(
      1,
      (_, box) => {
        box.writeTag(1, 0)
        box.writeSVarint(west)
        box.writeTag(2, 0)
        box.writeSVarint(east)
        box.writeTag(3, 0)
        box.writeSVarint(north)
        box.writeTag(4, 0)
        box.writeSVarint(south)
      },
      null,
    )
  }
  for (const feature of requiredFeatures ?? ['OsmSchema-V0.6', 'DenseNodes'])
    pbf.writeStringField(4, feature)
  for (const feature of optionalFeatures ?? []) pbf.writeStringField(5, feature)
  return pbf.finish()
}

export function makeBlock(made: MadeBlock): Uint8Array {
  const block = { granularity: 100, latOffset: 0, lonOffset: 0, nodes: [], ways: [], ...made }
  const strings = ['']
  const numberOf = (text: string) => {
    if (!strings.includes(text)) strings.push(text)
    return strings.indexOf(text)
  }
  const scale = {
    lon: (degrees: number) => Math.round((degrees * 1e9 - block.lonOffset) / block.granularity),
    lat: (degrees: number) => Math.round((degrees * 1e9 - block.latOffset) / block.granularity),
  }
  const group = new PbfWriter()
  for (const node of block.nodes) group.writeMessage(1, writeNode, { node, scale })
  if (block.dense) group.writeMessage(2, writeDense, { nodes: block.dense, scale })
  for (const way of block.ways) group.writeMessage(3, writeWay, { way, scale, numberOf })
  const groupBytes = group.finish()

  const pbf = new PbfWriter()
  pbf.writeMessage(1, writeStrings, strings)
  pbf.writeBytesField(2, groupBytes)
  pbf.writeVarintField(17, block.granularity)
  pbf.writeVarintField(19, block.latOffset)
  pbf.writeVarintField(20, block.lonOffset)
  return pbf.finish()
}

function writeStrings(strings: string[], table: PbfWriter): void {
  for (const string of strings) table.writeBytesField(1, Buffer.from(string))
}

interface Scale {
  lon: (degrees: number) => number
  lat: (degrees: number) => number
}

function writeInfo({ version, visible }: { version?: number; visible?: boolean }, pbf: PbfWriter) {
  if (version !== undefined) pbf.writeVarintField(1, version)
  if (visible !== undefined) pbf.writeBooleanField(6, visible)
}

function writeNode({ node, scale }: { node: MadeNode; scale: Scale }, pbf: PbfWriter): void {
  pbf.writeTag(1, 0)
  pbf.writeSVarint(node.id)
  if (node.version !== undefined) pbf.writeMessage(4, writeInfo, node)
  pbf.writeTag(8, 0)
  pbf.writeSVarint(scale.lat(node.lat))
  pbf.writeTag(9, 0)
  pbf.writeSVarint(scale.lon(node.lon))
}

function writeDense({ nodes, scale }: { nodes: MadeNode[]; scale: Scale }, pbf: PbfWriter): void {
  pbf.writePackedSVarint(1, deltas(nodes.map(({ id }) => id)))
  if (nodes.some(({ version }) => version !== undefined)) pbf.writeMessage(5, writeDenseInfo, nodes)
  pbf.writePackedSVarint(8, deltas(nodes.map(({ lat }) => scale.lat(lat))))
  pbf.writePackedSVarint(9, deltas(nodes.map(({ lon }) => scale.lon(lon))))
}

function writeDenseInfo(nodes: MadeNode[], pbf: PbfWriter): void {
  pbf.writePackedVarint(
    1,
    nodes.map(({ version }) => version ?? 0),
  )
  if (nodes.some(({ visible }) => visible !== undefined))
    pbf.writePackedBoolean(
      6,
      nodes.map(({ visible }) => visible ?? true),
    )
}

function writeWay(
  { way, scale, numberOf }: { way: MadeWay; scale: Scale; numberOf: (text: string) => number },
  pbf: PbfWriter,
): void {
  const tags = Object.entries(way.tags ?? { highway: 'residential' })
  pbf.writeVarintField(1, way.id)
  pbf.writePackedVarint(
    2,
    tags.map(([key]) => numberOf(key)),
  )
  pbf.writePackedVarint(
    3,
    tags.map(([, value]) => numberOf(value)),
  )
  if (way.version !== undefined) pbf.writeMessage(4, writeInfo, way)
  pbf.writePackedSVarint(8, deltas(way.refs))
  if (!way.locations) return
  pbf.writePackedSVarint(9, deltas(way.locations.map(([, lat]) => scale.lat(lat))))
  pbf.writePackedSVarint(10, deltas(way.locations.map(([lon]) => scale.lon(lon))))
}

export function deltas(values: number[]): number[] {
  return values.map((value, i) => value - (values[i - 1] ?? 0))
}
