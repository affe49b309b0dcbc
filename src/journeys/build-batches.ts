/**
 * A region's open points → embeddings, batch by batch, until nothing can be claimed or something
 * holds it up. Batches overlap: while the patches of some are fetched and cut, others are embedded
 * and stored.
 */
import type { Encoder } from '../embedding/encoder.ts'
import type { UpstreamError } from '../errors.ts'
import type { BuildPlan } from '../gallery/build-plan.ts'
import { isBuildWanted } from '../gallery/builds.ts'
import { storeBatch } from '../gallery/embeddings.ts'
import { claimPoints, releasePoints, renewLeases, type ClaimedPoint } from '../gallery/points.ts'
import { findKnownVintages } from '../gallery/refresh.ts'
import { PixelPool } from '../image/pixel-pool.ts'
import { isBlack } from '../imagery/black.ts'
import type { ImagerySource } from '../imagery/source.ts'
import { createDenseWay } from './build-dense.ts'
import type { BatchOutcome, StepClock } from './build-progress.ts'
import type { BuildWay } from './build-way.ts'
import type { DatesWanted } from './cut-dates.ts'
import { cutPatches } from './cut-patches.ts'
import { untilDatabaseAnswers } from './database-away.ts'
import { embedPatches } from './embed-patches.ts'
import { createGate, mapAsReady, type Gate } from './flow.ts'
import { judgeFailures, needsProbe } from './judge-failures.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'
import type { Probe } from './probe-imagery.ts'

/** What a worker holds at a time, and so what has to be computed again when it is killed. */
const HELD_POINTS = 256
/** In so many claims, each in its own step. */
const CLAIMS_UNDER_WAY = 4
const CLAIM_POINTS = HELD_POINTS / CLAIMS_UNDER_WAY
/** Patches fetched or cut at a time. */
const PATCHES_UNDER_WAY = 32
/**
 * Two, so that no session waits for the slowest picture of one claim; more would only have to be
 * awaited at a stop.
 */
const CLAIMS_EMBEDDED = 2
/** After this long without a word from its worker a claim is given to somebody else. */
export const LEASE_S = 60
/** How often in that time it says one. */
const RENEWALS = 3

/** What a process needs to work on a region. */
export interface BuildSite extends BuildPlan {
  readonly encoder: Encoder
  readonly source: ImagerySource
  readonly probe: Probe
  readonly clock: StepClock
  readonly leaseS: number
}

interface Work extends BuildSite {
  readonly way: BuildWay
  readonly embedGate: Gate
  /** Ids of the points under way. */
  readonly held: Set<number>
  readonly signal: AbortSignal
}

/**
 * Claims, cuts, embeds and stores until no point can be claimed or the build is not wanted any
 * more. With the signal, fetches are given up, what is being embedded is finished, and the rest is
 * given back.
 * @throws {UpstreamError} what holds the build up, after everything under way is stored or given
 *   back
 */
export async function* buildBatches(
  outside: Outside,
  site: BuildSite,
  signal: AbortSignal,
): AsyncGenerator<BatchOutcome> {
  const denseM = site.region.runtime?.denseM
  const work: Work = {
    ...site,
    way: denseM === undefined ? createPatchWay(outside, site) : createDenseWay(site, denseM),
    embedGate: createGate(CLAIMS_EMBEDDED),
    held: new Set(),
    signal,
  }
  const renewal = setInterval(() => void renew(outside, work), (work.leaseS * 1000) / RENEWALS)
  const heldUp: UpstreamError[] = []
  try {
    const claims = claimBatches(outside, work, () => heldUp.length > 0)
    for await (const outcome of mapAsReady(claims, work.way.claimsUnderWay, (points) =>
      buildBatch(outside, work, points),
    )) {
      if (outcome.heldUp !== null) heldUp.push(outcome.heldUp)
      yield outcome
    }
  } finally {
    clearInterval(renewal)
  }
  const [first] = heldUp
  if (first !== undefined) throw first
}

/** Patch by patch: any points, any source. */
function createPatchWay(outside: Outside, site: BuildSite): BuildWay {
  const { region, encoder, source, clock } = site
  const pixels = new PixelPool(HELD_POINTS)
  const allocate = pixels.take.bind(pixels)
  const size = { ...patchSizeOf(encoder.card), allocate }
  const gate = clock.watch(createGate(PATCHES_UNDER_WAY))
  return {
    claimsUnderWay: CLAIMS_UNDER_WAY,
    claim: (db, lease) => claimPoints(db, { ...lease, count: CLAIM_POINTS }),
    find: async (points, signal) => {
      const dates = await datesWanted(outside, { ...site, signal }, points)
      const found = await cutPatches({ source, size, dates, gate }, points, signal)
      const embed = async () => {
        const rows = await embedPatches({ region, encoder }, found.cut)
        for (const { patch } of found.cut) pixels.give(patch.image.data)
        return rows
      }
      const black = found.cut.filter(({ patch: { image } }) =>
        isBlack(image, { x: 0, y: 0, px: image.width }),
      )
      return { ...found, blackCount: black.length, embed }
    },
  }
}

async function renew({ db, workerId }: Outside, { region, held, leaseS }: Work): Promise<void> {
  const lease = { regionId: region.id, worker: workerId, leaseS, pointIds: [...held] }
  // A renewal that fails is made good by the next one, or the batch is done twice and stored once.
  await renewLeases(db, lease).catch(() => undefined)
}

async function* claimBatches(outside: Outside, work: Work, isHeldUp: () => boolean) {
  const { region, stamp, way, clock, held, leaseS, signal } = work
  const claim = async (): Promise<ClaimedPoint[]> => {
    if (!(await isBuildWanted(outside.db, region.id, stamp))) return []
    return way.claim(outside.db, { regionId: region.id, leaseS, worker: outside.workerId })
  }
  while (!signal.aborted && !isHeldUp()) {
    const points = await clock.time('database', () => untilDatabaseAnswers(claim, signal))
    if (points.length === 0) return
    for (const { id } of points) held.add(id)
    yield points
  }
}

interface Ended extends BatchOutcome {
  readonly heldUp: UpstreamError | null
}

const NOTHING_STORED: Ended = {
  stored: { embedded: 0, unavailable: 0 },
  storedAt: 0,
  unavailable: [],
  blackCount: 0,
  failures: [],
  heldUp: null,
}

/** Cuts, embeds and stores one claim; what is not stored is given back. */
async function buildBatch(
  outside: Outside,
  work: Work,
  points: readonly ClaimedPoint[],
): Promise<Ended> {
  try {
    const ended = await embedAndStore(outside, work, points)
    if (ended.heldUp !== null) await release(outside, work, points)
    return ended
  } catch (error) {
    // The first error matters; a lease that could not be given back runs out.
    await release(outside, work, points).catch(() => undefined)
    if (!work.signal.aborted) throw error
    return NOTHING_STORED
  } finally {
    for (const { id } of points) work.held.delete(id)
  }
}

async function embedAndStore(
  outside: Outside,
  work: Work,
  points: readonly ClaimedPoint[],
): Promise<Ended> {
  const { region, encoder, way, clock, signal } = work
  const found = await clock.time('imagery', () => way.find(points, signal))
  const silence = needsProbe(found) ? await clock.time('imagery', () => work.probe(signal)) : null
  const { failed, givenUp, heldUp } = judgeFailures(found, silence)
  const embedded = await clock.time('inference', () =>
    work.embedGate(async () => {
      signal.throwIfAborted()
      return found.embed()
    }),
  )
  const unavailable = [...found.unavailable, ...givenUp]
  const batch = {
    regionId: region.id,
    modelSha256: encoder.card.sha256,
    worker: outside.workerId,
    source: work.sourceIndex,
    stamp: work.stamp,
    embedded,
    unchanged: found.unchanged ?? [],
    unavailable,
    failed,
  }
  const stored = await clock.time('database', () =>
    untilDatabaseAnswers(() => storeBatch(outside.db, batch), signal),
  )
  if (stored === null) {
    await release(outside, work, points)
    return NOTHING_STORED
  }
  const storedAt = outside.now().getTime()
  const retried = new Set(failed.map(({ id }) => id))
  const failures = found.failed.filter(({ point }) => retried.has(point.id))
  const told = await tellKept(outside, work, { stored, unavailable })
  const codes = failures.map(({ error }) => error.code)
  return { ...told, storedAt, blackCount: found.blackCount, failures: codes, heldUp }
}

/** A refresh that gets no picture of a point leaves it embedded, with the rows that it has. */
async function tellKept(
  outside: Outside,
  work: Work,
  { stored, unavailable }: Pick<BatchOutcome, 'stored' | 'unavailable'>,
): Promise<Pick<BatchOutcome, 'stored' | 'unavailable'>> {
  const { known } = await datesWanted(outside, work, unavailable)
  const without = unavailable.filter(({ id }) => !known.has(id))
  const kept = unavailable.length - without.length
  return {
    stored: { embedded: stored.embedded + kept, unavailable: stored.unavailable - kept },
    unavailable: without,
  }
}

/** Only a refresh meets points that have rows already. */
async function datesWanted(
  { db }: Outside,
  { region, dates, clock, signal }: BuildSite & { readonly signal: AbortSignal },
  points: readonly Pick<ClaimedPoint, 'id'>[],
): Promise<DatesWanted> {
  const { vintages, refreshedAt } = dates
  if (refreshedAt === null || points.length === 0) return { vintages, known: new Map() }
  const ids = points.map(({ id }) => id)
  const find = () => findKnownVintages(db, region.id, ids)
  const known = await clock.time('database', () => untilDatabaseAnswers(find, signal))
  return { vintages, known }
}

function release(outside: Outside, { region, signal }: Work, points: readonly ClaimedPoint[]) {
  const pointIds = points.map(({ id }) => id)
  return untilDatabaseAnswers(
    () => releasePoints(outside.db, { regionId: region.id, pointIds, worker: outside.workerId }),
    signal,
  )
}
