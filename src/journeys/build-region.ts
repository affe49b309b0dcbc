/** A created region → embeddings of all its points. May be killed at any moment and continued. */
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { latLngToCell } from 'h3-js'
import type { Encoder } from '../embedding/encoder.ts'
import { BadDataError, InputError } from '../errors.ts'
import { storeBatch } from '../gallery/embeddings.ts'
import {
  claimPoints,
  countPoints,
  releasePoints,
  renewLeases,
  type PointCounts,
} from '../gallery/points.ts'
import { findRegion, setRegionState } from '../gallery/regions.ts'
import { createLaea } from '../geo/projection.ts'
import { parseImageryConfig } from '../imagery/config.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { EmbeddedPoint, Patch, Region, RoadPoint, UnavailablePoint } from '../types.ts'
import { mapOrdered } from './flow.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'

/** What a worker holds at a time, and so what has to be computed again when it is killed. */
const BATCH_POINTS = 256
/** A batch is claimed and stored in two halves: while one is embedded, the other's patches are cut. */
const CLAIMS_UNDER_WAY = 2
const CLAIM_POINTS = BATCH_POINTS / CLAIMS_UNDER_WAY
/** Patches fetched at a time within a batch. */
const PATCHES_UNDER_WAY = 16
/** After this long without a word from its worker a batch is given to somebody else. */
const LEASE_S = 60
/** Three chances to say it. */
const RENEW_EVERY_MS = (LEASE_S * 1000) / 3
/** How often a worker that has run out of work looks whether another one has died: first, and at most. */
const WAIT_MS = { first: 100, most: 5000 }

/** Counting all points takes a scan: in between, the batches of this process are added up. */
const RECOUNT_EVERY_MS = 15_000

/** What the build tells after every batch. */
export interface BuildProgress {
  /** What other workers did shows a few seconds later. */
  readonly counts: PointCounts
  /** Points finished by this process since it began, and the seconds it took. */
  readonly done: number
  readonly elapsedS: number
}

/** How a build is watched and stopped. */
export interface BuildOptions {
  readonly signal: AbortSignal
  onProgress(progress: BuildProgress): void
}

/**
 * Embeds every point of the region that has no embedding yet.
 * @returns the counts at the end; with a stop by the signal, points remain pending
 * @throws {InputError} `model-mismatch` when the loaded model is not the region's
 */
export async function buildRegion(
  outside: Outside,
  name: string,
  options: BuildOptions,
): Promise<PointCounts> {
  const region = await findRegion(outside.db, name)
  const encoder = await outside.encoder('overhead')
  refuseOtherModel(region, encoder)
  const source = await outside.openSource(parseImageryConfig(region.imagery))
  const renewal = setInterval(() => {
    const { db, workerId } = outside
    // A renewal that fails is made good by the next one, or the batch is done twice and stored once.
    renewLeases(db, { regionId: region.id, worker: workerId, leaseS: LEASE_S }).catch(
      () => undefined,
    )
  }, RENEW_EVERY_MS)
  try {
    await setRegionState(outside.db, region.id, { state: 'building', runtime: encoder.runtime })
    await runBatches(outside, { region, encoder, source }, options)
    const counts = await countPoints(outside.db, region.id)
    if (counts.pending + counts.leased === 0) {
      await setRegionState(outside.db, region.id, { state: 'built', runtime: encoder.runtime })
    }
    return counts
  } finally {
    clearInterval(renewal)
    await source.close()
  }
}

interface BuildContext {
  readonly region: Region
  readonly encoder: Encoder
  readonly source: ImagerySource
}

async function runBatches(
  outside: Outside,
  context: BuildContext,
  options: BuildOptions,
): Promise<void> {
  const now = () => outside.now().getTime()
  const startedAt = now()
  let countedAt = startedAt
  let counts = await countPoints(outside.db, context.region.id)
  let done = 0
  const batches = claimBatches(outside, context.region, options.signal)
  const stored = mapOrdered(batches, CLAIMS_UNDER_WAY, (points) =>
    buildBatch(outside, { ...context, points }, options.signal),
  )
  for await (const outcome of stored) {
    done += outcome.embedded + outcome.unavailable.length
    counts = addOutcome(counts, outcome)
    if (now() - countedAt > RECOUNT_EVERY_MS) {
      counts = await countPoints(outside.db, context.region.id)
      countedAt = now()
    }
    options.onProgress({ counts, done, elapsedS: (now() - startedAt) / 1000 })
  }
}

/** How one batch ended. */
interface Outcome {
  readonly embedded: number
  readonly unavailable: readonly UnavailablePoint[]
}

function addOutcome(counts: PointCounts, { embedded, unavailable }: Outcome): PointCounts {
  const reasons = { ...counts.unavailable }
  for (const { reason } of unavailable) reasons[reason] = (reasons[reason] ?? 0) + 1
  const doneCount = embedded + unavailable.length
  // The last count saw as leased what was under way then.
  const leasedCount = Math.min(counts.leased, doneCount)
  return {
    total: counts.total,
    pending: Math.max(0, counts.pending - (doneCount - leasedCount)),
    leased: counts.leased - leasedCount,
    embedded: counts.embedded + embedded,
    unavailable: reasons,
  }
}

/** Batches until every point is done; waits for those that other workers hold, in case one dies. */
async function* claimBatches(outside: Outside, region: Region, signal: AbortSignal) {
  let waitMs = WAIT_MS.first
  while (!signal.aborted) {
    const points = await claimPoints(outside.db, {
      regionId: region.id,
      count: CLAIM_POINTS,
      leaseS: LEASE_S,
      worker: outside.workerId,
    })
    if (points.length > 0) {
      waitMs = WAIT_MS.first
      yield points
    } else if ((await countPoints(outside.db, region.id)).leased === 0) {
      return
    } else {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      waitMs = Math.min(2 * waitMs, WAIT_MS.most)
    }
  }
}

/** Cuts, embeds and stores one batch; what fails for a reason of the network gives its lease back. */
async function buildBatch(
  outside: Outside,
  context: BuildContext & { readonly points: readonly RoadPoint[] },
  signal: AbortSignal,
): Promise<Outcome> {
  const { region, points } = context
  const nothing = { embedded: 0, unavailable: [] }
  const release = () =>
    releasePoints(outside.db, {
      regionId: region.id,
      pointIds: points.map((point) => point.id),
      worker: outside.workerId,
    })
  if (signal.aborted) {
    await release()
    return nothing
  }
  try {
    const { cut, unavailable } = await cutPatches(context, signal)
    const embedded = await embedPatches(context, cut)
    await storeBatch(outside.db, {
      regionId: region.id,
      modelSha256: context.encoder.card.sha256,
      worker: outside.workerId,
      embedded,
      unavailable,
    })
    return { embedded: embedded.length, unavailable }
  } catch (error) {
    await release()
    if (signal.aborted) return nothing
    throw error
  }
}

interface CutPatch {
  readonly point: RoadPoint
  readonly patch: Patch
}

async function cutPatches(
  { source, encoder, points }: BuildContext & { readonly points: readonly RoadPoint[] },
  signal: AbortSignal,
): Promise<{ cut: CutPatch[]; unavailable: UnavailablePoint[] }> {
  const size = patchSizeOf(encoder.card)
  const cut: CutPatch[] = []
  const unavailable: UnavailablePoint[] = []
  const results = mapOrdered(points, PATCHES_UNDER_WAY, (point) =>
    cutOne({ source, size, signal }, point),
  )
  for await (const result of results) {
    if ('patch' in result) cut.push(result)
    else unavailable.push(result)
  }
  return { cut, unavailable }
}

async function cutOne(
  { source, size, signal }: { source: ImagerySource; size: PatchSize; signal: AbortSignal },
  point: RoadPoint,
): Promise<CutPatch | UnavailablePoint> {
  // Cutting from memory never waits for anything; without this, finished sessions would wait for a whole batch.
  await nextTurn()
  try {
    return { point, patch: await source.patch(point, size, signal) }
  } catch (error) {
    if (error instanceof BadDataError) return { id: point.id, reason: error.code }
    throw error
  }
}

async function embedPatches(
  { region, encoder }: BuildContext,
  cut: readonly CutPatch[],
): Promise<EmbeddedPoint[]> {
  if (cut.length === 0) return []
  const logits = await encoder.encode(cut.map(({ patch }) => patch.image))
  const classes = encoder.card.classes
  const projection = createLaea(region.centre)
  return cut.map(({ point, patch }, i) => {
    const [x, y] = projection.forward(point)
    return {
      ...point,
      x,
      y,
      h3: BigInt(`0x${latLngToCell(point.lat, point.lon, 15)}`),
      capturedOn: patch.capturedOn,
      reference: patch.reference,
      patchSha256: createHash('sha256').update(patch.image.data).digest('hex'),
      logits: logits.slice(i * classes, (i + 1) * classes),
    }
  })
}

function refuseOtherModel(region: Region, encoder: Encoder): void {
  if (region.model.sha256 === encoder.card.sha256) return
  throw new InputError(
    'model-mismatch',
    `Expected model ${region.model.name} (${region.model.sha256.slice(0, 12)}) for region "${region.name}", got ${encoder.card.name} (${encoder.card.sha256.slice(0, 12)})`,
    { hint: `give --overhead-model ${region.model.name}, or create the region anew` },
  )
}
