/** How points are to be drawn → the points, their boundary and how it can be repeated. */
import { InputError } from '../errors.ts'
import { dissolveOverlaps } from '../geo/dissolve.ts'
import { gridPoints } from '../geo/grid.ts'
import { boundaryFromBbox, boundaryFromPoints } from '../geo/polygon.ts'
import type { ImageryConfig } from '../imagery/config.ts'
import type { ImagerySource } from '../imagery/source.ts'
import { sampleRoadPoints } from '../roads/sample.ts'
import type { Boundary, LonLat, RoadPoint, Sampling } from '../types.ts'
import type { CreateProgress, RegionRequest, SamplingRequest } from './create-region.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'

/** The points of a region that is not written yet. */
export interface Drawn {
  readonly boundary: Boundary
  readonly sampling: Sampling
  readonly points: readonly RoadPoint[]
}

interface DrawContext {
  readonly request: RegionRequest
  readonly imagery: ImageryConfig
  readonly source: ImagerySource
}

/**
 * @throws {InputError} `boundary-missing`, `where-imagery`, `patches-missing`, and those of the
 *   extract
 */
export async function drawPoints(
  outside: Outside,
  context: DrawContext,
  progress: CreateProgress,
): Promise<Drawn> {
  const { sampling, boundary } = context.request
  const request = { ...context.request, boundary: boundary && dissolveOverlaps(boundary) }
  const drawing = { ...context, request }
  if (sampling.kind === 'roads') return drawOnRoads(outside, { ...drawing, sampling }, progress)
  if (sampling.kind === 'grid') return drawGrid(outside, { ...drawing, sampling })
  return drawPatches(drawing)
}

type RoadsRequest = Extract<SamplingRequest, { kind: 'roads' }>

async function drawOnRoads(
  outside: Outside,
  { request, sampling }: DrawContext & { readonly sampling: RoadsRequest },
  progress: CreateProgress,
): Promise<Drawn> {
  const network = await outside.readRoadNetwork(sampling.extract, {
    boundary: request.boundary ?? 'header',
    threads: outside.threads,
    signal: progress.signal,
    ...(progress.onRead && { onProgress: progress.onRead }),
  })
  const boundary = request.boundary ?? headerBoundary(network.headerBbox, progress)
  return {
    boundary,
    sampling: { ...sampling, extractSha256: network.sha256 },
    points: sampleRoadPoints(network, { count: sampling.points, seed: sampling.seed }),
  }
}

function headerBoundary(
  bbox: Parameters<typeof boundaryFromBbox>[0] | null,
  progress: CreateProgress,
): Boundary {
  if (bbox === null) {
    throw new InputError(
      'boundary-missing',
      'Expected a boundary: the extract names no bounding box',
      {
        hint: 'give --boundary FILE.geojson or --bbox W,S,E,N',
      },
    )
  }
  progress.onWarning(
    `no boundary given: using the extract's bounding box ${bbox.join(', ')}; ways that leave it are cut`,
  )
  return boundaryFromBbox(bbox)
}

type GridRequest = Extract<SamplingRequest, { kind: 'grid' }>

async function drawGrid(
  outside: Outside,
  { request, source, sampling }: DrawContext & { readonly sampling: GridRequest },
): Promise<Drawn> {
  const boundary = request.boundary ?? (await outlineOf(source))
  if (boundary === undefined) {
    throw new InputError(
      'boundary-missing',
      'Expected a boundary: this kind of imagery has no outline',
      {
        hint: 'give --boundary FILE.geojson or --bbox W,S,E,N',
      },
    )
  }
  const { card } = await outside.encoder('overhead')
  const size = patchSizeOf(card)
  if (sampling.whereImagery && source.coversPatch === undefined) {
    throw new InputError(
      'where-imagery',
      'Expected imagery with a known outline for --where-imagery (kind "geotiff")',
    )
  }
  const keep = (at: LonLat) => !sampling.whereImagery || source.coversPatch?.(at, size) === true
  const points = gridPoints(boundary, sampling.stepM, keep)
  return { boundary, sampling, points }
}

async function outlineOf(source: ImagerySource): Promise<Boundary | undefined> {
  const outline = await source.footprint?.()
  return outline && dissolveOverlaps(outline)
}

async function drawPatches({ request, imagery, source }: DrawContext): Promise<Drawn> {
  if (imagery.kind !== 'patches' || source.points === undefined) {
    throw new InputError('patches-missing', 'Expected imagery of kind "patches" for --patches')
  }
  const points = await source.points()
  return {
    boundary: request.boundary ?? boundaryFromPoints(points),
    sampling: { kind: 'patches', file: imagery.file },
    points,
  }
}
