/** A wish for a region → its boundary, projection and points in the database, ready to be built. */
import { InputError } from '../errors.ts'
import { insertRegionWithPoints } from '../gallery/regions.ts'
import { gridPoints, regionCentre } from '../geo/grid.ts'
import { boundaryFromBbox, boundaryFromPoints } from '../geo/polygon.ts'
import { parseImageryConfig, type ImageryConfig } from '../imagery/config.ts'
import type { ImagerySource } from '../imagery/source.ts'
import { sampleRoadPoints } from '../roads/sample.ts'
import type { Boundary, LonLat, Region, RoadPoint, Sampling } from '../types.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'

/** How the caller wants the points to be drawn. */
export type SamplingRequest =
  | {
      readonly kind: 'roads'
      readonly extract: string
      readonly points: number
      readonly seed: number
    }
  | { readonly kind: 'grid'; readonly stepM: number; readonly whereImagery: boolean }
  | { readonly kind: 'patches' }

/** What `region create` and `POST /v1/regions` ask for. */
export interface RegionRequest {
  readonly name: string
  readonly imagery: unknown
  readonly sampling: SamplingRequest
  /** Absent: the extract's header box, the imagery's outline or the points' box. */
  readonly boundary: Boundary | null
}

/** What a journey tells while it works, for the progress line. */
export interface CreateProgress {
  readonly signal: AbortSignal
  readonly onWarning: (message: string) => void
  readonly onRead?: (bytesDone: number, bytesTotal: number) => void
}

interface Drawn {
  readonly boundary: Boundary
  readonly sampling: Sampling
  readonly points: readonly RoadPoint[]
}

/**
 * Creates a region and its points; nothing is left behind when it fails.
 * @throws {InputError} `region-exists`, `region-empty`, `boundary-missing` and those of the imagery config
 */
export async function createRegion(
  outside: Outside,
  request: RegionRequest,
  progress: CreateProgress,
): Promise<Region> {
  checkRegionName(request.name)
  const imagery = parseImageryConfig(request.imagery)
  const { card } = await outside.encoder('overhead')
  const source = await outside.openSource(imagery)
  try {
    const drawn = await drawPoints(outside, { request, imagery, source }, progress)
    const draft = {
      name: request.name,
      boundary: drawn.boundary,
      centre: regionCentre(drawn.boundary),
      sampling: drawn.sampling,
      imagery: { ...imagery },
      attribution: source.attribution,
      model: { name: card.name, sha256: card.sha256 },
      gsd: patchSizeOf(card).gsd,
    }
    return await insertWithPoints(outside, draft, drawn.points)
  } finally {
    await source.close()
  }
}

async function insertWithPoints(
  outside: Outside,
  draft: Parameters<typeof insertRegionWithPoints>[1],
  points: readonly RoadPoint[],
): Promise<Region> {
  if (points.length === 0) {
    throw new InputError('region-empty', `Expected points for region "${draft.name}", got none`, {
      hint: 'check that boundary, extract and imagery overlap',
    })
  }
  return insertRegionWithPoints(outside.db, draft, points)
}

/** @throws {InputError} `region-name` */
export function checkRegionName(name: string): void {
  if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return
  throw new InputError(
    'region-name',
    `Expected 1–63 of a–z, 0–9, - and _ for the region's name, got "${name.slice(0, 80)}"`,
  )
}

interface DrawContext {
  readonly request: RegionRequest
  readonly imagery: ImageryConfig
  readonly source: ImagerySource
}

async function drawPoints(
  outside: Outside,
  context: DrawContext,
  progress: CreateProgress,
): Promise<Drawn> {
  const { sampling } = context.request
  if (sampling.kind === 'roads') return drawOnRoads(outside, { ...context, sampling }, progress)
  if (sampling.kind === 'grid') return drawGrid(outside, { ...context, sampling })
  return drawPatches(context)
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
  const boundary = request.boundary ?? (await source.footprint?.())
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
