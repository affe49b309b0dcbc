/**
 * Imagery in tiles of the Web Mercator pyramid, wherever they come from: the zoom that is just finer than the patch, a
 * mosaic of its tiles, decoded ones kept in memory.
 * @io native
 */
import { setMaxListeners } from 'node:events'
import { BadDataError, UpstreamError } from '../errors.ts'
import { mercatorGsd, toUnitSquare, worldSizePx, zoomForGsd } from '../geo/mercator.ts'
import { sourceRect, type PixelRect, type PixelWindow } from '../image/resample.ts'
import type { MultiPolygon } from 'geojson'
import type { Bbox, LonLat, Patch } from '../types.ts'
import { ByteCache } from './byte-cache.ts'
import { checkFineness } from './check-fineness.ts'
import { coversPatch, cutPatch, mapPatch, type PixelLayer } from './cut.ts'
import type { PyramidFields } from './kinds/common.ts'
import { assembleWindow } from './pixel-window.ts'
import type { ImagerySource, PatchSize } from './source.ts'
import { TileDecoder, type Tile } from './tile-decode.ts'
import { tileName, type TileAddress, type TileReader } from './tile-reader.ts'
import { waitFor } from './wait-for.ts'

const MEMORY_BYTES_MAX = 128 * 2 ** 20
/** A tile that is no picture is read again, so often in all: it may have been cut off on its way. */
const READS_MAX = 3

/** What a pyramid needs to know of its source. */
export interface PyramidConfig extends PyramidFields {
  readonly kind: string
  readonly attribution: string
  readonly capturedOn?: string | undefined
  /** Coarser tiles there are none. */
  readonly minZoom?: number
  /** What the source covers, where it says so. */
  readonly bbox?: Bbox | undefined
}

/** The tiles that a patch was made from. */
type UsedTiles = { name: string; etag: string | null }[]

/** A source of tiles. */
export class TilePyramid implements ImagerySource {
  readonly attribution: string
  /** Only where the source states its bounding box. */
  readonly footprint?: () => Promise<MultiPolygon>
  readonly coversPatch?: (at: LonLat, size: PatchSize) => boolean
  readonly #config: PyramidConfig
  readonly #reader: TileReader
  readonly #decoder: TileDecoder
  readonly #memory = new ByteCache<Tile>(MEMORY_BYTES_MAX)
  readonly #closing = new AbortController()

  constructor(config: PyramidConfig, reader: TileReader) {
    this.attribution = config.attribution
    this.#config = config
    this.#reader = reader
    this.#decoder = new TileDecoder(config)
    setMaxListeners(0, this.#closing.signal)
    const { bbox } = config
    if (bbox === undefined) return
    this.footprint = async () => ({ type: 'MultiPolygon', coordinates: [[ringOf(bbox)]] })
    this.coversPatch = (at, size) =>
      coversPatch([this.#layer(this.#zoomOf(at, size), [])], at, size)
  }

  async patch(at: LonLat, size: PatchSize, signal: AbortSignal): Promise<Patch> {
    // Every tile of every patch under way waits on the one signal: more than the ten that Node thinks a leak.
    setMaxListeners(0, signal)
    const { kind, tileSizePx, capturedOn } = this.#config
    const zoom = this.#zoomOf(at, size)
    const coarseGsd = checkFineness(mercatorGsd(at.lat, zoom, tileSizePx), size, this.#config)
    const used: UsedTiles = []
    const { image, rect } = await cutPatch([this.#layer(zoom, used)], { at, size }, signal)
    const etags = used.flatMap(({ etag }) => etag ?? [])
    const { x, y, width, height } = rect
    return {
      image,
      capturedOn: capturedOn ?? null,
      reference: {
        kind,
        items: used.map(({ name }) => name),
        window: [modulo(x, tileSizePx), modulo(y, tileSizePx), width, height],
        ...(etags.length === 0 ? {} : { etag: etags.join(' ') }),
        ...(coarseGsd === null ? {} : { gsd: coarseGsd }),
      },
    }
  }

  piecesOf(at: LonLat, size: PatchSize): readonly string[] {
    const zoom = this.#zoomOf(at, size)
    const count = 2 ** zoom
    const rect = sourceRect(mapPatch(this.#layer(zoom, []), at, size), size.px)
    return this.#placesOver(rect, count).map(({ x, y }) =>
      tileName({ z: zoom, x: modulo(x, count), y }),
    )
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#memory.clear()
    await this.#reader.close()
  }

  /** The zoom that is just finer than the patch, or the finest there is. */
  #zoomOf({ lat }: LonLat, { gsd }: PatchSize): number {
    const { minZoom = 0, maxZoom, tileSizePx } = this.#config
    return Math.min(maxZoom, Math.max(minZoom, zoomForGsd(lat, gsd, tileSizePx)))
  }

  #layer(zoom: number, used: UsedTiles): PixelLayer {
    const { tileSizePx, bbox } = this.#config
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
      readWindow: (rect, signal) => this.#readWindow({ zoom, used }, rect, signal),
    }
  }

  async #readWindow(
    { zoom, used }: { zoom: number; used: UsedTiles },
    rect: PixelRect,
    signal: AbortSignal,
  ): Promise<PixelWindow> {
    const side = this.#config.tileSizePx
    const count = 2 ** zoom
    const places = this.#placesOver(rect, count)
    const tiles = await Promise.all(
      // Beyond the date line the world goes on with its other end.
      places.map(({ x, y }) => this.#tile({ z: zoom, x: modulo(x, count), y }, signal)),
    )
    const pieces = tiles.map(({ pixels, channels, etag }, index) => {
      const { x, y } = places[index] as { x: number; y: number }
      used.push({ name: tileName({ z: zoom, x: modulo(x, count), y }), etag })
      return { x: x * side, y: y * side, width: side, height: side, channels, data: pixels }
    })
    return assembleWindow(rect, pieces)
  }

  /** Column and row of the tiles that a rectangle touches; columns may lie beyond the date line. */
  #placesOver(rect: PixelRect, count: number): { x: number; y: number }[] {
    const side = this.#config.tileSizePx
    const places: { x: number; y: number }[] = []
    for (let y = Math.floor(rect.y / side); y * side < rect.y + rect.height; y++) {
      if (y < 0 || y >= count) continue
      for (let x = Math.floor(rect.x / side); x * side < rect.x + rect.width; x++)
        places.push({ x, y })
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
    for (let read = 1; ; read++) {
      const encoded = await this.#reader.readTile(address, this.#closing.signal)
      try {
        return await this.#decoder.decode(encoded, tileName(address))
      } catch (cause) {
        if (cause instanceof BadDataError) throw cause
        if (this.#reader.forget === undefined || read === READS_MAX) {
          throw unreadable(address, encoded.bytes, cause)
        }
        await this.#reader.forget(address)
      }
    }
  }
}

function ringOf([west, south, east, north]: Bbox): [number, number][] {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
}

function unreadable(address: TileAddress, bytes: Uint8Array, cause: unknown): UpstreamError {
  return new UpstreamError(
    'tile-unreadable',
    `Expected a picture for tile ${tileName(address)}, got ${String(bytes.length)} other bytes: ${String(cause)}`,
    { hint: "check the source's address and tileSizePx", cause },
  )
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
