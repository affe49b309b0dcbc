/**
 * Imagery in GeoTIFF files: several, in any CRS; the finest that covers a place is used, adjacent ones complete
 * each other, coarser ones fill what is missing.
 * @io disk native
 */
import { basename, resolve } from 'node:path'
import type { MultiPolygon, Position } from 'geojson'
import { createLocalFrame } from '../geo/local-frame.ts'
import type { PixelRect } from '../image/resample.ts'
import type { LonLat, Patch, SourceReference } from '../types.ts'
import { ByteCache } from './byte-cache.ts'
import type { GeotiffConfig } from './kinds/geotiff.ts'
import { coversPatch, cutPatch, type PixelLayer } from './cut.ts'
import { applyAffine, invertAffine } from './georeference.ts'
import { createMosaics, type MosaicLayer } from './mosaic.ts'
import { openRaster, type Raster, type RasterLevel } from './raster.ts'
import type { ImagerySource, ImageryWindow, PatchSize, PixelSquare } from './source.ts'
import { cutWindow } from './window.ts'

const CACHE_BYTES = 256 * 2 ** 20
/** Overviews are used only beyond this many native pixels per patch pixel: their making is not ours. */
const NATIVE_RATIO_MAX = 4
/** Of the overviews, the coarsest that still has this many pixels per patch pixel. */
const OVERVIEW_RATIO_MIN = 2
const OUTLINE_STEPS = 8

/**
 * Opens imagery in files.
 * @param baseDir  what relative paths are relative to
 * @throws {InputError} when a file cannot be used, with the reason
 */
export async function createGeotiffSource(
  config: GeotiffConfig,
  baseDir: string,
): Promise<ImagerySource> {
  const options = { nodata: config.nodata, stretch: config.stretch }
  const rasters: Raster[] = []
  try {
    for (const file of config.files) rasters.push(await openRaster(resolve(baseDir, file), options))
  } catch (error) {
    await Promise.all(rasters.map((raster) => raster.close()))
    throw error
  }
  return new GeotiffSource(config, rasters)
}

class GeotiffSource implements ImagerySource {
  readonly attribution: string
  readonly #config: GeotiffConfig
  readonly #rasters: readonly Raster[]
  readonly #cache = new ByteCache<Uint8Array>(CACHE_BYTES)
  readonly #layersByGsd = new Map<number, readonly MosaicLayer[]>()

  constructor(config: GeotiffConfig, rasters: readonly Raster[]) {
    this.attribution = config.attribution ?? config.files.map((file) => basename(file)).join(', ')
    this.#config = config
    this.#rasters = rasters
  }

  async patch(at: LonLat, size: PatchSize, signal: AbortSignal): Promise<Patch> {
    const { image, layer, rect } = await cutPatch(this.#layers(at, size), { at, size }, signal)
    const reference = this.#referenceOf(layer, rect)
    return { image, capturedOn: this.#config.capturedOn ?? null, reference }
  }

  async window(at: LonLat, size: PatchSize, signal: AbortSignal): Promise<ImageryWindow> {
    const cut = await cutWindow(this.#layers(at, size), { at, size }, signal)
    const referenceOf = (square: PixelSquare): SourceReference => {
      const { layer, rect } = cut.sourceOf(square)
      return this.#referenceOf(layer, rect)
    }
    return { ...cut, capturedOn: this.#config.capturedOn ?? null, referenceOf }
  }

  coversPatch(at: LonLat, size: PatchSize): boolean {
    return coversPatch(this.#layers(at, size), at, size)
  }

  async footprint(): Promise<MultiPolygon> {
    return { type: 'MultiPolygon', coordinates: this.#rasters.map((raster) => [outlineOf(raster)]) }
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await Promise.all(this.#rasters.map((raster) => raster.close()))
  }

  #referenceOf(layer: PixelLayer, rect: PixelRect): SourceReference {
    const { members } = layer as MosaicLayer
    const used = members.filter(
      ({ level, x, y }) =>
        x < rect.x + rect.width &&
        y < rect.y + rect.height &&
        x + level.width > rect.x &&
        y + level.height > rect.y,
    )
    const [first] = used
    const files = used.map(({ level }) => this.#nameOf(level.raster))
    const window = [
      rect.x - (first?.x ?? 0),
      rect.y - (first?.y ?? 0),
      rect.width,
      rect.height,
    ] as const
    return { kind: 'geotiff', items: files, window }
  }

  /** As the configuration names it. */
  #nameOf(raster: Raster): string {
    return this.#config.files[this.#rasters.indexOf(raster)] ?? raster.file
  }

  /** The layers near a place, finest first. */
  #layers(at: LonLat, { px, gsd }: PatchSize): PixelLayer[] {
    let layers = this.#layersByGsd.get(gsd)
    if (layers === undefined) {
      const levels = this.#rasters.map((raster) => chooseLevel(raster, gsd))
      layers = createMosaics(sortByGsd(levels), this.#cache)
      this.#layersByGsd.set(gsd, layers)
    }
    const reachM = px * gsd
    return layers.filter((layer) => isNear(layer, at, reachM))
  }
}

/** Metres per pixel of a level, at its centre. */
function gsdOf({ affine, width, height, raster }: RasterLevel): number {
  const { projection } = raster.georeference
  const toPixel = invertAffine(affine)
  const [u, v] = [width / 2, height / 2]
  const frame = createLocalFrame(projection.inverse(...applyAffine(affine, u, v)))
  const pixelAt = (x: number, y: number): [number, number] =>
    applyAffine(toPixel, ...projection.forward(frame.inverse(x, y)))
  const [eastU, eastV] = pixelAt(1, 0)
  const [northU, northV] = pixelAt(0, 1)
  return 1 / Math.sqrt(Math.abs((eastU - u) * (northV - v) - (eastV - v) * (northU - u)))
}

function chooseLevel(raster: Raster, gsd: number): RasterLevel {
  const [full, ...overviews] = raster.levels
  if (full === undefined) throw new RangeError(`no level in ${raster.file}`)
  if (gsd / gsdOf(full) <= NATIVE_RATIO_MAX) return full
  return overviews.findLast((level) => gsd / gsdOf(level) >= OVERVIEW_RATIO_MIN) ?? full
}

/** Finest first; rasters of about the same fineness (1 %) keep their order. */
function sortByGsd(levels: readonly RasterLevel[]): RasterLevel[] {
  const fineness = (level: RasterLevel): number => Math.round(Math.log(gsdOf(level)) * 100)
  return levels
    .map((level) => ({ level, fineness: fineness(level) }))
    .sort((a, b) => a.fineness - b.fineness)
    .map(({ level }) => level)
}

/** A quick look that spares projecting nine points into each of thousands of files. */
function isNear(layer: MosaicLayer, at: LonLat, reachM: number): boolean {
  const [u, v] = layer.toPixel(at)
  if (!Number.isFinite(u) || !Number.isFinite(v)) return false
  return layer.members.some(({ level, x, y }) => {
    const reachPx = reachM / gsdOf(level)
    return (
      u >= x - reachPx &&
      v >= y - reachPx &&
      u <= x + level.width + reachPx &&
      v <= y + level.height + reachPx
    )
  })
}

/** Ring of a raster in degrees, counter-clockwise; edges are bent by the projection, so they get middle points. */
function outlineOf(raster: Raster): Position[] {
  const { affine, projection } = raster.georeference
  const { width = 0, height = 0 } = raster.levels[0] ?? {}
  const corners: [number, number][] = [
    [0, 0],
    [0, height],
    [width, height],
    [width, 0],
  ]
  const ring = corners.flatMap(([u, v], index) => {
    const [toU, toV] = corners[(index + 1) % 4] as [number, number]
    return Array.from({ length: OUTLINE_STEPS }, (_, step): Position => {
      const share = step / OUTLINE_STEPS
      const { lon, lat } = projection.inverse(
        ...applyAffine(affine, u + (toU - u) * share, v + (toV - v) * share),
      )
      return [lon, lat]
    })
  })
  return [...ring, ...ring.slice(0, 1)]
}
