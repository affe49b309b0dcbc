/** A wish for a region → its boundary, projection and points in the database, ready to be built. */
import { InputError } from '../errors.ts'
import { insertRegionWithPoints, refuseTakenName, type RegionDraft } from '../gallery/regions.ts'
import { regionCentre } from '../geo/grid.ts'
import { parseImageryConfig } from '../imagery/config.ts'
import type { Boundary, Region, RoadPoint } from '../types.ts'
import { drawPoints } from './draw-points.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'
import { collectStretches } from './region-source.ts'

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

/** A region that is drawn but not written. */
export interface RegionPlan {
  readonly draft: RegionDraft
  readonly points: readonly RoadPoint[]
}

/**
 * Creates a region and its points; nothing is left behind when it fails.
 * @throws {InputError} `region-exists` and those of `planRegion`
 */
export async function createRegion(
  outside: Outside,
  request: RegionRequest,
  progress: CreateProgress,
): Promise<Region> {
  await refuseTakenName(outside.db, request.name)
  return insertPlan(outside, await planRegion(outside, request, progress))
}

/** Writes a plan. @throws {InputError} `region-exists` */
export async function insertPlan(outside: Outside, { draft, points }: RegionPlan): Promise<Region> {
  return insertRegionWithPoints(outside.db, draft, points)
}

/**
 * Draws the points of a region and writes nothing.
 * @throws {InputError} `region-name`, `region-empty`, `boundary-missing` and those of the imagery
 *   config
 */
export async function planRegion(
  outside: Outside,
  request: RegionRequest,
  progress: CreateProgress,
): Promise<RegionPlan> {
  checkRegionName(request.name)
  const imagery = parseImageryConfig(request.imagery)
  const { card } = await outside.encoder('overhead')
  const { stretches, measured } = collectStretches()
  const source = await outside.openSource(imagery, { signal: progress.signal, stretches })
  try {
    source.advice?.(patchSizeOf(card)).forEach(progress.onWarning)
    const { boundary, sampling, points } = await drawPoints(
      outside,
      { request, imagery, source },
      progress,
    )
    refuseEmpty(request, points)
    const draft = {
      name: request.name,
      boundary,
      centre: regionCentre(boundary),
      sampling,
      imagery: { ...imagery },
      attribution: source.attribution,
      model: { name: card.name, sha256: card.sha256 },
      gsd: patchSizeOf(card).gsd,
      stretches: measured(),
    }
    return { draft, points }
  } finally {
    await source.close()
  }
}

function refuseEmpty({ name, sampling }: RegionRequest, points: readonly RoadPoint[]): void {
  if (points.length > 0) return
  const overlap =
    'check that boundary, extract and imagery overlap; a box is W,S,E,N: longitudes and latitudes in turn'
  throw new InputError('region-empty', `Expected points for region "${name}", got none`, {
    hint: sampling.kind === 'grid' ? `${whyNoSquare(sampling)}, or ${overlap}` : overlap,
  })
}

function whyNoSquare({ stepM, whereImagery }: SamplingRequest & { kind: 'grid' }): string {
  const square = `no middle of a square of ${stepM} m lies in the region`
  if (!whereImagery) return `${square}: choose a smaller step`
  return `${square} with a whole patch of imagery around it: choose a smaller step, do without --where-imagery (whereImagery)`
}

export const regionNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** @throws {InputError} `region-name` */
export function checkRegionName(name: string): void {
  if (regionNamePattern.test(name)) return
  throw new InputError(
    'region-name',
    `Expected 1–63 of a–z, 0–9, - and _ for the region's name, got "${name.slice(0, 80)}"`,
  )
}
