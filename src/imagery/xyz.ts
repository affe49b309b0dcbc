/**
 * Imagery from a tile server (`{z}/{x}/{y}`): the zoom that is just finer than the patch, tiles from the disk
 * cache or the network.
 * @io disk network native
 */
import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import sharp from 'sharp'
import { UpstreamError } from '../errors.ts'
import { toUnitSquare, worldSizePx, zoomForGsd } from '../geo/mercator.ts'
import type { PixelRect, PixelWindow } from '../image/resample.ts'
import type { LonLat, Patch } from '../types.ts'
import { ByteCache } from './byte-cache.ts'
import type { XyzConfig } from './config.ts'
import { cutPatch, type PixelLayer } from './cut.ts'
import { assembleWindow } from './pixel-window.ts'
import type { ImagerySource, PatchSize } from './source.ts'
import { TileCache, type StoredTile } from './tile-cache.ts'
import { TileClient, tileName, type TileAddress } from './tile-client.ts'

const MEMORY_BYTES_MAX = 128 * 2 ** 20
const DISK_BYTES_MAX = 4 * 2 ** 30

/** A decoded tile. */
interface Tile {
  readonly pixels: Uint8Array
  readonly channels: 3 | 4
  readonly etag: string | null
  readonly byteLength: number
}

/**
 * Opens imagery of a tile server.
 * @throws {InputError} `imagery-key` when its key is not in the environment
 */
export function createXyzSource(
  config: XyzConfig,
  deps: {
    readonly cacheDir: string
    readonly secrets: Readonly<Record<string, string | undefined>>
  },
): ImagerySource {
  // The template, not the address: a key never names a folder.
  const folder = createHash('sha256').update(config.url).digest('hex').slice(0, 16)
  const cache = new TileCache(join(deps.cacheDir, 'xyz', folder), DISK_BYTES_MAX)
  return new XyzSource(config, new TileClient(config, deps.secrets), cache)
}

class XyzSource implements ImagerySource {
  readonly attribution: string
  readonly #config: XyzConfig
  readonly #client: TileClient
  readonly #disk: TileCache
  readonly #memory = new ByteCache<Tile>(MEMORY_BYTES_MAX)
  readonly #closing = new AbortController()

  constructor(config: XyzConfig, client: TileClient, disk: TileCache) {
    this.attribution = config.attribution
    this.#config = config
    this.#client = client
    this.#disk = disk
  }

  async patch(at: LonLat, size: PatchSize, signal: AbortSignal): Promise<Patch> {
    // Every tile of every patch under way waits on the one signal: more than the ten that Node thinks a leak.
    setMaxListeners(0, signal)
    const { tileSizePx, maxZoom, capturedOn } = this.#config
    const zoom = Math.min(maxZoom, zoomForGsd(at.lat, size.gsd, tileSizePx))
    const used: { name: string; etag: string | null }[] = []
    const layer = this.#layer(zoom, used)
    const { image, rect } = await cutPatch([layer], { at, size }, signal)
    const etags = used.flatMap(({ etag }) => etag ?? [])
    const { x, y, width, height } = rect
    return {
      image,
      capturedOn: capturedOn ?? null,
      reference: {
        kind: 'xyz',
        items: used.map(({ name }) => name),
        window: [modulo(x, tileSizePx), modulo(y, tileSizePx), width, height],
        ...(etags.length === 0 ? {} : { etag: etags.join(' ') }),
      },
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#memory.clear()
  }

  #layer(zoom: number, used: { name: string; etag: string | null }[]): PixelLayer {
    const worldPx = worldSizePx(zoom, this.#config.tileSizePx)
    return {
      toPixel: (place) => {
        const [x, y] = toUnitSquare(place)
        return [x * worldPx, y * worldPx]
      },
      covers: (_, v) => v >= 0 && v <= worldPx,
      readWindow: (rect, signal) => this.#readWindow({ zoom, used }, rect, signal),
    }
  }

  async #readWindow(
    { zoom, used }: { zoom: number; used: { name: string; etag: string | null }[] },
    rect: PixelRect,
    signal: AbortSignal,
  ): Promise<PixelWindow> {
    const side = this.#config.tileSizePx
    const count = 2 ** zoom
    const places: { x: number; y: number }[] = []
    for (let y = Math.floor(rect.y / side); y * side < rect.y + rect.height; y++) {
      if (y < 0 || y >= count) continue
      for (let x = Math.floor(rect.x / side); x * side < rect.x + rect.width; x++)
        places.push({ x, y })
    }
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

  /** The work on a tile is shared: it goes on when one of those who wait for it gives up. */
  async #tile(address: TileAddress, signal: AbortSignal): Promise<Tile> {
    signal.throwIfAborted()
    const work = this.#memory.get(tileName(address), () => this.#openTile(address))
    return waitFor(work, signal)
  }

  async #openTile(address: TileAddress): Promise<Tile> {
    const stored = await this.#disk.read(address)
    const known = stored && (await this.#decode(stored).catch(() => undefined))
    if (known !== undefined) return known
    const fetched = await this.#client.fetchTile(address, this.#closing.signal)
    const tile = await this.#decode(fetched).catch((cause: unknown) => {
      throw new UpstreamError(
        'tile-unreadable',
        `Expected a picture for tile ${tileName(address)}, got ${String(fetched.bytes.length)} other bytes`,
        { hint: "check the source's url and tileSizePx", cause },
      )
    })
    if (fetched.isStorable) await this.#disk.write(address, fetched)
    return tile
  }

  async #decode({ bytes, etag }: StoredTile): Promise<Tile> {
    const side = this.#config.tileSizePx
    const { data, info } = await sharp(bytes, { limitInputPixels: 4096 * 4096 })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.width !== side || info.height !== side) {
      throw new Error(`Expected a tile of ${String(side)} px, got ${String(info.width)}`)
    }
    const { pixels, channels } = toTilePixels(data, info.channels)
    return { pixels, channels, etag, byteLength: pixels.byteLength }
  }
}

/** Waits for shared work, or until the caller gives up. */
function waitFor<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', giveUp, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}

/** Grey, grey + alpha, RGB or RGBA → RGB, with validity where the tile has alpha. */
function toTilePixels(
  data: Uint8Array,
  bands: number,
): { readonly pixels: Uint8Array; readonly channels: 3 | 4 } {
  if (bands === 3) return { pixels: data, channels: 3 }
  const count = data.length / bands
  const hasAlpha = bands === 2 || bands === 4
  const pixels = new Uint8Array(count * 4)
  for (let index = 0; index < count; index++) {
    const at = index * bands
    if (hasAlpha && (data[at + bands - 1] as number) < 128) continue
    for (let channel = 0; channel < 3; channel++) {
      pixels[index * 4 + channel] = data[bands < 3 ? at : at + channel] as number
    }
    pixels[index * 4 + 3] = 255
  }
  return { pixels, channels: 4 }
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
