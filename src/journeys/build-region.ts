/**
 * A created region → embeddings of all its points. May be killed at any moment and continued, alone
 * or by many.
 */
import { InputError } from '../errors.ts'
import { findWorkers, requestBuild, stopBuild } from '../gallery/builds.ts'
import { countPoints, retryUnavailable, type PointCounts } from '../gallery/points.ts'
import { findRegion } from '../gallery/regions.ts'
import type { WaitLimits } from './hold-up.ts'
import { nextCommand } from './next-command.ts'
import type { Outside } from './outside.ts'
import { refuseOtherModel, type BuildOptions } from './visit-region.ts'
import { workRegions } from './work-regions.ts'

/**
 * Asks for the build of a region and takes part in it until it is built, stopped by somebody or by
 * the signal. While a host of its imagery is down it waits and goes on.
 * @returns the counts at the end; with a stop, points remain pending
 * @throws {InputError} `model-mismatch` when the loaded model is not the region's
 * @throws {UpstreamError} when the source refuses us
 */
export async function buildRegion(
  outside: Outside,
  name: string,
  options: BuildOptions & { readonly wait?: WaitLimits },
): Promise<PointCounts> {
  const region = await findRegion(outside.db, name)
  refuseOtherModel(region, await outside.encoder('overhead'))
  await requestBuild(outside.db, region.id)
  await workRegions(outside, {
    ...options,
    names: [name],
    isOnce: true,
    onError: (error) => {
      throw error
    },
  })
  if (options.signal.aborted) await leaveBuild(outside, region.id)
  return countPoints(outside.db, region.id)
}

/** Who stops the last process that builds a region stops its build; others go on. */
async function leaveBuild(outside: Outside, regionId: number): Promise<void> {
  const workers = await findWorkers(outside.db, regionId)
  if (workers.every(({ worker }) => worker === outside.workerId)) {
    await stopBuild(outside.db, regionId)
  }
}

/**
 * Makes points without imagery pending again, all or those of some reasons, for the next build.
 * @returns how many
 */
export async function retryPoints(
  outside: Outside,
  name: string,
  reasons?: readonly string[],
): Promise<number> {
  const { id } = await findRegion(outside.db, name)
  return retryUnavailable(outside.db, id, reasons)
}

/**
 * Asks for the build of a region and leaves the work to others.
 * @throws {InputError} `workers-need-server` on the embedded database
 */
export async function detachBuild(outside: Outside, name: string): Promise<void> {
  await refuseDetached(outside, name)
  const { id } = await findRegion(outside.db, name)
  await requestBuild(outside.db, id)
}

/**
 * Ends the build of a region wherever it runs: workers give it up at their next claim.
 * @returns whether it was being built
 */
export async function endBuild(outside: Outside, name: string): Promise<boolean> {
  const { id, state } = await findRegion(outside.db, name)
  await stopBuild(outside.db, id)
  return state === 'building'
}

/**
 * Refuses to leave a region to workers where there are none: before anything of it is settled.
 * @param words  the command that does the same here, e.g. `region refresh`
 * @throws {InputError} `workers-need-server` on the embedded database
 */
export async function refuseDetached(
  outside: Outside,
  name: string,
  words = 'region build',
): Promise<void> {
  refuseEmbedded(outside, nextCommand(outside, await findRegion(outside.db, name), words))
}

/**
 * @param command  what builds here
 * @throws {InputError} `workers-need-server`: the embedded database belongs to one process
 */
export function refuseEmbedded({ db }: Outside, command = 'whereabouts region build NAME'): void {
  if (db.kind === 'postgres') return
  throw new InputError(
    'workers-need-server',
    'Expected PostgreSQL for workers, got the embedded database, which belongs to one process',
    { hint: `give --database-url (DATABASE_URL), or build here: \`${command}\`` },
  )
}
