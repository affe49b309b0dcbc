/**
 * A region that is planned → what its build will cost: requests, bytes, time; and the terms of the
 * imagery.
 */
import { InputError } from '../errors.ts'
import { readPointStates } from '../gallery/point-states.ts'
import { findRegion, type RegionDraft } from '../gallery/regions.ts'
import { createLaea } from '../geo/projection.ts'
import { projectBoundary, regionAreaKm2 } from '../geo/project-boundary.ts'
import { parseImageryConfig, type ImageryConfig } from '../imagery/config.ts'
import type { Traffic } from '../imagery/host-gate.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { LonLat, RoadPoint } from '../types.ts'
import { denseLatticeOf, spacingOf } from './build-dense.ts'
import { patchWork, windowWork, type EstimatedWork } from './estimate-work.ts'
import { countRequests, spread, type Requests } from './count-requests.ts'
import { mapAsReady } from './flow.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'

/** Patches that may be cut for an estimate: more would be a build. */
export const SAMPLES_MAX = 100
const SAMPLES_UNDER_WAY = 4
/** Points whose place is compared with the outline of the imagery: nothing is read for it. */
const POINTS_LOOKED_AT = 200

/** What a build will cost. */
export interface Estimate {
  readonly areaKm2: number
  readonly points: number
  /** Side of a patch, metres. */
  readonly patchM: number
  /**
   * Of a dense build: so many windows are fetched and read instead of a patch for each point; else
   * null.
   */
  readonly windows: number | null
  /** Requests by host; null: nothing is fetched. */
  readonly requests: Requests | null
  /** Of some points, how many have their patch within the imagery; null: it tells no outline. */
  readonly outline: { readonly looked: number; readonly inside: number } | null
  /** Patches per second that the model embeds here; of a dense build, points. */
  readonly patchesPerSecond: number
  /** Of the sampled patches. */
  readonly sample: Sample | null
  /** Seconds: the slower of imagery and inference, because they overlap. */
  readonly inferenceS: number
  readonly imageryS: number | null
  /** Attribution, licence and address of the terms. */
  readonly terms: readonly string[]
}

/** What was cut on trial: patches, or windows of a dense build. */
export interface Sample {
  readonly patches: number
  readonly unavailable: number
  readonly patchesPerSecond: number
}

/** What is estimated. */
export interface Estimated {
  readonly draft: RegionDraft
  readonly points: readonly RoadPoint[]
  /**
   * A dense build, with a patch every so many metres; null: the stride of the model; absent: patch
   * by patch.
   */
  readonly denseM?: number | null | undefined
}

/** How much may be fetched for it. */
export interface EstimateOptions {
  readonly sampleCount: number
  readonly signal: AbortSignal
}

/**
 * Estimates a build. Without samples no imagery is fetched: a source is only asked what it has
 * (capabilities of a map service, lists of a STAC catalogue, heads of files), so its real hosts are
 * known.
 * @param options.sampleCount  patches to cut on trial, spread over the points; windows of a dense
 *   build
 * @throws {InputError} those of a dense build where there is none
 */
export async function estimateRegion(
  outside: Outside,
  { draft, points, denseM }: Estimated,
  options: EstimateOptions,
): Promise<Estimate> {
  const imagery = parseImageryConfig(draft.imagery)
  const encoder = await outside.encoder('overhead')
  const patch = patchSizeOf(encoder.card)
  const work =
    denseM === undefined
      ? patchWork(encoder, points)
      : windowWork(encoder, denseLatticeOf(draft, encoder, spacingOf(encoder, denseM)), points)
  const { places, size } = work
  const source = await outside.openSource(imagery, { signal: options.signal })
  try {
    const before = outside.traffic()
    const sample = await trySamples(outside, { cut: work.cutFrom(source), places }, options)
    const tileBytes = meanBytes(before, outside.traffic())
    const requests = countRequests(source, { imagery, size, places, tileBytes })
    const inferenceS = places.length / (await measureRate(outside, work))
    return {
      areaKm2: regionAreaKm2(projectBoundary(draft.boundary, createLaea(draft.centre), 1)),
      points: points.length,
      patchM: patch.px * patch.gsd,
      windows: denseM === undefined ? null : places.length,
      requests,
      outline: lookAtOutline(source, { points, size: patch }),
      patchesPerSecond: points.length / inferenceS,
      sample,
      inferenceS,
      imageryS: imageryTime(places.length, { imagery, requests, sample }),
      terms: termsOf(imagery, source),
    }
  } finally {
    await source.close()
  }
}

/**
 * Estimates what is left of the build of a region, in the way in which it is built unless another
 * is asked for.
 * @throws {InputError} `region-built` when nothing is left; {NotFoundError} `region-not-found`
 */
export async function estimateRest(
  outside: Outside,
  name: string,
  { denseM, ...options }: EstimateOptions & Pick<Estimated, 'denseM'>,
): Promise<Estimate> {
  const draft = await findRegion(outside.db, name)
  const points: RoadPoint[] = []
  for await (const page of readPointStates(outside.db, draft.id)) {
    points.push(...page.filter(({ state }) => state === 'pending' || state === 'leased'))
  }
  const asked = { draft, points, denseM: denseM === undefined ? draft.runtime?.denseM : denseM }
  if (points.length > 0) return estimateRegion(outside, asked, options)
  throw new InputError('region-built', `Expected a region with points to build, got "${name}"`, {
    hint: 'nothing is left to estimate',
  })
}

/** Imagery of another place is no error to a build: every point would just be without. */
function lookAtOutline(
  source: ImagerySource,
  { points, size }: { readonly points: readonly LonLat[]; readonly size: PatchSize },
): Estimate['outline'] {
  if (source.coversPatch === undefined) return null
  const looked = spread(points, POINTS_LOOKED_AT)
  const inside = looked.filter((at) => source.coversPatch?.(at, size) === true)
  return { looked: looked.length, inside: inside.length }
}

interface Trial {
  readonly cut: (place: LonLat, signal: AbortSignal) => Promise<boolean>
  readonly places: readonly LonLat[]
}

/** Cuts some patches; what they were is of no interest, only whether and how fast they came. */
async function trySamples(
  outside: Outside,
  { cut, places }: Trial,
  { sampleCount, signal }: EstimateOptions,
): Promise<Sample | null> {
  const tried = spread(places, sampleCount)
  if (tried.length === 0) return null
  const startedAt = outside.now().getTime()
  let unavailable = 0
  const came = mapAsReady(tried, SAMPLES_UNDER_WAY, async (at) => cut(at, signal))
  for await (const isThere of came) if (!isThere) unavailable++
  const seconds = Math.max(outside.now().getTime() - startedAt, 1) / 1000
  return { patches: tried.length, unavailable, patchesPerSecond: tried.length / seconds }
}

function meanBytes(before: Traffic, after: Traffic): number | null {
  const requests = after.requests - before.requests
  return requests === 0 ? null : (after.bytes - before.bytes) / requests
}

/**
 * The encoder on grey pictures, so many that all sessions are busy: what is in them does not change
 * the time.
 */
async function measureRate(
  outside: Outside,
  { encodeGrey, rateCount }: EstimatedWork,
): Promise<number> {
  await encodeGrey(Math.ceil(rateCount / 8))
  const startedAt = outside.now().getTime()
  await encodeGrey(rateCount)
  return (1000 * rateCount) / Math.max(outside.now().getTime() - startedAt, 1)
}

/** As slow as the source's own limit on requests, or as the samples. */
function imageryTime(
  pointCount: number,
  parts: {
    readonly imagery: ImageryConfig
    readonly requests: Requests | null
    readonly sample: Sample | null
  },
): number | null {
  const { imagery, requests, sample } = parts
  const bySample = sample === null ? null : pointCount / sample.patchesPerSecond
  if (requests === null || !('requestsPerSecond' in imagery)) return bySample
  // The limit holds for each host, so the one that is asked most is the last to be done.
  const [most] = requests.hosts
  return Math.max((most?.count ?? 0) / imagery.requestsPerSecond, bySample ?? 0)
}

function tellAttribution(imagery: ImageryConfig, attribution: string): string {
  if (attribution === '') return 'no attribution in the list of patches: results name no source'
  return imagery.kind !== 'geotiff' || imagery.attribution !== undefined
    ? attribution
    : `no "attribution" in the source: results name its files (${attribution})`
}

function termsOf(imagery: ImageryConfig, { attribution }: ImagerySource): string[] {
  return [
    tellAttribution(imagery, attribution),
    ...('licence' in imagery && imagery.licence !== undefined ? [imagery.licence] : []),
    ...('termsUrl' in imagery && imagery.termsUrl !== undefined ? [imagery.termsUrl] : []),
  ]
}
