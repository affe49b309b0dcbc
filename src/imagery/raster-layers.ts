/**
 * Open rasters → layers of pixels for a patch: the right overview of each, mosaics of adjacent
 * ones, finest first.
 */
import { basename } from 'node:path'
import type { Position } from 'geojson'
import { createLocalFrame } from '../geo/local-frame.ts'
import type { PixelRect } from '../image/resample.ts'
import type { LonLat, SourceReference } from '../types.ts'
import type { ByteCache } from './byte-cache.ts'
import { checkFineness } from './check-fineness.ts'
import type { PixelLayer } from './cut.ts'
import { applyAffine, invertAffine } from './georeference.ts'
import { createMosaics, type MosaicLayer } from './mosaic.ts'
import type { Raster, RasterLevel } from './raster.ts'
import type { PatchSize } from './source.ts'

/**
 * Overviews are used only beyond this many native pixels per patch pixel: their making is not ours.
 */
const NATIVE_RATIO_MAX = 4
/** Of the overviews, the coarsest that still has this many pixels per patch pixel. */
const OVERVIEW_RATIO_MIN = 2
const OUTLINE_STEPS = 8

/** How rasters are read. */
export interface LayerReading {
  readonly cache: ByteCache<Uint8Array>
  readonly allowCoarse?: boolean | undefined
}

/** A layer, and how fine it is. */
export interface RasterLayer extends MosaicLayer {
  /** Metres per pixel, of the finest of its members. */
  readonly gsd: number
  /** The same, where it is coarser than that of the patches that the layer is for. */
  readonly coarseGsd: number | null
}

/**
 * Layers of rasters at a ground sample distance, finest first.
 * @throws {InputError} `imagery-too-coarse`
 */
export function createLayers(
  rasters: readonly Raster[],
  gsd: number,
  { cache, allowCoarse }: LayerReading,
): RasterLayer[] {
  const gsds = new Map(
    rasters.map((raster) => {
      const level = chooseLevel(raster, gsd)
      return [level, gsdOf(level)] as const
    }),
  )
  for (const [{ raster }, found] of gsds) {
    checkFineness(found, { gsd }, { allowCoarse, where: `in ${basename(raster.file)}` })
  }
  return createMosaics(sortByGsd(gsds), cache).map((layer) => {
    const finest = Math.min(...layer.members.map(({ level }) => gsds.get(level) ?? Infinity))
    const coarseGsd = checkFineness(finest, { gsd }, { allowCoarse: true, where: '' })
    return { ...layer, gsd: finest, coarseGsd }
  })
}

/**
 * Layers that may hold pixels of a patch: a quick look that spares projecting nine points into
 * thousands of files.
 */
export function layersNear(
  layers: readonly RasterLayer[],
  at: LonLat,
  { px, gsd }: PatchSize,
): RasterLayer[] {
  return layers.filter((layer) => isNear(layer, at, px * gsd))
}

/** Names the files behind a rectangle of a layer; the window is that in the first. */
export function referenceOf(layer: PixelLayer, rect: PixelRect): Omit<SourceReference, 'kind'> {
  const mosaic = layer as RasterLayer
  const used = mosaic
    .membersIn(rect)
    .filter(
      ({ level, x, y }) =>
        x < rect.x + rect.width &&
        y < rect.y + rect.height &&
        x + level.width > rect.x &&
        y + level.height > rect.y,
    )
  const [first] = used
  const etags = used.flatMap(({ level }) => level.raster.etag ?? [])
  return {
    items: used.map(({ level }) => level.raster.file),
    window: [rect.x - (first?.x ?? 0), rect.y - (first?.y ?? 0), rect.width, rect.height],
    ...(etags.length === 0 ? {} : { etag: etags.join(' ') }),
    ...(mosaic.coarseGsd === null ? {} : { gsd: mosaic.coarseGsd }),
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

/** Metres per pixel of what is read of a raster for patches of a gsd. */
export function readGsdOf(raster: Raster, gsd: number): number {
  return gsdOf(chooseLevel(raster, gsd))
}

function chooseLevel(raster: Raster, gsd: number): RasterLevel {
  const [full, ...overviews] = raster.levels
  if (full === undefined) throw new RangeError(`no level in ${raster.file}`)
  if (gsd / gsdOf(full) <= NATIVE_RATIO_MAX) return full
  return overviews.findLast((level) => gsd / gsdOf(level) >= OVERVIEW_RATIO_MIN) ?? full
}

/** Finest first; rasters of about the same fineness (1 %) keep their order. */
function sortByGsd(gsds: ReadonlyMap<RasterLevel, number>): RasterLevel[] {
  return [...gsds]
    .map(([level, gsd]) => ({ level, fineness: Math.round(Math.log(gsd) * 100) }))
    .sort((a, b) => a.fineness - b.fineness)
    .map(({ level }) => level)
}

function isNear(layer: RasterLayer, at: LonLat, reachM: number): boolean {
  const [u, v] = layer.toPixel(at)
  if (!Number.isFinite(u) || !Number.isFinite(v)) return false
  const reachPx = reachM / layer.gsd
  const [x, y, side] = [u - reachPx, v - reachPx, 2 * reachPx]
  return layer.membersIn({ x, y, width: side, height: side }).length > 0
}

/**
 * Ring of a raster in degrees, counter-clockwise; edges are bent by the projection, so they get
 * middle points.
 */
export function outlineOf(raster: Raster): Position[] {
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
