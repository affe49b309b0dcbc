/**
 * Tiles of the Web Mercator pyramid put together: one layer of pixels per zoom, decoded tiles kept
 * in memory.
 * @io native
 */
import { setMaxListeners } from 'node:events'
import { BadDataError, UpstreamError } from '../errors.ts'
import { toUnitSquare, worldSizePx } from '../geo/mercator.ts'
import type { PixelRect, PixelWindow } from '../image/resample.ts'
import type { Bbox, LonLat } from '../types.ts'
import { ByteCache } from './byte-cache.ts'
import type { Hole, PixelLayer } from './cut.ts'
import type { Piece } from './source.ts'
import type { Tile, TileDecoder } from './tile-decode.ts'
import { tileName, type TileAddress, type TileReader } from './tile-reader.ts'
import { waitFor } from './wait-for.ts'

const MEMORY_BYTES_MAX = 128 * 2 ** 20
/**
 * A tile that is no picture is read again, so often in all: it may have been cut off on its way.
 */
const READS_MAX = 3

/** What a layer fills in while it is read. */
export interface TileRecord {
  /** Tiles that were used, by name, with their ETag. */
  readonly used: Map<string, string | null>
  /** Tiles without imagery; absent: one of them ends the reading. */
  readonly holes?: Hole[]
}

/** Where a mosaic's tiles come from. */
export interface TileSupply {
  readonly reader: TileReader
  readonly decoder: TileDecoder
  readonly tileSizePx: number
  /** What the source covers, where it says so. */
  readonly bbox?: Bbox | undefined
}

/**
 * A tile, by its column and row, which may lie beyond the date line, and its rectangle in the
 * layer.
 */
interface Place {
  readonly address: TileAddress
  readonly rect: PixelRect
}

/** The tiles of one source. */
export class TileMosaic {
  readonly #supply: TileSupply
  readonly #memory = new ByteCache<Tile>(MEMORY_BYTES_MAX)
  readonly #closing = new AbortController()

  constructor(supply: TileSupply) {
    this.#supply = supply
    setMaxListeners(0, this.#closing.signal)
  }

  /** The pixels of a zoom. */
  layer(zoom: number, record: TileRecord): PixelLayer {
    const { tileSizePx, bbox } = this.#supply
    const worldPx = worldSizePx(zoom, tileSizePx)
    const toPixel = (place: LonLat): [number, number] => {
      const [x, y] = toUnitSquare(place)
      return [x * worldPx, y * worldPx]
    }
    const [west, south, east, north] = bbox ?? [-Infinity, -90, Infinity, 90]
    const [left, top] = toPixel({ lon: west, lat: north })
    const [right, bottom] = toPixel({ lon: east, lat: south })
    return {
      toPixel,
      covers: (u, v) => u >= left && u <= right && v >= top && v <= bottom,
      readPieces: (rect, signal) => this.#readPieces({ zoom, record }, rect, signal),
      ...(record.holes && { holes: record.holes }),
    }
  }

  /** Names of the tiles that a rectangle of a zoom touches. */
  namesOver(rect: PixelRect, zoom: number): string[] {
    return this.#placesOver(rect, zoom).map(({ address }) => tileName(address))
  }

  /** The same with their hosts. */
  piecesOver(rect: PixelRect, zoom: number): Piece[] {
    const { reader } = this.#supply
    return this.#placesOver(rect, zoom).map(({ address }) => ({
      name: tileName(address),
      host: reader.hostOf?.(address) ?? null,
    }))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#memory.clear()
    await this.#supply.reader.close()
  }

  async #readPieces(
    { zoom, record }: { readonly zoom: number; readonly record: TileRecord },
    rect: PixelRect,
    signal: AbortSignal,
  ): Promise<PixelWindow[]> {
    const places = this.#placesOver(rect, zoom)
    const pieces = await Promise.all(
      places.map((place) => this.#readPiece({ place, record }, signal)),
    )
    // In the order of the tiles, however long each took.
    for (const { address } of places) {
      const name = tileName(address)
      const etag = record.used.get(name)
      record.used.delete(name)
      if (etag !== undefined) record.used.set(name, etag)
    }
    return pieces.filter((piece) => piece !== null)
  }

  /** @returns `null` for a hole */
  async #readPiece(
    { place, record }: { readonly place: Place; readonly record: TileRecord },
    signal: AbortSignal,
  ): Promise<PixelWindow | null> {
    const { address, rect } = place
    try {
      const { pixels, channels, etag } = await this.#tile(address, signal)
      record.used.set(tileName(address), etag)
      return { ...rect, channels, data: pixels }
    } catch (error) {
      if (record.holes === undefined || !(error instanceof BadDataError)) throw error
      record.holes.push({ rect, reason: error.code })
      return null
    }
  }

  #placesOver(rect: PixelRect, zoom: number): Place[] {
    const side = this.#supply.tileSizePx
    const count = 2 ** zoom
    const places: Place[] = []
    for (let row = Math.floor(rect.y / side); row * side < rect.y + rect.height; row++) {
      if (row < 0 || row >= count) continue
      for (let column = Math.floor(rect.x / side); column * side < rect.x + rect.width; column++) {
        places.push({
          // Beyond the date line the world goes on with its other end.
          address: { z: zoom, x: ((column % count) + count) % count, y: row },
          rect: { x: column * side, y: row * side, width: side, height: side },
        })
      }
    }
    return places
  }

  /** The work on a tile is shared: it goes on when one of those who wait for it gives up. */
  async #tile(address: TileAddress, signal: AbortSignal): Promise<Tile> {
    signal.throwIfAborted()
    const work = this.#memory.get(tileName(address), () => this.#openTile(address))
    return waitFor(work, signal)
  }

  async #openTile(address: TileAddress): Promise<Tile> {
    const { reader, decoder } = this.#supply
    for (let read = 1; ; read++) {
      const encoded = await reader.readTile(address, this.#closing.signal)
      try {
        return await decoder.decode(encoded, tileName(address))
      } catch (cause) {
        if (cause instanceof BadDataError) throw cause
        if (reader.forget === undefined || read === READS_MAX) {
          throw unreadable(address, encoded.bytes, cause)
        }
        await reader.forget(address)
      }
    }
  }
}

function unreadable(address: TileAddress, bytes: Uint8Array, cause: unknown): UpstreamError {
  return new UpstreamError(
    'tile-unreadable',
    `Expected a picture for tile ${tileName(address)}, got ${String(bytes.length)} other bytes: ${String(cause)}`,
    { hint: "check the source's address and tileSizePx", cause },
  )
}
