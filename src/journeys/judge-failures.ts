/**
 * Imagery that could not be had → whose fault it is: the host's (wait, nothing is marked), the source's (stop), or
 * the point's own (try again later, at last give it up).
 */
import type { UpstreamError } from '../errors.ts'
import type { FailedPoint } from '../gallery/embeddings.ts'
import type { UnavailablePoint } from '../types.ts'
import type { Found } from './build-way.ts'
import type { FailedPatch } from './cut-patches.ts'

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
export function judgeFailures({ cut, failed }: Pick<Found, 'cut' | 'failed'>): Judged {
  const refused = failed.find(({ error }) => isRefusal(error))
  const isSuspect = cut.length === 0 && failed.every(({ point }) => point.failures > 0)
  const own = failed.filter(({ error }) =>
    error.code === 'host-down'
      ? isSuspect && isAboutContent(error)
      : (isSuspect || cut.length > 0) && !isRefusal(error),
  )
  const heldUp = refused ?? failed.find((patch) => !own.includes(patch))
  return {
    failed: own.filter((patch) => !isLast(patch)).map(({ point }) => laterTry(point)),
    givenUp: own
      .filter(isLast)
      .map(({ point, error }) => ({ id: point.id, reason: reasonOf(error) })),
    heldUp: heldUp?.error ?? null,
  }
}

/** Whether no waiting heals it: the source does not let us in, or is not the one that was opened any more. */
export function isRefusal(error: UpstreamError): boolean {
  return error.code.endsWith('-refused') || error.code === 'file-changed'
}

/** Network errors, timeouts, "too many requests" and the statuses of gateways speak of the host. */
const OF_THE_HOST = /^([A-Z_]+|network error|no answer in time|429|50[234])$/

/** A host counts as down also when it answered nothing but broken pictures: the last points of a region may all be such. */
function isAboutContent({ facts }: UpstreamError): boolean {
  return !OF_THE_HOST.test(String(facts['failure']))
}

function isLast({ point }: FailedPatch): boolean {
  return point.failures + 1 >= FAILURES_MAX
}

/** The reason under which a point is given up must not be that of a host. */
function reasonOf({ code }: UpstreamError): string {
  return code === 'host-down' ? 'tiles-unavailable' : code
}

function laterTry({ id, failures }: { id: number; failures: number }): FailedPoint {
  return { id, waitS: RETRY_S[failures] ?? RETRY_S[1] }
}
