/** Finds the blobs of an extract without decoding them. @io disk */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { PbfReader } from 'pbf'
import { NotFoundError } from '../errors.ts'
import { decodeHeader, type ExtractHeader } from './pbf-header.ts'
import { HEADER_BYTES_MAX, BLOCK_BYTES_MAX, unpackBlob } from './pbf-blob.ts'
import { ExtractFaultError, orFault } from './pbf-errors.ts'

/** Where a blob stands in the file, bytes. */
export interface BlobPlace {
  readonly offset: number
  readonly size: number
}

/** What the frame of an extract tells. */
export interface BlobIndex {
  readonly header: ExtractHeader
  /** Blobs of OSM data, in the order of the file. */
  readonly blobs: readonly BlobPlace[]
  readonly fileBytes: number
}

const NOT_PBF =
  'Expected an OSM extract in PBF format (.osm.pbf), as download servers for OSM data offer it'

/**
 * Opens a file for reading.
 * @throws {NotFoundError} `extract-not-found`
 */
export function openExtract(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const hint = /^https?:/.test(path)
      ? `Download it first: curl -LO ${path}`
      : 'Check the path; extracts of countries and states are offered by OSM download servers.'
    throw new NotFoundError('extract-not-found', `Expected a file for extract, got ${path}`, {
      hint,
      cause,
    })
  }
}

/** Reads `size` bytes at `offset` into a view of `buffer`, fewer at the end of the file. */
export function readAt(file: number, { offset, size }: BlobPlace, buffer: Uint8Array): Uint8Array {
  let length = 0
  while (length < size) {
    const count = readSync(file, buffer, length, size - length, offset + length)
    if (count === 0) break
    length += count
  }
  return buffer.subarray(0, length)
}

/**
 * Walks over the blob headers.
 * @throws {ExtractFaultError} `extract-not-pbf`, `extract-truncated`, `extract-corrupt`
 */
export function indexBlobs(path: string): BlobIndex {
  const file = openExtract(path)
  try {
    const stats = fstatSync(file)
    if (stats.isDirectory()) throw notPbf('a folder', 'Name a file in it.')
    return walk(file, stats.size)
  } finally {
    closeSync(file)
  }
}

function walk(file: number, fileBytes: number): BlobIndex {
  const blobs: BlobPlace[] = []
  let header: ExtractHeader | undefined
  for (let offset = 0; offset < fileBytes;) {
    const { type, blob } = readBlobHeader(file, { offset, size: fileBytes })
    if (!header && type !== 'OSMHeader') throw notPbf(`a first blob of type "${type}"`)
    if (type === 'OSMHeader' && !header)
      header = orFault(`blob at byte ${blob.offset}`, () =>
        decodeHeader(unpackBlob(readAt(file, blob, new Uint8Array(blob.size)))),
      )
    // Blobs of other types are allowed and skipped, as the format asks.
    if (type === 'OSMData') blobs.push(blob)
    offset = blob.offset + blob.size
  }
  if (!header) throw notPbf('an empty file')
  return { header, blobs, fileBytes }
}

/** @param place  where the header begins, and the size of the whole file */
function readBlobHeader(file: number, { offset, size: fileBytes }: BlobPlace) {
  const prefix = readAt(file, { offset, size: 4 }, new Uint8Array(4))
  const size = new DataView(prefix.buffer).getUint32(0)
  if (prefix.length === 4 && size > HEADER_BYTES_MAX && offset === 0)
    throw nameOther(readAt(file, { offset, size: 64 }, new Uint8Array(64)))
  if (size > HEADER_BYTES_MAX) throw corrupt(`a blob header of ${size} bytes at byte ${offset}`)
  const bytes = readAt(file, { offset: offset + 4, size }, new Uint8Array(size))
  if (prefix.length < 4 || bytes.length < size) throw truncated(fileBytes)
  const { type, dataSize } = orFault(`blob header at byte ${offset}`, () => decodeBlobHeader(bytes))
  const blob = { offset: offset + 4 + size, size: dataSize }
  if (!(dataSize <= BLOCK_BYTES_MAX)) throw corrupt(`a blob of ${dataSize} bytes at byte ${offset}`)
  if (blob.offset + blob.size > fileBytes) throw truncated(fileBytes)
  return { type, blob }
}

function decodeBlobHeader(bytes: Uint8Array): { type: string; dataSize: number } {
  const pbf = new PbfReader(bytes)
  const header = { type: '', dataSize: NaN }
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField()) {
    if (field === 1) header.type = pbf.readString()
    else if (field === 3) header.dataSize = pbf.readVarint()
  }
  return header
}

/** What else OSM data come as, and what a failed download leaves. */
const OTHERS = [
  { starts: /^(\xef\xbb\xbf)?\s*<(\?xml|osm)/, got: 'XML' },
  { starts: /^BZh/, got: 'a bz2 file' },
  { starts: /^\xff.{0,3}o5m2/s, got: 'o5m' },
]
const MAKE_PBF = 'Make a PBF of it: osmium cat IN -o OUT.osm.pbf (osmium-tool).'

function nameOther(head: Uint8Array): ExtractFaultError {
  const text = String.fromCharCode(...head)
  const other = OTHERS.find(({ starts }) => starts.test(text))
  if (other !== undefined) return notPbf(other.got, MAKE_PBF)
  if (/^\s*<(!doctype )?html/i.test(text)) return notPbf('a web page')
  if (text.startsWith('\x1f\x8b')) return notPbf('a gz file', 'Unpack it first: gunzip IN.gz.')
  return notPbf('other bytes at its beginning')
}

function notPbf(got: string, hint?: string): ExtractFaultError {
  return new ExtractFaultError('extract-not-pbf', `${NOT_PBF}, got ${got}`, hint)
}

function truncated(fileBytes: number): ExtractFaultError {
  const message = `Expected a complete file, got ${fileBytes} bytes that end within a blob`
  return new ExtractFaultError('extract-truncated', message)
}

function corrupt(got: string): ExtractFaultError {
  return new ExtractFaultError('extract-corrupt', `Expected a chain of blobs, got ${got}`)
}
