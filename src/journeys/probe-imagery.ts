/**
 * Broken pictures all over a claim: is an area broken, or does the host answer everybody with
 * rubbish? Places are asked whose pictures came before, past all caches; before any came, some that
 * were said to have none, or that are still open.
 */
import { BadDataError, InputError, UpstreamError } from '../errors.ts'
import { findPlacesAfter, type PlaceState } from '../gallery/point-states.ts'
import { countPoints } from '../gallery/points.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { Region, RoadPoint } from '../types.ts'
import { asExchanged } from './hold-up.ts'
import { isRefusal } from './judge-failures.ts'
import type { Outside } from './outside.ts'
import { openRegionSource } from './region-source.ts'

/** Places asked; one that answers is enough. */
const PLACES = 3
/** So long the answer holds for others that ask. */
const KEEP_MS = 10_000

/**
 * Tells what is wrong with the imagery everywhere; null: some of it comes, so what is broken is a
 * part.
 */
export type Probe = (signal: AbortSignal) => Promise<UpstreamError | null>

/** What is asked, and for what. */
export interface Probed {
  readonly region: Region
  /** As the region's visit opened it: what lists its pictures need not be read again. */
  readonly source: ImagerySource
  readonly size: PatchSize
}

/** Makes the probe of a region; who asks while one is under way, or soon after, gets its answer. */
export function createProbe(outside: Outside, probed: Probed): Probe {
  let latest: { readonly answer: Promise<UpstreamError | null>; readonly endsMs: number } | null
  latest = null
  return (signal) => {
    const nowMs = outside.now().getTime()
    if (latest === null || nowMs > latest.endsMs) {
      const answer = probe(outside, probed, signal)
      latest = { answer, endsMs: Infinity }
      const settle = (keepMs: number) => () => {
        latest = { answer, endsMs: outside.now().getTime() + keepMs }
      }
      answer.then(settle(KEEP_MS), settle(0))
    }
    return latest.answer
  }
}

async function probe(
  outside: Outside,
  { region, source: known, size }: Probed,
  signal: AbortSignal,
): Promise<UpstreamError | null> {
  const places = await choosePlaces(outside, region.id)
  let failure: UpstreamError | null = null
  let source: ImagerySource | null = null
  try {
    source = known.fresh?.() ?? (await openRegionSource(outside, region, { isFresh: true, signal }))
    for (const place of places) {
      failure = await tryPlace(source, { place, size }, signal)
      if (failure === null) return null
      if (failure.code === 'host-down' || isRefusal(failure)) return failure
    }
  } catch (error) {
    signal.throwIfAborted()
    failure = hostFailure(error)
  } finally {
    await source?.close()
  }
  return failure && nothingComes(failure, places.length)
}

/**
 * The same configuration was opened when the visit began: what cannot be read now is the host's
 * doing.
 */
function hostFailure(given: unknown): UpstreamError {
  const error = asExchanged(given, true)
  if (error instanceof UpstreamError) return error
  if (!(error instanceof InputError || error instanceof BadDataError)) throw error
  return new UpstreamError('host-down', error.message, { cause: error })
}

async function tryPlace(
  source: ImagerySource,
  { place, size }: { readonly place: RoadPoint; readonly size: PatchSize },
  signal: AbortSignal,
): Promise<UpstreamError | null> {
  try {
    await source.patch(place, size, signal)
    return null
  } catch (error) {
    signal.throwIfAborted()
    // That there is no imagery is an answer too.
    if (error instanceof BadDataError) return null
    if (error instanceof UpstreamError) return error
    throw error
  }
}

/**
 * Of these the first is asked of which the region has a point: what came once, or was answered,
 * will again.
 */
const ASKED: readonly PlaceState[] = ['embedded', 'answered', 'open']

async function choosePlaces(outside: Outside, regionId: number): Promise<RoadPoint[]> {
  for (const state of ASKED) {
    const places = await spreadPlaces(outside, { regionId, state })
    if (places.length > 0) return places
  }
  return []
}

/**
 * Spread over the region's ids, others each time: the same ones may lie in the part that is broken.
 */
async function spreadPlaces(
  outside: Outside,
  asked: { readonly regionId: number; readonly state: PlaceState },
): Promise<RoadPoint[]> {
  const { db } = outside
  const [first] = await findPlacesAfter(db, { ...asked, after: -1, count: 1 })
  if (first === undefined) return []
  const { total } = await countPoints(db, asked.regionId)
  const shift = ((outside.now().getTime() / 1000) % 61) / 61
  const places = new Map<number, RoadPoint>()
  for (let i = 0; i < PLACES; i++) {
    const after = Math.floor((total * (i + shift)) / PLACES) - 1
    const [place = first] = await findPlacesAfter(db, { ...asked, after, count: 1 })
    places.set(place.id, place)
  }
  return [...places.values()]
}

/**
 * Files that are others whenever they are read are told as such: a build does not wait for them
 * without end.
 */
function nothingComes({ code, message, facts }: UpstreamError, placeCount: number): UpstreamError {
  return new UpstreamError(
    code === 'file-changed' ? code : 'host-down',
    `Expected a picture at one of ${placeCount} places of the region, got none: ${message}`,
    {
      hint: 'no point is given up for it; the build goes on by itself when pictures come',
      facts: { ...(facts['failure'] !== undefined && { failure: facts['failure'] }) },
    },
  )
}
