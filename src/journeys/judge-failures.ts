/**
 * Imagery that could not be had → whose fault it is: the host's (wait, nothing is marked), the
 * source's (stop), or the point's own (try again later, at last give it up).
 */
import type { UpstreamError } from '../errors.ts'
import type { FailedPoint } from '../gallery/embeddings.ts'
import { isOfHost } from '../imagery/http-answer.ts'
import type { UnavailablePoint } from '../types.ts'
import type { Found } from './build-way.ts'
import type { FailedPatch } from './cut-patches.ts'

/** After so many broken pictures, at different times, a point is given up with the reason. */
export const FAILURES_MAX = 3

/** Seconds until a point is tried again: after the first failure, and after the second. */
const RETRY_S = [5, 20] as const

/**
 * Where all of a claim is broken, as far as it was asked for: seconds until it is looked at again,
 * and counts.
 */
const DOUBT_S = 120
/** Seconds until a file that was exchanged is open anew; that it is exchanged again then counts. */
const REOPEN_S = 1

/** What follows from the failures of one claim. */
export interface Judged {
  readonly failed: readonly FailedPoint[]
  readonly givenUp: readonly UnavailablePoint[]
  /** The build has to wait or stop; the points that met it are given back as they were. */
  readonly heldUp: UpstreamError | null
}

/** What a failure means for its point. */
type Verdict = 'counts' | 'in doubt' | 'held up'

/**
 * Whether the judgement needs to know if imagery comes anywhere: all of the claim is broken, or a
 * point would be given up.
 */
export function needsProbe({ cut, failed }: Pick<Found, 'cut' | 'failed'>): boolean {
  const broken = failed.filter(({ error }) => !isRefusal(error) && isAboutContent(error))
  return broken.some((patch) => cut.length === 0 || isLast(patch))
}

/**
 * Judges the failures of one claim. A failure counts against its point where the imagery of others
 * of the claim came, or where the point has waited before. Broken pictures in all of a claim are in
 * doubt at first: its points wait, and others are built meanwhile. A host that is down, or that
 * sends no picture of any place, marks nothing. A file that was exchanged is opened anew, so the
 * build is held up for a moment; one that is another at each opening counts against its points.
 * @param silence  that no imagery comes anywhere (`Probe`)
 */
export function judgeFailures(
  { cut, failed }: Pick<Found, 'cut' | 'failed'>,
  silence: UpstreamError | null = null,
): Judged {
  if (silence !== null) return { failed: [], givenUp: [], heldUp: silence }
  const refused = failed.find(({ error }) => isRefusal(error))
  const exchanged = failed.find(({ error }) => isExchanged(error))
  const hasOthers = cut.length > 0
  const isSuspect = !hasOthers && failed.every(({ point }) => point.failures > 0)
  const judged = failed.map((patch) => ({ patch, verdict: judge(patch, { hasOthers, isSuspect }) }))
  const having = (wanted: Verdict) =>
    judged.filter(({ verdict }) => verdict === wanted).map(({ patch }) => patch)
  const own = having('counts')
  return {
    failed: [
      ...own.filter((patch) => !isLast(patch)).map(({ point }) => laterTry(point)),
      ...having('in doubt').map(({ point: { id }, error }) => {
        return { id, waitS: isExchanged(error) ? REOPEN_S : DOUBT_S, isCounted: false }
      }),
    ],
    givenUp: own
      .filter(isLast)
      .map(({ point, error }) => ({ id: point.id, reason: reasonOf(error) })),
    heldUp: (refused ?? having('held up')[0] ?? exchanged)?.error ?? null,
  }
}

function judge(
  { point, error }: FailedPatch,
  { hasOthers, isSuspect }: { readonly hasOthers: boolean; readonly isSuspect: boolean },
): Verdict {
  if (isRefusal(error)) return 'held up'
  if (isExchanged(error)) return onceInDoubt(point)
  if (error.code === 'host-down') return isSuspect && isAboutContent(error) ? 'counts' : 'held up'
  if (hasOthers || isSuspect) return 'counts'
  if (!isAboutContent(error)) return 'held up'
  return onceInDoubt(point)
}

function onceInDoubt({ hasWaited }: FailedPatch['point']): Verdict {
  return hasWaited ? 'counts' : 'in doubt'
}

/** Whether no waiting heals it: the source does not let us in. */
export function isRefusal(error: UpstreamError): boolean {
  return error.code.endsWith('-refused')
}

/** It is opened anew with the next visit of the region. */
function isExchanged({ code }: UpstreamError): boolean {
  return code === 'file-changed'
}

/**
 * A host may count as down also because it asked to be left alone in answer to each broken picture.
 */
function isAboutContent({ facts }: UpstreamError): boolean {
  return !isOfHost(String(facts['failure']))
}

function isLast({ point }: FailedPatch): boolean {
  return point.failures + 1 >= FAILURES_MAX
}

/** The reason under which a point is given up must not be that of a host. */
function reasonOf({ code }: UpstreamError): string {
  return code === 'host-down' ? 'tiles-unavailable' : code
}

function laterTry({ id, failures }: { id: number; failures: number }): FailedPoint {
  return { id, waitS: RETRY_S[failures] ?? RETRY_S[1], isCounted: true }
}
