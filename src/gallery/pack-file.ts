/**
 * A pack on disk: GeoParquet, written beside its place and renamed when it is whole, and sealed:
 * its metadata holds the SHA-256 of the whole file, taken with zeros where the digest stands.
 * @io disk
 */
import { createHash, randomUUID, type Hash } from 'node:crypto'
import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parquetMetadataAsync, parquetRead, type AsyncBuffer, type FileMetaData } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { InputError } from '../errors.ts'
import type { Bbox } from '../types.ts'
import {
  packSchema,
  readColumns,
  toColumns,
  toRows,
  type PackColumns,
  type PackRow,
} from './pack-columns.ts'
import { geoMetadata, MANIFEST_KEY, parseManifest, type PackManifest } from './pack-manifest.ts'
import { writeAll, type Write } from './write-all.ts'

const SEAL_KEY = 'whereabouts-seal'
const SEAL_MARK = 'sha256='
const NO_SEAL = '0'.repeat(64)
const MAGIC = 'PAR1'
/** Behind the footer: its length and the magic. */
const TAIL_BYTES = 8
/** A footer of ten million rows takes about 2 MB. */
const FOOTER_MAX_BYTES = 256 * 1024 * 1024
const READ_BYTES = 4 * 1024 * 1024
/** Rows per row group: about 4 MB in the file, 400 MB in memory while it is encoded. */
const GROUP_ROWS = 4096

/** A pack that is being written. */
export interface PackWriter {
  /** Appends rows, however many: as row groups of 4096 rows at most. */
  write(rows: readonly PackRow[]): Promise<void>
  /** Seals the file and puts it in its place; @returns its size in bytes */
  finish(manifest: PackManifest, bbox: Bbox | null): Promise<number>
  /** Leaves nothing behind; without effect after `finish`. */
  discard(): Promise<void>
}

/**
 * Begins a pack; what stands at `path` stays until the new file is whole. Only a file is replaced:
 * no folder, no device, no link, whose file it is instead.
 * @throws {InputError} `file-unwritable`
 */
export async function createPack(path: string): Promise<PackWriter> {
  const found = await stat(path).catch(() => null)
  if (found?.isFile() === false) throw unwritable(path, new Error('it is no file'))
  const place = await realpath(path).catch(() => path)
  // Not the file's name and more: that may be as long as a name can be.
  const draft = join(dirname(place), `whereabouts-${randomUUID().slice(0, 8)}.part`)
  const handle = await open(draft, 'wx').catch((cause: unknown) => {
    throw unwritable(path, cause)
  })
  const bytes = new HashedWriter(handle)
  const parquet = new ParquetWriter({ writer: bytes, schema: packSchema, createdBy: 'whereabouts' })
  const orUnwritable = (cause: unknown) => {
    throw unwritable(path, cause)
  }
  const discard = async () => {
    await handle.close().catch(() => undefined)
    await rm(draft, { force: true })
  }
  const finish = async (manifest: PackManifest, bbox: Bbox | null) => {
    parquet.kvMetadata = [
      { key: 'geo', value: geoMetadata(bbox) },
      { key: MANIFEST_KEY, value: JSON.stringify(manifest) },
      { key: SEAL_KEY, value: SEAL_MARK + NO_SEAL },
    ]
    await parquet.finish()
    await bytes.flush()
    await bytes.seal()
    await handle.sync()
    await handle.close()
    await rename(draft, place)
    return bytes.offset
  }
  return {
    write: async (rows) => {
      for (let from = 0; from < rows.length; from += GROUP_ROWS) {
        const columnData = toColumns(rows.slice(from, from + GROUP_ROWS))
        await Promise.resolve(parquet.write({ columnData, rowGroupSize: GROUP_ROWS })).catch(
          orUnwritable,
        )
      }
    },
    finish: (manifest, bbox) => finish(manifest, bbox).catch(orUnwritable),
    discard,
  }
}

/** Takes a row group in memory, then hands it to the file and to the digest. */
class HashedWriter extends ByteWriter {
  readonly #write: Write
  readonly #hash: Hash = createHash('sha256')
  #last = Buffer.alloc(0)

  constructor(handle: FileHandle) {
    super()
    this.#write = async (bytes, position) =>
      (await handle.write(bytes, 0, bytes.length, position)).bytesWritten
  }

  async flush(): Promise<void> {
    this.#last = Buffer.from(this.getBytes())
    this.index = 0
    this.#hash.update(this.#last)
    await writeAll(this.#last, this.offset - this.#last.length, this.#write)
  }

  /** Puts the digest of all that was written where its zeros stand in the footer. */
  async seal(): Promise<void> {
    const at = sealOffset(this.#last)
    if (at === null) throw new Error('Expected a place for the seal in the footer, got none')
    const digest = Buffer.from(this.#hash.digest('hex'))
    await writeAll(digest, this.offset - this.#last.length + at, this.#write)
  }
}

/** Where the digest stands in the bytes of a footer. */
function sealOffset(footer: Buffer): number | null {
  const key = footer.lastIndexOf(SEAL_KEY)
  const mark = key < 0 ? -1 : footer.indexOf(SEAL_MARK, key)
  const at = mark + SEAL_MARK.length
  return mark < 0 || at + NO_SEAL.length > footer.length ? null : at
}

/** A pack whose seal is intact. */
export interface PackReader {
  readonly manifest: PackManifest
  /** Embeddings, and points without one. */
  readonly rowCount: number
  /** The rows, one row group at a time. */
  rows(): AsyncGenerator<readonly PackRow[]>
  close(): Promise<void>
}

/** How the checking of the seal is followed. */
export interface OpenPackOptions {
  readonly signal: AbortSignal
  readonly onVerify?: (bytesDone: number, bytesTotal: number) => void
}

/**
 * Opens a pack after it has read and checked every byte of it.
 * @throws {InputError} `file-unreadable`, `pack-foreign`, `pack-damaged`, `pack-version`
 */
export async function openPack(path: string, options: OpenPackOptions): Promise<PackReader> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new InputError('file-unreadable', `Expected a readable file, got "${path}"`, {
      hint: 'check the path and the permissions',
      cause,
    })
  })
  try {
    await verifySeal(handle, path, options)
    const file = await bufferOf(handle)
    const metadata = await parquetMetadataAsync(file, { geoparquet: false })
    const text = metadata.key_value_metadata?.find(({ key }) => key === MANIFEST_KEY)?.value
    return {
      manifest: parseManifest(text ?? '{}'),
      rowCount: Number(metadata.num_rows),
      rows: () => readRows(file, metadata),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function verifySeal(
  handle: FileHandle,
  path: string,
  { signal, onVerify }: OpenPackOptions,
): Promise<void> {
  const stats = await handle.stat()
  if (stats.isDirectory()) throw foreign(path, 'a folder')
  const { size } = stats
  const start = (await readAt(handle, 0, MAGIC.length)).toString('latin1')
  if (!MAGIC.startsWith(start)) throw foreign(path, 'a file of another format')
  const footer = await readFooter(handle, size)
  if (footer === null) throw damaged(path, 'a file without an end')
  const at = sealOffset(footer)
  if (at === null) throw foreign(path, 'another Parquet file')
  const sealAt = size - footer.length + at
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(READ_BYTES)
  for (let offset = 0; offset < size;) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, offset)
    if (bytesRead === 0) throw damaged(path, 'a file that became shorter')
    const chunk = buffer.subarray(0, bytesRead)
    blank(chunk, sealAt - offset)
    hash.update(chunk)
    offset += bytesRead
    onVerify?.(offset, size)
  }
  const digest = footer.toString('latin1', at, at + NO_SEAL.length)
  if (hash.digest('hex') !== digest) throw damaged(path, 'other bytes than were written')
}

/** Zeros in place of the digest, as far as it lies in the chunk. */
function blank(chunk: Buffer, at: number): void {
  const from = Math.max(0, at)
  const to = Math.min(chunk.length, at + NO_SEAL.length)
  if (from < to) chunk.fill(NO_SEAL[0] ?? '0', from, to)
}

/** The footer with the tail; null when the file does not end like Parquet. */
async function readFooter(handle: FileHandle, size: number): Promise<Buffer | null> {
  if (size < 2 * TAIL_BYTES) return null
  const tail = await readAt(handle, size - TAIL_BYTES, TAIL_BYTES)
  const length = tail.readUInt32LE(0) + TAIL_BYTES
  if (tail.toString('latin1', 4) !== MAGIC || length > Math.min(size, FOOTER_MAX_BYTES)) return null
  return readAt(handle, size - length, length)
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await handle.read(buffer, 0, length, offset)
  return buffer.subarray(0, bytesRead)
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat()
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = await readAt(handle, start, end - start)
      return bytes.buffer.slice(
        bytes.byteOffset,
        bytes.byteOffset + bytes.byteLength,
      ) as ArrayBuffer
    },
  }
}

async function* readRows(
  file: AsyncBuffer,
  metadata: FileMetaData,
): AsyncGenerator<readonly PackRow[]> {
  let rowStart = 0
  let last: PackRow | undefined
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows)
    const columns: Record<string, ArrayLike<unknown>> = {}
    const onChunk = (chunk: { columnName: string; columnData: ArrayLike<unknown> }) => {
      columns[chunk.columnName] = chunk.columnData
    }
    const range = { rowStart, rowEnd: rowStart + count, columns: readColumns }
    await parquetRead({ file, metadata, ...range, onChunk, geoparquet: false, rowFormat: 'object' })
    const rows = toRows(columns satisfies PackColumns, count, last)
    yield rows
    last = rows.at(-1)
    rowStart += count
  }
}

function foreign(path: string, got: string): InputError {
  return new InputError('pack-foreign', `Expected a region pack in "${path}", got ${got}`, {
    hint: 'packs are written by `whereabouts region export`; a pack that another program has rewritten is none',
  })
}

function damaged(path: string, got: string): InputError {
  return new InputError('pack-damaged', `Expected a whole region pack in "${path}", got ${got}`, {
    hint: 'copy or download the file again',
  })
}

function unwritable(path: string, cause: unknown): InputError {
  const reason = cause instanceof Error ? cause.message : 'unknown error'
  return new InputError('file-unwritable', `Writing "${path}" failed: ${reason}`, {
    hint: 'check that its folder exists, the permissions, and that the disk is not full',
    cause,
  })
}
