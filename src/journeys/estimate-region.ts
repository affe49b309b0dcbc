/** A region that is planned → what its build will cost: requests, bytes, time; and the terms of the imagery. */
import type { Encoder } from '../embedding/encoder.ts'
import { BadDataError, InputError } from '../errors.ts'
import { readPointStates } from '../gallery/point-states.ts'
import { findRegion, type RegionDraft } from '../gallery/regions.ts'
import { createLaea } from '../geo/projection.ts'
import { projectBoundary, regionAreaKm2 } from '../geo/project-boundary.ts'
import { parseImageryConfig, type ImageryConfig } from '../imagery/config.ts'
import type { Traffic } from '../imagery/host-gate.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { RoadPoint } from '../types.ts'
import { countRequests, spread, type Requests } from './count-requests.ts'
import { mapAsReady } from './flow.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'

/** Patches that may be cut for an estimate: more would be a build. */
export const SAMPLES_MAX = 100
/** Patches embedded to learn the rate: enough to keep all sessions busy for a moment. */
const RATE_PATCHES = 32
const SAMPLES_UNDER_WAY = 4

/** What a build will cost. */
export interface Estimate {
  readonly areaKm2: number
  readonly points: number
  /** Side of a patch, metres. */
  readonly patchM: number
  /** Requests by host; null: nothing is fetched. */
  readonly requests: Requests | null
  /** Patches per second that the model embeds here. */
  readonly patchesPerSecond: number
  /** Of the sampled patches. */
  readonly sample: Sample | null
  /** Seconds: the slower of imagery and inference, because they overlap. */
  readonly inferenceS: number
  readonly imageryS: number | null
  /** Attribution, licence and address of the terms. */
  readonly terms: readonly string[]
}

/** Patches that were cut on trial. */
export interface Sample {
  readonly patches: number
  readonly unavailable: number
  readonly patchesPerSecond: number
}

/**
 * Estimates a build. Without samples nothing is fetched.
 * @param options.sampleCount  patches to cut on trial, spread over the points
 */
export async function estimateRegion(
  outside: Outside,
  { draft, points }: { readonly draft: RegionDraft; readonly points: readonly RoadPoint[] },
  options: { readonly sampleCount: number; readonly signal: AbortSignal },
): Promise<Estimate> {
  const imagery = parseImageryConfig(draft.imagery)
  const encoder = await outside.encoder('overhead')
  const size = patchSizeOf(encoder.card)
  const source = await outside.openSource(imagery, { signal: options.signal })
  try {
    const before = outside.traffic()
    const sample = await trySamples(outside, { source, size, points }, options)
    const tileBytes = meanBytes(before, outside.traffic())
    const requests = countRequests(source, { imagery, size, points, tileBytes })
    const patchesPerSecond = await measureRate(outside, encoder)
    return {
      areaKm2: regionAreaKm2(projectBoundary(draft.boundary, createLaea(draft.centre), 1)),
      points: points.length,
      patchM: size.px * size.gsd,
      requests,
      patchesPerSecond,
      sample,
      inferenceS: points.length / patchesPerSecond,
      imageryS: imageryTime(points.length, { imagery, requests, sample }),
      terms: termsOf(imagery, source),
    }
  } finally {
    await source.close()
  }
}

/**
 * Estimates what is left of the build of a region, patch by patch.
 * @throws {InputError} `region-built` when nothing is left; {NotFoundError} `region-not-found`
 */
export async function estimateRest(
  outside: Outside,
  name: string,
  options: { readonly sampleCount: number; readonly signal: AbortSignal },
): Promise<Estimate> {
  const draft = await findRegion(outside.db, name)
  const points: RoadPoint[] = []
  for await (const page of readPointStates(outside.db, draft.id)) {
    points.push(...page.filter(({ state }) => state === 'pending' || state === 'leased'))
  }
  if (points.length > 0) return estimateRegion(outside, { draft, points }, options)
  throw new InputError('region-built', `Expected a region with points to build, got "${name}"`, {
    hint: 'nothing is left to estimate',
  })
}

interface Trial {
  readonly source: ImagerySource
  readonly size: PatchSize
  readonly points: readonly RoadPoint[]
}

/** Cuts some patches; what they were is of no interest, only whether and how fast they came. */
async function trySamples(
  outside: Outside,
  { source, size, points }: Trial,
  { sampleCount, signal }: { readonly sampleCount: number; readonly signal: AbortSignal },
): Promise<Sample | null> {
  const tried = spread(points, sampleCount)
  if (tried.length === 0) return null
  const startedAt = outside.now().getTime()
  let unavailable = 0
  const cut = mapAsReady(tried, SAMPLES_UNDER_WAY, async (at) =>
    source.patch(at, size, signal).then(
      () => true,
      (error: unknown) => {
        if (error instanceof BadDataError) return false
        throw error
      },
    ),
  )
  for await (const isThere of cut) if (!isThere) unavailable++
  const seconds = Math.max(outside.now().getTime() - startedAt, 1) / 1000
  return { patches: tried.length, unavailable, patchesPerSecond: tried.length / seconds }
}

function meanBytes(before: Traffic, after: Traffic): number | null {
  const requests = after.requests - before.requests
  return requests === 0 ? null : (after.bytes - before.bytes) / requests
}

/** The encoder on grey patches: what is in them does not change the time. */
async function measureRate(outside: Outside, encoder: Encoder): Promise<number> {
  const [height, width] = encoder.card.size
  const image = { width, height, data: new Uint8Array(width * height * 3).fill(128) }
  const images = Array.from({ length: RATE_PATCHES }, () => image)
  await encoder.encode(images.slice(0, 4))
  const startedAt = outside.now().getTime()
  await encoder.encode(images)
  return (1000 * RATE_PATCHES) / Math.max(outside.now().getTime() - startedAt, 1)
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
  return Math.max(requests.count / imagery.requestsPerSecond, bySample ?? 0)
}

function termsOf(imagery: ImageryConfig, { attribution }: ImagerySource): string[] {
  return [
    attribution,
    ...('licence' in imagery && imagery.licence !== undefined ? [imagery.licence] : []),
    ...('termsUrl' in imagery && imagery.termsUrl !== undefined ? [imagery.termsUrl] : []),
  ]
}
