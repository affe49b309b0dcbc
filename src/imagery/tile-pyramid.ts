/**
 * Imagery in tiles of the Web Mercator pyramid, wherever they come from: the zoom that is just
 * finer than the patch.
 * @io native
 */
import type { MultiPolygon } from 'geojson'
import { mercatorGsd, zoomForGsd } from '../geo/mercator.ts'
import { sourceRect, type PixelRect } from '../image/resample.ts'
import type { Bbox, LonLat, Patch, SourceReference } from '../types.ts'
import { checkFineness } from './check-fineness.ts'
import { coversPatch, cutPatch, mapPatch } from './cut.ts'
import type { PyramidFields } from './kinds/common.ts'
import type { ImagerySource, ImageryWindow, PatchRequest, PatchSize, Piece } from './source.ts'
import { TileDecoder } from './tile-decode.ts'
import { TileMosaic, type TileRecord } from './tile-mosaic.ts'
import type { TileReader } from './tile-reader.ts'
import { cutWindow } from './window.ts'

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

/** A source of tiles. */
export class TilePyramid implements ImagerySource {
  readonly attribution: string
  /** Only where the source states its bounding box. */
  readonly footprint?: () => Promise<MultiPolygon>
  readonly coversPatch?: (at: LonLat, size: PatchSize) => boolean
  readonly #config: PyramidConfig
  readonly #mosaic: TileMosaic

  constructor(config: PyramidConfig, reader: TileReader) {
    const { attribution, tileSizePx, bbox } = config
    this.attribution = attribution
    this.#config = config
    this.#mosaic = new TileMosaic({ reader, decoder: new TileDecoder(config), tileSizePx, bbox })
    if (bbox === undefined) return
    this.footprint = async () => ({ type: 'MultiPolygon', coordinates: [[ringOf(bbox)]] })
    this.coversPatch = (at, size) =>
      coversPatch([this.#mosaic.layer(this.#zoomOf(at, size), emptyRecord())], at, size)
  }

  async patch(at: LonLat, size: PatchRequest, signal: AbortSignal): Promise<Patch> {
    const { zoom, coarseGsd } = this.#chooseZoom(at, size)
    const record = emptyRecord()
    const layer = this.#mosaic.layer(zoom, record)
    const { image, rect } = await cutPatch([layer], { at, size }, signal)
    const tiles = [...record.used]
    return {
      image,
      capturedOn: this.#config.capturedOn ?? null,
      reference: this.#referenceOf(tiles, rect, coarseGsd),
    }
  }

  async window(at: LonLat, size: PatchSize, signal: AbortSignal): Promise<ImageryWindow> {
    const { zoom, coarseGsd } = this.#chooseZoom(at, size)
    const record = { ...emptyRecord(), holes: [] }
    const layer = this.#mosaic.layer(zoom, record)
    const cut = await cutWindow([layer], { at, size }, signal)
    return {
      ...cut,
      capturedOn: this.#config.capturedOn ?? null,
      referenceOf: (square) => {
        const { rect } = cut.sourceOf(square)
        const tiles = this.#mosaic
          .namesOver(rect, zoom)
          .map((name) => [name, record.used.get(name) ?? null] as const)
        return this.#referenceOf(tiles, rect, coarseGsd)
      },
    }
  }

  piecesOf(at: LonLat, size: PatchSize): readonly Piece[] {
    const { zoom } = this.#chooseZoom(at, size)
    const layer = this.#mosaic.layer(zoom, emptyRecord())
    return this.#mosaic.piecesOver(sourceRect(mapPatch(layer, at, size), size.px), zoom)
  }

  close(): Promise<void> {
    return this.#mosaic.close()
  }

  /** @throws {InputError} `imagery-too-coarse` */
  #chooseZoom(at: LonLat, size: PatchSize): { zoom: number; coarseGsd: number | null } {
    const zoom = this.#zoomOf(at, size)
    const sourceGsd = mercatorGsd(at.lat, zoom, this.#config.tileSizePx)
    const { allowCoarse, maxZoom } = this.#config
    const where = `at zoom ${String(maxZoom)}`
    return { zoom, coarseGsd: checkFineness(sourceGsd, size, { allowCoarse, where }) }
  }

  /** The zoom that is just finer than the patch, or the finest there is. */
  #zoomOf({ lat }: LonLat, { gsd }: PatchSize): number {
    const { minZoom = 0, maxZoom, tileSizePx } = this.#config
    return Math.min(maxZoom, Math.max(minZoom, zoomForGsd(lat, gsd, tileSizePx)))
  }

  /** The tiles, and the rectangle in the first of them. */
  #referenceOf(
    tiles: readonly (readonly [name: string, etag: string | null])[],
    { x, y, width, height }: PixelRect,
    coarseGsd: number | null,
  ): SourceReference {
    const { kind, tileSizePx } = this.#config
    const etags = tiles.flatMap(([, etag]) => etag ?? [])
    return {
      kind,
      items: tiles.map(([name]) => name),
      window: [modulo(x, tileSizePx), modulo(y, tileSizePx), width, height],
      ...(etags.length === 0 ? {} : { etag: etags.join(' ') }),
      ...(coarseGsd === null ? {} : { gsd: coarseGsd }),
    }
  }
}

function emptyRecord(): TileRecord {
  return { used: new Map() }
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

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
