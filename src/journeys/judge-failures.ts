/**
 * Imagery that could not be had → whose fault it is: the host's (wait, nothing is marked), the source's (stop), or
 * the point's own (try again later, at last give it up).
 */
import type { UpstreamError } from '../errors.ts'
import type { FailedPoint } from '../gallery/embeddings.ts'
import type { UnavailablePoint } from '../types.ts'
import type { CutResult, FailedPatch } from './cut-patches.ts'

/** After so many broken pictures, at different times, a point is given up with the reason. */
export const FAILURES_MAX = 3

/** Seconds until a point is tried again: after the first failure, and after the second. */
const RETRY_S = [5, 20] as const

/** What follows from the failures of one claim. */
export interface Judged {
  readonly failed: readonly FailedPoint[]
  readonly givenUp: readonly UnavailablePoint[]
  /** The build has to wait or stop; the points that met it are given back as they were. */
  readonly heldUp: UpstreamError | null
}

/**
 * Judges the failures of one claim. A failure counts against its point only where the imagery of others of the claim
 * came, or where all points of the claim have failed before: a host that is down marks nothing.
 */
export function judgeFailures({ cut, failed }: CutResult): Judged {
  const refused = failed.find(({ error }) => isRefusal(error))
  const isHostUp = cut.length > 0 || failed.every(({ point }) => point.failures > 0)
  const own = failed.filter(({ error }) => isHostUp && isOwnFault(error))
  const heldUp = refused ?? failed.find((patch) => !own.includes(patch))
  return {
    failed: own.filter((patch) => !isLast(patch)).map(({ point }) => laterTry(point)),
    givenUp: own.filter(isLast).map(({ point, error }) => ({ id: point.id, reason: error.code })),
    heldUp: heldUp?.error ?? null,
  }
}

/** Whether no waiting heals it: the source does not let us in. */
export function isRefusal(error: UpstreamError): boolean {
  return error.code.endsWith('-refused')
}

/** A breaker that is open speaks of the host, except where it opened on an answer that says "this tile is broken". */
function isOwnFault(error: UpstreamError): boolean {
  if (isRefusal(error)) return false
  return error.code !== 'host-down' || error.facts['failure'] === '500'
}

function isLast({ point }: FailedPatch): boolean {
  return point.failures + 1 >= FAILURES_MAX
}

function laterTry({ id, failures }: { id: number; failures: number }): FailedPoint {
  return { id, waitS: RETRY_S[failures] ?? RETRY_S[1] }
}
