/**
 * Imagery in an archive of map tiles.
 * @io disk network native
 */
import { basename, resolve } from 'node:path'
import sharp from 'sharp'
import { BadDataError, InputError } from '../errors.ts'
import { ByteCache } from './byte-cache.ts'
import type { ImageryDeps } from './deps.ts'
import { HttpClient } from './http-client.ts'
import { openHttpReader } from './http-range.ts'
import type { ArchiveConfig, MbtilesConfig, PmtilesConfig } from './kinds/archives.ts'
import { openMbtiles } from './mbtiles.ts'
import { openPmtiles } from './pmtiles.ts'
import { openFileReader, openWhileWanted, type RangeReader } from './range-reader.ts'
import type { ImagerySource } from './source.ts'
import type { TileArchive } from './tile-archive.ts'
import { TilePyramid } from './tile-pyramid.ts'
import { tileName, type EncodedTile, type TileAddress, type TileReader } from './tile-reader.ts'

const BLOCK_BYTES_MAX = 64 * 2 ** 20

/**
 * Opens tiles in SQLite.
 * @throws {InputError} `archive-unreadable`, `archive-damaged`, `archive-vector`
 */
export async function createMbtilesSource(
  config: MbtilesConfig,
  { baseDir }: Pick<ImageryDeps, 'baseDir'>,
): Promise<ImagerySource> {
  return createArchiveSource(config, openMbtiles(resolve(baseDir, config.file)), config.file)
}

/**
 * Opens PMTiles on disk or behind HTTP.
 * @throws {InputError} `archive-unreadable`, `archive-damaged`, `archive-vector`, `file-unreadable`
 * @throws {UpstreamError} when the server does not answer
 */
export async function createPmtilesSource(
  config: PmtilesConfig,
  deps: Pick<ImageryDeps, 'baseDir' | 'secrets' | 'hosts' | 'signal'>,
): Promise<ImagerySource> {
  const { file, url = '' } = config
  const reader =
    file === undefined
      ? openRemote(url, config, deps)
      : await openFileReader(resolve(deps.baseDir, file), file)
  return openWhileWanted(reader, deps.signal, async () =>
    createArchiveSource(config, await openPmtiles(reader), reader.name),
  )
}

function openRemote(
  url: string,
  config: PmtilesConfig,
  deps: Pick<ImageryDeps, 'secrets' | 'hosts'>,
): RangeReader {
  const http = new HttpClient(config, deps)
  const reader = openHttpReader(url, { http, blocks: new ByteCache(BLOCK_BYTES_MAX) })
  const close = async (): Promise<void> => {
    await reader.close()
    http.close()
  }
  return {
    name: reader.name,
    get etag() {
      return reader.etag
    },
    get isOutdated() {
      return reader.isOutdated
    },
    read: (offset, length, signal) => reader.read(offset, length, signal),
    size: (signal) => reader.size(signal),
    close,
  }
}

async function createArchiveSource(
  config: ArchiveConfig,
  archive: TileArchive,
  name: string,
): Promise<ImagerySource> {
  try {
    const { minZoom, maxZoom, attribution, bbox } = archive
    const pyramid = {
      ...config,
      minZoom,
      maxZoom: Math.min(config.maxZoom ?? maxZoom, maxZoom),
      tileSizePx: config.tileSizePx ?? (await measureTile(archive, name)),
      attribution: config.attribution ?? attribution ?? basename(name),
      ...(bbox && { bbox }),
    }
    return new TilePyramid(pyramid, new ArchiveReader(archive, name, hostOf(config)))
  } catch (error) {
    await archive.close()
    throw error
  }
}

function hostOf(config: ArchiveConfig): string | null {
  return 'url' in config && config.url !== undefined ? new URL(config.url).host : null
}

/** The side of a tile, px; archives do not state it. */
async function measureTile(archive: TileArchive, name: string): Promise<256 | 512> {
  const { signal } = new AbortController()
  const bytes = await archive.readTile(await archive.findTile(), signal)
  const tile = await sharp(bytes ?? new Uint8Array(0))
    .metadata()
    .catch(() => null)
  if (tile !== null && (tile.width === 256 || tile.width === 512)) return tile.width
  throw new InputError(
    'archive-unreadable',
    `Expected tiles of 256 or 512 px in ${name}, got ${tile === null ? 'other bytes' : `${String(tile.width)} px`}`,
    { hint: 'check the archive: its tiles have to be png, jpg or webp' },
  )
}

class ArchiveReader implements TileReader {
  readonly #archive: TileArchive
  readonly #name: string
  readonly #host: string | null

  constructor(archive: TileArchive, name: string, host: string | null) {
    this.#archive = archive
    this.#name = name
    this.#host = host
  }

  hostOf(): string | null {
    return this.#host
  }

  async readTile(address: TileAddress, signal: AbortSignal): Promise<EncodedTile> {
    const bytes = await this.#archive.readTile(address, signal)
    if (bytes !== null) return { bytes, etag: this.#archive.etag }
    const tile = tileName(address)
    throw new BadDataError('no-tile', `Expected tile ${tile} in ${this.#name}, got none`, {
      hint: 'the archive has no imagery here',
      facts: { tile },
    })
  }

  close(): Promise<void> {
    return this.#archive.close()
  }
}
