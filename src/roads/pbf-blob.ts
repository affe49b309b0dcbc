/** From the bytes of a `Blob` message to the block inside, whatever it was compressed with. */
import { createRequire } from 'node:module'
import { inflateSync } from 'node:zlib'
import type { decompress } from 'fzstd'
import { PbfReader } from 'pbf'
import { ExtractFaultError } from './pbf-errors.ts'

/** Limits of the format: a larger header or block is a damaged file. */
export const HEADER_BYTES_MAX = 64 * 1024
export const BLOCK_BYTES_MAX = 32 * 1024 * 1024

interface Lz4Js {
  readonly decompressBlock: (
    source: Uint8Array,
    target: Uint8Array,
    ...range: [sourceStart: number, sourceLength: number, targetStart: number]
  ) => number
}

/** Loaded when met: nearly all extracts are zlib, and threads start sooner without the others. */
const load = createRequire(import.meta.url)

interface Fzstd {
  readonly decompress: typeof decompress
}

type Compression = 'raw' | 'zlib' | 'lzma' | 'bzip2' | 'lz4' | 'zstd'
const COMPRESSION_BY_FIELD: Readonly<Record<number, Compression>> = {
  1: 'raw',
  3: 'zlib',
  4: 'lzma',
  5: 'bzip2',
  6: 'lz4',
  7: 'zstd',
}

/**
 * Unpacks a blob.
 * @throws {ExtractFaultError} `extract-compression` for lzma, bzip2 or an unknown one;
 *   `extract-corrupt`
 */
export function unpackBlob(bytes: Uint8Array): Uint8Array {
  const pbf = new PbfReader(bytes)
  let rawSize = 0
  let packed: { readonly compression: Compression; readonly data: Uint8Array } | undefined
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField()) {
    const compression = COMPRESSION_BY_FIELD[field]
    if (field === 2) rawSize = pbf.readVarint()
    else if (compression) packed = { compression, data: pbf.readBytes() }
    else throw unsupported(`field ${field}`)
  }
  if (!packed || pbf.pos !== bytes.length) throw corrupt('a complete blob', 'a cut one')
  if (packed.compression === 'raw') return packed.data
  if (rawSize > BLOCK_BYTES_MAX)
    throw corrupt(`at most ${BLOCK_BYTES_MAX} bytes in a blob`, String(rawSize))
  const block = decompressAs(packed.compression, packed.data, rawSize)
  if (block.length !== rawSize)
    throw corrupt(`${rawSize} bytes in a blob`, `${block.length} after ${packed.compression}`)
  return block
}

function decompressAs(compression: Compression, data: Uint8Array, rawSize: number): Uint8Array {
  switch (compression) {
    case 'zlib':
      // The exact chunk size spares a copy: 1.3 × on whole extracts.
      return inflateSync(data, { chunkSize: Math.max(64, rawSize), maxOutputLength: rawSize || 1 })
    case 'lz4': {
      const block = new Uint8Array(rawSize)
      return block.subarray(
        0,
        (load('lz4js') as Lz4Js).decompressBlock(data, block, 0, data.length, 0),
      )
    }
    case 'zstd':
      return (load('fzstd') as Fzstd).decompress(data, new Uint8Array(rawSize))
    default:
      throw unsupported(compression)
  }
}

function unsupported(compression: string): ExtractFaultError {
  return new ExtractFaultError(
    'extract-compression',
    `Expected raw, zlib, lz4 or zstd compression, got ${compression}`,
    'Rewrite it with "osmium cat EXTRACT -o zlib.osm.pbf", which writes zlib.',
  )
}

function corrupt(expected: string, got: string): ExtractFaultError {
  return new ExtractFaultError('extract-corrupt', `Expected ${expected}, got ${got}`)
}
