/** Claimed points → patches, and for the others why not. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BadDataError, UpstreamError } from '../errors.ts'
import type { ClaimedPoint } from '../gallery/points.ts'
import type { Patch, UnavailablePoint } from '../types.ts'
import { cutDates, type DatesContext } from './cut-dates.ts'
import { mapOrdered, type Gate } from './flow.ts'

/** A point and its picture of one date. */
export interface CutPatch {
  readonly point: ClaimedPoint
  readonly patch: Patch
}

/** A point whose imagery could not be had now. */
export interface FailedPatch {
  readonly point: ClaimedPoint
  readonly error: UpstreamError
}

/** What became of a claim; each list in the order of the points. */
export interface CutResult {
  /** A point with pictures of several dates comes several times. */
  readonly cut: readonly CutPatch[]
  /** Points whose imagery is in the gallery already. */
  readonly unchanged: readonly number[]
  readonly unavailable: readonly UnavailablePoint[]
  readonly failed: readonly FailedPatch[]
}

/** From where patches are cut, and how many at a time. */
export interface CutContext extends DatesContext {
  /** Shared by all claims of a process. */
  readonly gate: Gate
}

/** @throws what the signal says, and bugs; everything that a source may answer is in the result */
export async function cutPatches(
  context: CutContext,
  points: readonly ClaimedPoint[],
  signal: AbortSignal,
): Promise<CutResult> {
  const cut: CutPatch[] = []
  const unchanged: number[] = []
  const unavailable: UnavailablePoint[] = []
  const failed: FailedPatch[] = []
  const results = mapOrdered(points, points.length, (point) => cutOne(context, point, signal))
  for await (const result of results) {
    if ('patches' in result) {
      const { point, patches } = result
      if (patches.length === 0) unchanged.push(point.id)
      for (const patch of patches) cut.push({ point, patch })
    } else if ('error' in result) failed.push(result)
    else unavailable.push(result)
  }
  return { cut, unchanged, unavailable, failed }
}

interface PatchesOf {
  readonly point: ClaimedPoint
  readonly patches: readonly Patch[]
}

function cutOne(
  context: CutContext,
  point: ClaimedPoint,
  signal: AbortSignal,
): Promise<PatchesOf | UnavailablePoint | FailedPatch> {
  return context.gate(async () => {
    // Cutting from memory never waits for anything; without this, finished sessions would wait for
    // a whole batch.
    await nextTurn()
    signal.throwIfAborted()
    try {
      return { point, patches: await cutDates(context, point, signal) }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof BadDataError) return { id: point.id, reason: error.code }
      if (error instanceof UpstreamError) return { point, error }
      throw error
    }
  })
}
