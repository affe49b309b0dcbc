/** Open rasters, several, in any CRS and of several dates → patches. */
import type { MultiPolygon } from 'geojson'
import type { PixelRect } from '../image/resample.ts'
import type { LonLat, Patch, SourceReference } from '../types.ts'
import { ByteCache } from './byte-cache.ts'
import { coversPatch, type PixelLayer } from './cut.ts'
import { commonDate, cutNewest, datesOf, groupByDate, type DatedLayers } from './dates.ts'
import type { MosaicLayer } from './mosaic.ts'
import { createLayers, layersNear, outlineOf, referenceOf } from './raster-layers.ts'
import type { Raster } from './raster.ts'
import type {
  ImagerySource,
  ImageryWindow,
  PatchRequest,
  PatchSize,
  PixelSquare,
} from './source.ts'
import { cutWindow } from './window.ts'

const PIXEL_BYTES_MAX = 256 * 2 ** 20

/** An open file and its date. */
export interface DatedRaster {
  readonly raster: Raster
  /** ISO date; null: not known. */
  readonly capturedOn: string | null
}

/** What a source of rasters is besides them. */
export interface RasterIdentity {
  readonly kind: string
  readonly attribution: string
  /** Called when the rasters are closed. */
  readonly close?: () => void
}

/** Of one date the finest raster that covers a place is used, adjacent ones complete each other; of several the newest. */
export class RasterSource implements ImagerySource {
  readonly attribution: string
  readonly #rasters: readonly Raster[]
  readonly #byDate: readonly [capturedOn: string | null, rasters: DatedRaster[]][]
  readonly #cache = new ByteCache<Uint8Array>(PIXEL_BYTES_MAX)
  readonly #layers = new Map<string, readonly MosaicLayer[]>()
  readonly #identity: RasterIdentity

  constructor(identity: RasterIdentity, dated: readonly DatedRaster[]) {
    this.attribution = identity.attribution
    this.#identity = identity
    this.#rasters = dated.map(({ raster }) => raster)
    this.#byDate = groupByDate(dated)
  }

  async patch(at: LonLat, size: PatchRequest, signal: AbortSignal): Promise<Patch> {
    const cut = await cutNewest(this.#datesNear(at, size), { at, size }, signal)
    const { image, layer, rect, capturedOn } = cut
    return { image, capturedOn, reference: this.#refer(layer, rect) }
  }

  async window(at: LonLat, size: PatchRequest, signal: AbortSignal): Promise<ImageryWindow> {
    const dates = datesOf(this.#datesNear(at, size), size)
    const layers = (await Promise.all(dates.map((date) => date.layers()))).flat()
    const cut = await cutWindow(layers, { at, size }, signal)
    const nameSource = (square: PixelSquare): SourceReference => {
      const { layer, rect } = cut.sourceOf(square)
      return this.#refer(layer, rect)
    }
    return { ...cut, capturedOn: commonDate(dates), referenceOf: nameSource }
  }

  async vintages(at: LonLat, size: PatchSize): Promise<readonly string[]> {
    return this.#datesNear(at, size).flatMap((date) =>
      date.capturedOn !== null && date.covers() ? date.capturedOn : [],
    )
  }

  coversPatch(at: LonLat, size: PatchSize): boolean {
    const layers = this.#byDate.flatMap(([capturedOn]) => this.#near(capturedOn, at, size))
    return coversPatch(layers, at, size)
  }

  async footprint(): Promise<MultiPolygon> {
    return { type: 'MultiPolygon', coordinates: this.#rasters.map((raster) => [outlineOf(raster)]) }
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await Promise.all(this.#rasters.map((raster) => raster.close()))
    this.#identity.close?.()
  }

  #refer(layer: PixelLayer, rect: PixelRect): SourceReference {
    return { kind: this.#identity.kind, ...referenceOf(layer, rect) }
  }

  #datesNear(at: LonLat, size: PatchSize): DatedLayers[] {
    return this.#byDate.flatMap(([capturedOn]) => {
      const layers = this.#near(capturedOn, at, size)
      if (layers.length === 0) return []
      const covers = (): boolean => coversPatch(layers, at, size)
      return [{ capturedOn, covers, layers: async () => layers }]
    })
  }

  /** The layers of a date near a place, finest first. */
  #near(capturedOn: string | null, at: LonLat, size: PatchSize): readonly MosaicLayer[] {
    const key = `${String(capturedOn)} ${String(size.gsd)}`
    let layers = this.#layers.get(key)
    if (layers === undefined) {
      const dated = this.#byDate.find(([date]) => date === capturedOn)?.[1] ?? []
      const rasters = dated.map(({ raster }) => raster)
      layers = createLayers(rasters, size.gsd, this.#cache)
      this.#layers.set(key, layers)
    }
    return layersNear(layers, at, size)
  }
}
