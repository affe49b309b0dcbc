/** The pictures of a source whose rasters are all open. */
import type { MultiPolygon } from 'geojson'
import { basename } from 'node:path'
import { sourceRect } from '../image/resample.ts'
import type { LonLat } from '../types.ts'
import { ByteCache } from './byte-cache.ts'
import { adviseOverviews } from './check-fineness.ts'
import { coversPatch, mapPatch } from './cut.ts'
import { groupByDate, type DatedLayers } from './dates.ts'
import {
  createLayers,
  layersNear,
  outlineOf,
  readGsdOf,
  referenceOf,
  type LayerReading,
  type RasterLayer,
} from './raster-layers.ts'
import type { Pictures } from './raster-source.ts'
import type { Raster } from './raster.ts'
import type { PatchSize } from './source.ts'

const PIXEL_BYTES_MAX = 256 * 2 ** 20

/** An open file and its date. */
export interface DatedRaster {
  readonly raster: Raster
  /** ISO date; null: not known. */
  readonly capturedOn: string | null
}

/** Of one date the finest raster that covers a place is used, adjacent ones complete each other. */
export class OpenRasters implements Pictures {
  readonly #rasters: readonly Raster[]
  readonly #byDate: readonly [capturedOn: string | null, rasters: DatedRaster[]][]
  readonly #cache = new ByteCache<Uint8Array>(PIXEL_BYTES_MAX)
  readonly #layers = new Map<string, readonly RasterLayer[]>()
  readonly #reading: LayerReading
  readonly #onClose: () => void

  constructor(
    dated: readonly DatedRaster[],
    { allowCoarse }: Pick<LayerReading, 'allowCoarse'>,
    onClose: () => void,
  ) {
    this.#reading = { cache: this.#cache, allowCoarse }
    this.#rasters = dated.map(({ raster }) => raster)
    this.#byDate = groupByDate(dated)
    this.#onClose = onClose
  }

  near(at: LonLat, size: PatchSize): DatedLayers[] {
    return this.#byDate.flatMap(([capturedOn]) => {
      const layers = this.#near(capturedOn, at, size)
      if (layers.length === 0) return []
      const covers = (): boolean => coversPatch(layers, at, size)
      const hosts = () => layers.flatMap((layer) => filesOf(layer, at, size).map(hostOf))
      return [{ capturedOn, covers, hosts, layers: async () => layers }]
    })
  }

  covers(at: LonLat, size: PatchSize): boolean {
    const layers = this.#byDate.flatMap(([capturedOn]) => this.#near(capturedOn, at, size))
    return coversPatch(layers, at, size)
  }

  footprint(): MultiPolygon {
    return { type: 'MultiPolygon', coordinates: this.#rasters.map((raster) => [outlineOf(raster)]) }
  }

  advice(size: PatchSize): readonly string[] {
    for (const [capturedOn] of this.#byDate) this.#layersOf(capturedOn, size)
    return this.#rasters.flatMap((raster) =>
      adviseOverviews(basename(raster.file), readGsdOf(raster, size.gsd), size),
    )
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await Promise.all(this.#rasters.map((raster) => raster.close()))
    this.#onClose()
  }

  #near(capturedOn: string | null, at: LonLat, size: PatchSize): readonly RasterLayer[] {
    return layersNear(this.#layersOf(capturedOn, size), at, size)
  }

  /** The layers of a date, finest first. @throws {InputError} `imagery-too-coarse` */
  #layersOf(capturedOn: string | null, size: Pick<PatchSize, 'gsd'>): readonly RasterLayer[] {
    const key = `${String(capturedOn)} ${String(size.gsd)}`
    let layers = this.#layers.get(key)
    if (layers === undefined) {
      const dated = this.#byDate.find(([date]) => date === capturedOn)?.[1] ?? []
      const rasters = dated.map(({ raster }) => raster)
      layers = createLayers(rasters, size.gsd, this.#reading)
      this.#layers.set(key, layers)
    }
    return layers
  }
}

/** Names of the files of a layer that a patch touches. */
function filesOf(layer: RasterLayer, at: LonLat, size: PatchSize): readonly string[] {
  return referenceOf(layer, sourceRect(mapPatch(layer, at, size), size.px)).items
}

/** A file behind HTTP is named by its address. */
function hostOf(file: string): string | null {
  return /^https?:/.test(file) ? new URL(file).host : null
}
