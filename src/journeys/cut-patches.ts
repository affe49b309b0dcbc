/** Claimed points → patches, and for the others why not. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BadDataError, UpstreamError } from '../errors.ts'
import type { ClaimedPoint } from '../gallery/points.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { Patch, UnavailablePoint } from '../types.ts'
import { mapOrdered, type Gate } from './flow.ts'

/** A point and its picture. */
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
  readonly cut: readonly CutPatch[]
  readonly unavailable: readonly UnavailablePoint[]
  readonly failed: readonly FailedPatch[]
}

/** From where patches are cut, and how many at a time. */
export interface CutContext {
  readonly source: ImagerySource
  readonly size: PatchSize
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
  const unavailable: UnavailablePoint[] = []
  const failed: FailedPatch[] = []
  const results = mapOrdered(points, points.length, (point) => cutOne(context, point, signal))
  for await (const result of results) {
    if ('patch' in result) cut.push(result)
    else if ('error' in result) failed.push(result)
    else unavailable.push(result)
  }
  return { cut, unavailable, failed }
}

function cutOne(
  { source, size, gate }: CutContext,
  point: ClaimedPoint,
  signal: AbortSignal,
): Promise<CutPatch | UnavailablePoint | FailedPatch> {
  return gate(async () => {
    // Cutting from memory never waits for anything; without this, finished sessions would wait for a whole batch.
    await nextTurn()
    signal.throwIfAborted()
    try {
      return { point, patch: await source.patch(point, size, signal) }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof BadDataError) return { id: point.id, reason: error.code }
      if (error instanceof UpstreamError) return { point, error }
      throw error
    }
  })
}
