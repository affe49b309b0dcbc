/**
 * What holds a build up, for people and for the database; and how long it waits before it tries
 * again.
 */
import { InputError, UpstreamError } from '../errors.ts'
import type { BuildProblem } from '../types.ts'
import { isRefusal } from './judge-failures.ts'

/** How long to wait after the first hold-up in a row, and at most. */
export interface WaitLimits {
  readonly firstMs: number
  readonly mostMs: number
}

export const HOLD_UP_WAIT: WaitLimits = { firstMs: 1000, mostMs: 60_000 }

/**
 * So often in a row, ten minutes in all, a file may be gone, or another one whenever it is opened.
 */
const EXCHANGES_MAX = 15

/** A build that waits. */
export interface HoldUp {
  readonly problem: BuildProblem
  /** How often in a row the same held it up, and nothing came of the visits between. */
  readonly inRow: number
  /** The region's points that were done with, by anybody, when that row began. */
  readonly settled: number
  /** The next wait if this try fails too. */
  readonly waitMs: number
  /** On the caller's clock. */
  readonly untilMs: number
}

/** When an error held a region up, and how far that was. */
export interface HeldAt {
  readonly now: Date
  readonly limits: WaitLimits
  /** The region's points that are done with, by anybody. */
  readonly settled: number
}

/**
 * The wait after an error: until the moment that its host named, or twice as long as the last time.
 */
export function holdUpAfter(
  error: UpstreamError,
  before: HoldUp | undefined,
  { now, limits, settled }: HeldAt,
): HoldUp {
  const waitMs = Math.min(before === undefined ? limits.firstMs : 2 * before.waitMs, limits.mostMs)
  const named = Date.parse(String(error.facts['nextTry']))
  // A moment that is over, or on another clock, must not make us ask without a pause.
  const untilMs = Math.max(now.getTime() + waitMs, Number.isNaN(named) ? 0 : named)
  const problem = problemOf(error, now, new Date(untilMs))
  if (before?.problem.code !== error.code) return { problem, inRow: 1, settled, waitMs, untilMs }
  return { problem, inRow: before.inRow + 1, settled: before.settled, waitMs, untilMs }
}

/** What opening the files of a source may say of a file that is not there, or not whole. */
const UNREADABLE = ['file-unreadable', 'raster-unreadable', 'archive-unreadable']

/**
 * Files that this process could open before, and cannot now, have been taken away or are being
 * written: that may heal.
 * @param wasOpen  whether it could
 */
export function asExchanged(error: unknown, wasOpen: boolean): unknown {
  if (!wasOpen || !(error instanceof InputError) || !UNREADABLE.includes(error.code)) return error
  const hint = error.hint !== undefined && { hint: error.hint }
  return new UpstreamError('file-changed', error.message, { ...hint, cause: error })
}

/**
 * What no waiting heals: a refusal, and a file that is gone or never the same for as long as it is
 * read. Null: it is waited for.
 * @param before  the hold-up before this error
 */
export function whyHopeless(
  error: UpstreamError,
  before: HoldUp | undefined,
): UpstreamError | null {
  if (isRefusal(error)) return error
  const { problem, inRow = 0 } = before ?? {}
  if (error.code !== 'file-changed' || problem?.code !== error.code) return null
  if (inRow < EXCHANGES_MAX) return null
  return new UpstreamError(
    'file-unsteady',
    `Expected files that are there and stay as they are while they are read, looked ${EXCHANGES_MAX} times in a row: ${error.message}`,
    {
      hint: 'is it gone, being written, or do several servers behind the address tell different ETags? Then build again, or name a copy',
      cause: error,
    },
  )
}

/**
 * Whether only this process is held up for good: others got on since then, so the build is not its
 * to stop. A refusal is told to all.
 * @param hopeless  what no waiting heals
 * @param settled  the region's points that are done with now
 */
export function isOnlyHere(
  hopeless: UpstreamError,
  before: HoldUp | undefined,
  settled: number,
): boolean {
  return !isRefusal(hopeless) && before?.settled !== settled
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
