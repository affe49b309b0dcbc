/** PMTiles version 3 → tiles; directories and decompression are the pmtiles package's. */
import {
  PMTiles,
  ResolvedValueCache,
  tileIdToZxy,
  TileType,
  type Header,
  type RangeResponse,
  type Source,
} from 'pmtiles'
import { WhereaboutsError } from '../errors.ts'
import type { RangeReader } from './range-reader.ts'
import { archiveError, plainText, type TileArchive } from './tile-archive.ts'
import { tileName, type TileAddress } from './tile-reader.ts'

/** Directories kept decoded, some 4,000 tiles each. */
const DIRECTORIES_MAX = 500

/**
 * Opens an archive of raster tiles.
 * @param reader  closed together with the archive, also when it cannot be used
 * @throws {InputError} `archive-unreadable`, `archive-damaged`, `archive-vector`
 */
export async function openPmtiles(reader: RangeReader): Promise<TileArchive> {
  const signal = new AbortController().signal
  try {
    // The other cache of the package would keep a failed request for ever.
    const archive = new PMTiles(new ReaderSource(reader), new ResolvedValueCache(DIRECTORIES_MAX))
    const header = await readHeader(archive, reader)
    checkTiles(header, reader.name)
    const end = header.tileDataOffset + (header.tileDataLength ?? 0)
    const size = await reader.size(signal)
    if (end > size) throw damaged(reader.name, `${String(size)} of ${String(end)} bytes`)
    return new PmtilesArchive({ reader, archive, header, metadata: await readMetadata(archive) })
  } catch (error) {
    await reader.close()
    throw error
  }
}

async function readHeader(archive: PMTiles, { name }: RangeReader): Promise<Header> {
  const header = await archive.getHeader().catch((cause: unknown) => {
    if (cause instanceof WhereaboutsError) throw cause
    throw archiveError('archive-unreadable', `other bytes: ${name}`, cause)
  })
  if (header.specVersion === 3) return header
  const version = `PMTiles version ${String(header.specVersion)} (3 is read): ${name}`
  throw archiveError('archive-unreadable', version)
}

function checkTiles({ tileType }: Header, name: string): void {
  if (tileType === TileType.Mvt || tileType === TileType.Mlt) {
    throw archiveError('archive-vector', `vector tiles: ${name}`)
  }
  if (![TileType.Png, TileType.Jpeg, TileType.Webp, TileType.Avif].includes(tileType)) {
    throw archiveError('archive-unreadable', `tiles of unknown type ${String(tileType)}: ${name}`)
  }
}

/** What the archive says of itself; one that says nothing readable is still an archive. */
async function readMetadata(archive: PMTiles): Promise<Readonly<Record<string, unknown>>> {
  try {
    const metadata: unknown = await archive.getMetadata()
    return typeof metadata === 'object' && metadata !== null ? { ...metadata } : {}
  } catch (error) {
    if (error instanceof WhereaboutsError) throw error
    return {}
  }
}

interface Opened {
  readonly reader: RangeReader
  readonly archive: PMTiles
  readonly header: Header
  readonly metadata: Readonly<Record<string, unknown>>
}

class PmtilesArchive implements TileArchive {
  readonly minZoom: number
  readonly maxZoom: number
  readonly attribution: string | null
  readonly bbox: TileArchive['bbox']
  readonly #reader: RangeReader
  readonly #archive: PMTiles
  readonly #header: Header

  constructor({ reader, archive, header, metadata }: Opened) {
    this.minZoom = header.minZoom
    this.maxZoom = header.maxZoom
    this.attribution = plainText(metadata['attribution'])
    const { minLon, minLat, maxLon, maxLat } = header
    this.bbox = minLon < maxLon && minLat < maxLat ? [minLon, minLat, maxLon, maxLat] : null
    this.#reader = reader
    this.#archive = archive
    this.#header = header
  }

  get etag(): string | null {
    return this.#reader.etag
  }

  async findTile(): Promise<TileAddress> {
    const { rootDirectoryOffset, rootDirectoryLength } = this.#header
    const { cache, source } = this.#archive
    const position = [rootDirectoryOffset, rootDirectoryLength] as const
    const [first] = await cache.getDirectory(source, ...position, this.#header)
    if (first === undefined) throw damaged(this.#reader.name, 'no tiles')
    const [z, x, y] = tileIdToZxy(first.tileId)
    return { z, x, y }
  }

  async readTile(address: TileAddress, signal: AbortSignal): Promise<Uint8Array | null> {
    const { z, x, y } = address
    try {
      const tile = await this.#archive.getZxy(z, x, y, signal)
      return tile === undefined ? null : new Uint8Array(tile.data)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof WhereaboutsError) throw error
      throw damaged(this.#reader.name, `a bad directory for tile ${tileName(address)}`, error)
    }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}

function damaged(name: string, problem: string, cause?: unknown): Error {
  return archiveError('archive-damaged', `${problem}: ${name}`, cause)
}

/** The package's view of a file. */
class ReaderSource implements Source {
  readonly #reader: RangeReader

  constructor(reader: RangeReader) {
    this.#reader = reader
  }

  getKey(): string {
    return this.#reader.name
  }

  async getBytes(offset: number, length: number, signal?: AbortSignal): Promise<RangeResponse> {
    const bytes = await this.#reader.read(offset, length, signal ?? new AbortController().signal)
    return { data: toArrayBuffer(bytes) }
  }
}

function toArrayBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
}
