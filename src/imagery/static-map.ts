/**
 * Imagery of an endpoint that draws one picture around a place: one request per patch.
 * @io disk network native
 */
import { BadDataError, InputError, UpstreamError } from '../errors.ts'
import { mercatorGsd, toUnitSquare, worldSizePx, zoomForGsd } from '../geo/mercator.ts'
import { sourceRect } from '../image/resample.ts'
import type { LonLat, Patch } from '../types.ts'
import { checkFineness } from './check-fineness.ts'
import { cutPatch, mapPatch, type PixelLayer } from './cut.ts'
import type { ImageryDeps } from './deps.ts'
import { HttpCache } from './http-cache.ts'
import { HttpClient, isMissing, type HttpAnswer } from './http-client.ts'
import { looksLikeText, textInstead } from './http-tiles.ts'
import type { StaticMapConfig } from './kinds/static-map.ts'
import type { ImagerySource, PatchRequest, PatchSize, Piece } from './source.ts'
import { TileDecoder, type Tile } from './tile-decode.ts'

/** A picture that is no picture is asked for again, so often in all. */
const READS_MAX = 3

/** Opens the endpoint. @throws {InputError} `imagery-key` when its key is not in the environment */
export function createStaticMapSource(config: StaticMapConfig, deps: ImageryDeps): ImagerySource {
  return new StaticMap(config, deps)
}

/** What one picture shows: its place among the pixels of the world at a zoom. */
interface View {
  readonly at: LonLat
  readonly zoom: number
  /** Of the picture, with the margins that are cut off. */
  readonly sidePx: number
}

class StaticMap implements ImagerySource {
  readonly attribution: string
  readonly #config: StaticMapConfig
  readonly #client: HttpClient
  readonly #cache: HttpCache

  constructor(config: StaticMapConfig, deps: ImageryDeps) {
    this.attribution = config.attribution
    this.#config = config
    this.#client = new HttpClient(config, deps)
    this.#cache = new HttpCache(this.#client, deps.cache)
  }

  async patch(at: LonLat, size: PatchRequest, signal: AbortSignal): Promise<Patch> {
    signal.throwIfAborted()
    const { kind, capturedOn } = this.#config
    const { zoom, coarseGsd } = this.#chooseZoom(at, size)
    const place = { lon: Number(at.lon.toFixed(7)), lat: Number(at.lat.toFixed(7)) }
    const view = { at: place, zoom, sidePx: this.#sideOf(place, size, zoom) }
    const url = this.#urlOf(view)
    const used: { etag: string | null } = { etag: null }
    const layer = this.#layer(view, async () => {
      const tile = await this.#read(url, view.sidePx, signal)
      used.etag = tile.etag
      return tile
    })
    const { image, rect } = await cutPatch([layer], { at, size }, signal)
    return {
      image,
      capturedOn: capturedOn ?? null,
      reference: {
        kind,
        items: [`${String(zoom)}/${String(place.lon)}/${String(place.lat)}`],
        window: [rect.x, rect.y, rect.width, rect.height],
        ...(used.etag === null ? {} : { etag: used.etag }),
        ...(coarseGsd === null ? {} : { gsd: coarseGsd }),
      },
    }
  }

  piecesOf(at: LonLat, size: PatchSize): readonly Piece[] {
    this.#chooseZoom(at, size)
    const { host } = new URL(this.#config.url)
    return [{ name: `${String(at.lon)},${String(at.lat)}`, host }]
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  /** @throws {InputError} `imagery-too-coarse` */
  #chooseZoom({ lat }: LonLat, size: PatchSize): { zoom: number; coarseGsd: number | null } {
    const { allowCoarse, maxZoom, tileSizePx, scale } = this.#config
    const worldTilePx = tileSizePx * scale
    const zoom = Math.min(maxZoom, zoomForGsd(lat, size.gsd, worldTilePx))
    const where = `at zoom ${String(maxZoom)}`
    const sourceGsd = mercatorGsd(lat, zoom, worldTilePx)
    return { zoom, coarseGsd: checkFineness(sourceGsd, size, { allowCoarse, where }) }
  }

  /** Pixels of the picture around a patch, an even multiple of the scale. */
  #sideOf(at: LonLat, size: PatchSize, zoom: number): number {
    const { scale, cropPx, maxSidePx } = this.#config
    const rect = sourceRect(mapPatch(this.#worldLayer(at, zoom), at, size), size.px)
    const reach = Math.max(-rect.x, -rect.y, rect.x + rect.width, rect.y + rect.height) + cropPx
    const askedPx = 2 * Math.ceil(reach / scale)
    if (askedPx <= maxSidePx) return askedPx * scale
    throw new InputError(
      'static-map-size',
      `Expected pictures of ${String(askedPx)} px for a patch, got at most ${String(maxSidePx)} (maxSidePx)`,
      { hint: 'lower cropPx or maxZoom, or use an endpoint that draws larger pictures' },
    )
  }

  /** Pixels counted from the centre of the picture. */
  #worldLayer(centre: LonLat, zoom: number): Pick<PixelLayer, 'toPixel'> {
    const worldPx = worldSizePx(zoom, this.#config.tileSizePx * this.#config.scale)
    const [centreX, centreY] = toUnitSquare(centre)
    return {
      toPixel: (place) => {
        const [x, y] = toUnitSquare(place)
        return [(x - centreX) * worldPx, (y - centreY) * worldPx]
      },
    }
  }

  #layer({ at, zoom, sidePx }: View, read: () => Promise<Tile>): PixelLayer {
    const { cropPx } = this.#config
    const world = this.#worldLayer(at, zoom)
    const middle = sidePx / 2
    return {
      toPixel: (place) => {
        const [x, y] = world.toPixel(place)
        return [x + middle, y + middle]
      },
      covers: (u, v) =>
        Math.abs(u - middle) <= middle - cropPx && Math.abs(v - middle) <= middle - cropPx,
      readPieces: async () => {
        const { pixels, channels } = await read()
        return [{ x: 0, y: 0, width: sidePx, height: sidePx, channels, data: pixels }]
      },
    }
  }

  async #read(url: string, sidePx: number, signal: AbortSignal): Promise<Tile> {
    const decoder = new TileDecoder({ ...this.#config, tileSizePx: sidePx })
    const request = { url, check: (answer: HttpAnswer) => this.#check(answer) }
    for (let read = 1; ; read++) {
      const answer = await this.#cache.get(request, signal)
      if (isMissing(answer)) throw noPicture(url)
      try {
        const etag = answer.headers.get('etag')
        return await decoder.decode({ bytes: answer.bytes, etag }, 'around a place')
      } catch (cause) {
        if (cause instanceof BadDataError) throw cause
        await this.#cache.forget(request)
        if (read === READS_MAX) throw unreadable(url, cause)
      }
    }
  }

  /** Secrets go before the text is cut: a key across the cut would not be known any more. */
  #check({ bytes }: HttpAnswer): string | undefined {
    if (!looksLikeText(bytes)) return undefined
    return textInstead(this.#client.hide(Buffer.from(bytes).toString('utf8')))
  }

  #urlOf({ at, zoom, sidePx }: View): string {
    const { url, scale } = this.#config
    const side = String(sidePx / scale)
    return url
      .replaceAll('{lon}', String(at.lon))
      .replaceAll('{lat}', String(at.lat))
      .replaceAll('{zoom}', String(zoom))
      .replaceAll('{width}', side)
      .replaceAll('{height}', side)
      .replaceAll('{scale}', String(scale))
  }
}

function noPicture(url: string): BadDataError {
  return new BadDataError('no-tile', `Expected a picture, got none: GET ${url}`, {
    hint: 'the source has no imagery here, or its maxZoom is set too high',
  })
}

function unreadable(url: string, cause: unknown): UpstreamError {
  return new UpstreamError('tile-unreadable', `Expected a picture: GET ${url} → ${String(cause)}`, {
    hint: "check the source's url, scale and tileSizePx",
    cause,
  })
}
