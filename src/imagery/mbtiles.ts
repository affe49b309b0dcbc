/**
 * MBTiles (tiles in SQLite, rows counted from the south) → tiles; the database is the
 * node-sqlite3-wasm package's.
 * @io disk native
 */
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sqlite, { type Database } from 'node-sqlite3-wasm'
import type { Bbox } from '../types.ts'
import { archiveError, plainText, type TileArchive } from './tile-archive.ts'
import { tileName, type TileAddress } from './tile-reader.ts'

const RASTER_FORMATS = ['png', 'jpg', 'jpeg', 'webp', 'avif']
const TILE_QUERY =
  'select tile_data as data from tiles where zoom_level = ? and tile_column = ? and tile_row = ?'

/**
 * Opens an archive of raster tiles, for reading only.
 * @param path  absolute
 * @throws {InputError} `archive-unreadable`, `archive-damaged`, `archive-vector`
 */
export function openMbtiles(path: string): TileArchive {
  if (!existsSync(path)) throw archiveError('archive-unreadable', `no file: ${path}`)
  const folder = mkdtempSync(join(tmpdir(), 'whereabouts-mbtiles-'))
  try {
    return new MbtilesArchive(openDatabase(path, folder), { path, folder })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/**
 * The package locks with a folder beside the file: that fails in read-only folders, makes readers
 * wait for each other, and outlives a killed process. A link in a folder of our own keeps the lock
 * there.
 */
function openDatabase(path: string, folder: string): Database {
  const link = join(folder, 'archive')
  symlinkSync(path, link)
  try {
    return new sqlite.Database(link, { readOnly: true, fileMustExist: true })
  } catch (cause) {
    throw archiveError('archive-unreadable', `a file that SQLite cannot open: ${path}`, cause)
  }
}

class MbtilesArchive implements TileArchive {
  readonly minZoom: number
  readonly maxZoom: number
  readonly attribution: string | null
  readonly bbox: Bbox | null
  readonly etag = null
  readonly #database: Database
  readonly #path: string
  readonly #folder: string

  constructor(database: Database, { path, folder }: { path: string; folder: string }) {
    this.#database = database
    this.#path = path
    this.#folder = folder
    try {
      const metadata = readMetadata(database)
      checkFormat(metadata, path)
      const [least, most] = readZooms(database)
      this.minZoom = least
      this.maxZoom = most
      this.attribution = plainText(metadata.get('attribution')) ?? plainText(metadata.get('name'))
      this.bbox = parseBounds(metadata.get('bounds'))
    } catch (error) {
      database.close()
      throw error instanceof sqlite.SQLite3Error
        ? archiveError('archive-unreadable', `a file without the tables of MBTiles: ${path}`, error)
        : error
    }
  }

  async findTile(): Promise<TileAddress> {
    const query = 'select tile_column as x, tile_row as row from tiles where zoom_level = ? limit 1'
    const { x, row } = this.#database.get(query, this.maxZoom) as { x: number; row: number }
    return { z: this.maxZoom, x, y: 2 ** this.maxZoom - 1 - row }
  }

  async readTile(address: TileAddress, signal: AbortSignal): Promise<Uint8Array | null> {
    const { z, x, y } = address
    signal.throwIfAborted()
    try {
      const row = this.#database.get(TILE_QUERY, [z, x, 2 ** z - 1 - y])
      return (row?.['data'] as Uint8Array | null | undefined) ?? null
    } catch (cause) {
      const tile = tileName(address)
      throw archiveError('archive-damaged', `a bad page for tile ${tile}: ${this.#path}`, cause)
    }
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return
    this.#database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function readMetadata(database: Database): Map<string, string> {
  const rows = database.all('select name, value from metadata') as Record<string, unknown>[]
  return new Map(rows.map(({ name, value }) => [String(name), String(value)]))
}

/** The format is stated since version 1.1; before, tiles say themselves what they are. */
function checkFormat(metadata: ReadonlyMap<string, string>, path: string): void {
  const format = metadata.get('format')
  if (format === 'pbf' || format === 'mvt') {
    throw archiveError('archive-vector', `vector tiles: ${path}`)
  }
  if (format !== undefined && !RASTER_FORMATS.includes(format)) {
    throw archiveError('archive-unreadable', `tiles of format "${format}": ${path}`)
  }
}

/**
 * From the tiles, not the metadata: those are optional and often wrong. The index answers at once.
 */
function readZooms(database: Database): [least: number, most: number] {
  const query = 'select min(zoom_level) as least, max(zoom_level) as most from tiles'
  const { least, most } = database.get(query) as Record<string, unknown>
  if (typeof least !== 'number' || typeof most !== 'number') {
    throw archiveError('archive-unreadable', 'an MBTiles file without tiles')
  }
  return [least, most]
}

function parseBounds(text: string | undefined): Bbox | null {
  const numbers = (text ?? '').split(',').map(Number)
  const [west = NaN, south = NaN, east = NaN, north = NaN] = numbers
  return numbers.length === 4 && west < east && south < north ? [west, south, east, north] : null
}
