/** OpenStreetMap data comes in, the bytes of an .osm.pbf file leave: dense nodes, zlib blobs. */
import { deflateSync } from 'node:zlib'
import { PbfWriter } from 'pbf'
import type { OsmMap, OsmNode, OsmWay } from './osm.ts'

/** Elements per block, so that even a small town has several. */
const BLOCK_NODES = 8000
const BLOCK_WAYS = 400

/** Writes the file: header with bounding box, blocks of nodes, blocks of ways, all sorted by id. */
export function encodeOsmPbf(map: OsmMap): Uint8Array {
  const blobs = [blob('OSMHeader', encodeHeader(map))]
  for (let start = 0; start < map.nodes.length; start += BLOCK_NODES) {
    blobs.push(blob('OSMData', encodeNodes(map.nodes.slice(start, start + BLOCK_NODES))))
  }
  for (let start = 0; start < map.ways.length; start += BLOCK_WAYS) {
    blobs.push(blob('OSMData', encodeWays(map.ways.slice(start, start + BLOCK_WAYS))))
  }
  return Buffer.concat(blobs)
}

function blob(type: 'OSMHeader' | 'OSMData', block: Uint8Array): Buffer {
  const body = new PbfWriter()
  body.writeVarintField(2, block.length)
  body.writeBytesField(3, deflateSync(block))
  const data = body.finish()
  const head = new PbfWriter()
  head.writeStringField(1, type)
  head.writeVarintField(3, data.length)
  const header = head.finish()
  const length = Buffer.alloc(4)
  length.writeUInt32BE(header.length)
  return Buffer.concat([length, header, data])
}

function encodeHeader({ bbox: [west, south, east, north] }: OsmMap): Uint8Array {
  const writer = new PbfWriter()
  const edges = [west, east, north, south].map((degrees) => Math.round(degrees * 1e9))
  const writeEdges = (_: null, box: PbfWriter): void => {
    edges.forEach((nanodegrees, index) => {
      box.writeSVarintField(index + 1, nanodegrees)
    })
  }
  writer.writeMessage(1, writeEdges, null)
  writer.writeStringField(4, 'OsmSchema-V0.6')
  writer.writeStringField(4, 'DenseNodes')
  writer.writeStringField(5, 'Sort.Type_then_ID')
  writer.writeStringField(16, 'Whereabouts sample town (synthetic)')
  writer.writeStringField(17, 'synthetic')
  return writer.finish()
}

function encodeNodes(nodes: readonly OsmNode[]): Uint8Array {
  return encodeBlock([''], (group) => {
    const writeDense = (_: null, dense: PbfWriter): void => {
      dense.writePackedSVarint(1, deltas(nodes.map(({ id }) => id)))
      dense.writePackedSVarint(8, deltas(nodes.map(({ lat }) => lat)))
      dense.writePackedSVarint(9, deltas(nodes.map(({ lon }) => lon)))
    }
    group.writeMessage(2, writeDense, null)
  })
}

function encodeWays(ways: readonly OsmWay[]): Uint8Array {
  const words = [...new Set(['', ...ways.flatMap(({ tags }) => Object.entries(tags).flat())])]
  const indexes = new Map(words.map((word, index) => [word, index]))
  const toIndexes = (list: readonly string[]): number[] =>
    list.map((word) => indexes.get(word) ?? 0)
  return encodeBlock(words, (group) => {
    const writeWay = ({ id, refs, tags }: OsmWay, writer: PbfWriter): void => {
      writer.writeVarintField(1, id)
      writer.writePackedVarint(2, toIndexes(Object.keys(tags)))
      writer.writePackedVarint(3, toIndexes(Object.values(tags)))
      writer.writePackedSVarint(8, deltas(refs))
    }
    for (const way of ways) group.writeMessage(3, writeWay, way)
  })
}

function encodeBlock(words: readonly string[], fill: (group: PbfWriter) => void): Uint8Array {
  const writer = new PbfWriter()
  const writeWords = (list: readonly string[], table: PbfWriter): void => {
    for (const word of list) table.writeBytesField(1, Buffer.from(word))
  }
  writer.writeMessage(1, writeWords, words)
  writer.writeMessage(2, (_: null, group: PbfWriter) => fill(group), null)
  return writer.finish()
}

function deltas(values: readonly number[]): number[] {
  return values.map((value, index) => value - (values[index - 1] ?? 0))
}
