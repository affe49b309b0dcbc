/** The wish for a build → what is settled before it begins: what is tried again, how densely, how many dates. */
import { InputError } from '../errors.ts'
import { countPoints } from '../gallery/points.ts'
import { findDatePolicy } from '../gallery/refresh.ts'
import { findRegion } from '../gallery/regions.ts'
import { retryPoints } from './build-region.ts'
import type { Outside } from './outside.ts'
import { keepVintages } from './refresh-region.ts'
import { requestDense } from './request-dense.ts'

/** What somebody wants beside the build itself; all of it is kept for later builds. */
export interface BuildWish {
  /** Points without imagery are tried again: all, or those of some reasons. */
  readonly retry?: true | readonly string[] | undefined
  /** Dense, a patch every so many metres; null: the stride of the model. */
  readonly denseM?: number | null | undefined
  /** Dates of each place, newest first. */
  readonly vintages?: number | undefined
}

/** What was settled; null where nothing was wished. */
export interface SettledBuild {
  /** Points that are tried again. */
  readonly retried: number | null
  readonly denseM: number | null
  /** What the wish does not bring about. */
  readonly warnings: readonly string[]
}

/**
 * Settles how a region is built from now on, by whoever builds it.
 * @throws {InputError} `retry-reason`, `dense-dates`, and those of `requestDense`
 * @throws {NotFoundError} `region-not-found`
 */
export async function settleBuild(
  outside: Outside,
  name: string,
  { retry, denseM, vintages }: BuildWish,
): Promise<SettledBuild> {
  if (denseM !== undefined && vintages !== undefined && vintages > 1) throw oneDate(vintages)
  const { id } = await findRegion(outside.db, name)
  const reasons = await checkReasons(outside, id, retry)
  const settledM = denseM === undefined ? null : await requestDense(outside, name, denseM)
  const warnings = vintages === undefined ? [] : await settleVintages(outside, name, vintages)
  const retried = reasons === null ? null : await retryPoints(outside, name, reasons)
  return { retried, denseM: settledM, warnings }
}

function oneDate(vintages: number): InputError {
  return new InputError(
    'dense-dates',
    `Expected one date of each place for a dense build, got ${vintages}`,
    { hint: 'build densely, or with several dates' },
  )
}

/** A build only embeds points that are not. */
async function settleVintages(
  outside: Outside,
  name: string,
  vintages: number,
): Promise<readonly string[]> {
  const { id } = await findRegion(outside.db, name)
  const before = await findDatePolicy(outside.db, id)
  const { embedded } = await countPoints(outside.db, id)
  await keepVintages(outside, name, vintages)
  if (vintages <= before.vintages || embedded === 0) return []
  return [
    `the ${embedded} points that are embedded keep the dates that they have: \`whereabouts region refresh ${name}\` adds the others`,
  ]
}

/**
 * A reason that no point has is a slip; a region all of whose points have imagery has nothing to slip on.
 * @returns null: nothing is to be tried again; undefined: all is
 */
async function checkReasons(
  { db }: Outside,
  regionId: number,
  retry: BuildWish['retry'],
): Promise<readonly string[] | undefined | null> {
  if (retry === undefined) return null
  if (retry === true) return undefined
  const { unavailable } = await countPoints(db, regionId)
  const known = Object.entries(unavailable)
  const unknown = retry.filter((reason) => unavailable[reason] === undefined)
  if (known.length === 0 || unknown.length === 0) return retry
  throw new InputError(
    'retry-reason',
    `Expected reasons that points of the region have, got "${unknown.join(', ')}"`,
    { hint: `there are: ${known.map(([reason, count]) => `${reason} (${count})`).join(', ')}` },
  )
}
