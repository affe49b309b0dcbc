/** What holds a build up, for people and for the database; and how long it waits before it tries again. */
import type { UpstreamError } from '../errors.ts'
import type { BuildProblem } from '../types.ts'
import { isRefusal } from './judge-failures.ts'

/** How long to wait after the first hold-up in a row, and at most. */
export interface WaitLimits {
  readonly firstMs: number
  readonly mostMs: number
}

export const HOLD_UP_WAIT: WaitLimits = { firstMs: 1000, mostMs: 60_000 }

/** A build that waits. */
export interface HoldUp {
  readonly problem: BuildProblem
  /** The next wait if this try fails too. */
  readonly waitMs: number
  /** On the caller's clock. */
  readonly untilMs: number
}

/** The wait after an error: until the moment that its host named, or twice as long as the last time. */
export function holdUpAfter(
  error: UpstreamError,
  before: HoldUp | undefined,
  { now, limits }: { readonly now: Date; readonly limits: WaitLimits },
): HoldUp {
  const waitMs = Math.min(before === undefined ? limits.firstMs : 2 * before.waitMs, limits.mostMs)
  const named = Date.parse(String(error.facts['nextTry']))
  // A moment that is over, or on another clock, must not make us ask without a pause.
  const untilMs = Math.max(now.getTime() + waitMs, Number.isNaN(named) ? 0 : named)
  return { problem: problemOf(error, now, new Date(untilMs)), waitMs, untilMs }
}

/** An error as it is stored with the region. */
export function problemOf(error: UpstreamError, now: Date, nextTryAt?: Date): BuildProblem {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    at: now.toISOString(),
    ...(nextTryAt !== undefined && !isRefusal(error) && { nextTryAt: nextTryAt.toISOString() }),
  }
}
