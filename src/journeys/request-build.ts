/**
 * The wish for a build → what is settled before it begins: what is tried again, how densely, how
 * many dates.
 */
import { InputError } from '../errors.ts'
import { countPoints } from '../gallery/points.ts'
import { findDatePolicy } from '../gallery/refresh.ts'
import { findRegion } from '../gallery/regions.ts'
import { retryPoints } from './build-region.ts'
import { nextCommand } from './next-command.ts'
import type { Outside } from './outside.ts'
import { keepVintages } from './refresh-region.ts'
import { requestDense } from './request-dense.ts'
import { refuseOtherModel } from './visit-region.ts'

/** What somebody wants beside the build itself; all of it is kept for later builds. */
export interface BuildWish {
  /** Points without imagery are tried again: all, or those of some reasons. */
  readonly retry?: true | readonly string[] | undefined
  /** Dense, a patch every so many metres; null: the stride of the model. */
  readonly denseM?: number | null | undefined
  /** Dates of each place, newest first. */
  readonly vintages?: number | undefined
  /**
   * This process is to build it, so its model has to be the region's; else others may, with theirs.
   */
  readonly isHere?: boolean | undefined
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
 * @throws {InputError} `dense-dates`, `model-mismatch`, and those of `requestDense`
 * @throws {NotFoundError} `region-not-found`
 */
export async function settleBuild(
  outside: Outside,
  name: string,
  { retry, denseM, vintages, isHere }: BuildWish,
): Promise<SettledBuild> {
  if (denseM !== undefined && vintages !== undefined && vintages > 1) throw oneDate(vintages)
  const region = await findRegion(outside.db, name)
  if (isHere === true) refuseOtherModel(region, await outside.encoder('overhead'))
  const settledM = denseM === undefined ? null : await requestDense(outside, name, denseM)
  const warnings = vintages === undefined ? [] : await settleVintages(outside, name, vintages)
  if (retry === undefined) return { retried: null, denseM: settledM, warnings }
  const slips = retry === true ? [] : await findSlips(outside, region.id, retry)
  const retried = await retryPoints(outside, name, retry === true ? undefined : retry)
  return { retried, denseM: settledM, warnings: [...warnings, ...slips] }
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
  const region = await findRegion(outside.db, name)
  const { id } = region
  const before = await findDatePolicy(outside.db, id)
  await keepVintages(outside, name, vintages)
  // Afterwards: what others embed meanwhile with fewer dates is not stored.
  const { embedded } = await countPoints(outside.db, id)
  if (vintages <= before.vintages || embedded === 0) return []
  return [
    `the ${embedded} points that are embedded keep the dates that they have: \`${nextCommand(outside, region, 'region refresh')}\` adds the others`,
  ]
}

/**
 * A reason that no point has may be a slip, or what another build has made good: the build goes on
 * either way.
 */
async function findSlips(
  { db }: Outside,
  regionId: number,
  reasons: readonly string[],
): Promise<readonly string[]> {
  const { unavailable } = await countPoints(db, regionId)
  const known = Object.entries(unavailable).map(([reason, count]) => `${reason} (${count})`)
  const unknown = reasons.filter((reason) => unavailable[reason] === undefined)
  if (unknown.length === 0) return []
  const there = known.length === 0 ? 'none' : known.join(', ')
  return [`no point is without imagery for the reason "${unknown.join(', ')}"; there are: ${there}`]
}
