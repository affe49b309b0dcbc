/**
 * Makes a large extract out of a small one: its blocks again and again with shifted ids, sorted
 * like a real one.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { PbfReader, PbfWriter } from 'pbf'
import { indexBlobs } from '../../src/roads/blob-index.ts'
import { unpackBlob } from '../../src/roads/pbf-blob.ts'
import { openBlock } from '../../src/roads/pbf-block.ts'

/** Above every id of the extracts in use. */
const SHIFT = 20_000_000_000
const WIRE_BYTES = 2

/** Writes `target` with as many copies of `source` as reach `bytesMin`. */
export function repeatExtract(source: string, target: string, bytesMin: number): void {
  const bytes = readFileSync(source)
  const { blobs } = indexBlobs(source)
  const first = blobs[0]
  if (!first) throw new Error(`Expected blobs in ${source}, got none`)
  const copies = Math.ceil(bytesMin / bytes.length) + 1
  const blocks = blobs.map(({ offset, size }) => unpackBlob(bytes.subarray(offset, offset + size)))
  const isNodes = blocks.map((block) => openBlock(block).ways.length === 0)
  const lastNodes = isNodes.lastIndexOf(true, isNodes.indexOf(false))
  const file = openSync(target, 'w')
  writeSync(file, bytes.subarray(0, headerEnd(bytes)))
  for (const part of [blocks.slice(0, lastNodes + 1), blocks.slice(lastNodes + 1)])
    for (let copy = 0; copy < copies; copy++)
      for (const block of part) writeSync(file, makeBlob(shiftBlock(block, copy * SHIFT)))
  closeSync(file)
}

/** The header blob is copied as it stands. */
function headerEnd(bytes: Buffer): number {
  const size = bytes.readUInt32BE(0)
  const pbf = new PbfReader(bytes.subarray(4, 4 + size))
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField())
    if (field === 3) return 4 + size + pbf.readVarint()
  throw new Error('Expected a data size in the first blob header, got none')
}

function makeBlob(block: Uint8Array): Uint8Array {
  const blob = new PbfWriter()
  blob.writeVarintField(2, block.length)
  blob.writeBytesField(3, deflateSync(block))
  const blobBytes = blob.finish()
  const header = new PbfWriter()
  header.writeStringField(1, 'OSMData')
  header.writeVarintField(3, blobBytes.length)
  const headerBytes = header.finish()
  const length = Buffer.alloc(4)
  length.writeUInt32BE(headerBytes.length)
  return Buffer.concat([length, headerBytes, blobBytes])
}

type Rewrite = (field: number, value: Uint8Array, out: PbfWriter) => boolean

function shiftBlock(block: Uint8Array, shift: number): Uint8Array {
  return rewrite(block, (field, group, out) => {
    if (field !== 2) return false
    out.writeBytesField(
      2,
      rewrite(group, (kind, item, to) => shiftItem({ kind, item, to }, shift)),
    )
    return true
  })
}

interface Item {
  readonly kind: number
  readonly item: Uint8Array
  readonly to: PbfWriter
}

/**
 * Dense nodes keep their ids in list 1, ways and relations in number 1; ways refer to nodes in list
 * 8.
 */
function shiftItem({ kind, item, to }: Item, shift: number): boolean {
  if (kind !== 2 && kind !== 3) return false
  const list = kind === 2 ? 1 : 8
  to.writeBytesField(
    kind,
    rewrite(
      item,
      (field, value, out) => {
        if (field !== list) return false
        out.writeBytesField(list, shiftList(value, shift))
        return true
      },
      kind === 3 ? shift : 0,
    ),
  )
  return true
}

/** The first number of a delta-coded list carries the shift for all. */
function shiftList(list: Uint8Array, shift: number): Uint8Array {
  const pbf = new PbfReader(list)
  const out = new PbfWriter()
  out.writeSVarint(pbf.readSVarint() + shift)
  return Buffer.concat([out.finish(), list.subarray(pbf.pos)])
}

/**
 * Copies a message; `change` may write a field of bytes itself, and the id in number 1 grows by
 * `idShift`.
 */
function rewrite(message: Uint8Array, change: Rewrite, idShift = 0): Uint8Array {
  const pbf = new PbfReader(message)
  const out = new PbfWriter()
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField()) {
    if (pbf.type !== WIRE_BYTES) {
      const value = pbf.readVarint(true)
      out.writeVarintField(field, field === 1 ? value + idShift : value)
      continue
    }
    const value = pbf.readBytes()
    if (!change(field, value, out)) out.writeBytesField(field, value)
  }
  return out.finish()
}
