/**
 * `whereabouts worker`: takes part in the builds of all regions, on any number of machines, until
 * it is told to stop.
 */
import type { Command } from 'commander'
import { NotFoundError, WhereaboutsError } from '../errors.ts'
import { findRegion } from '../gallery/regions.ts'
import { refuseEmbedded } from '../journeys/build-region.ts'
import { untilDatabaseAnswers } from '../journeys/database-away.ts'
import { workRegions } from '../journeys/work-regions.ts'
import { openWorld, type World } from '../wire.ts'
import { formatProgress } from './build-report.ts'
import { configOf, withInterrupt } from './context.ts'
import { repeatOptions } from './given-options.ts'
import { openProgress } from './progress.ts'

interface WorkerOptions {
  readonly region: readonly string[]
  readonly once?: true
}

/** Registers `worker`. */
export function addWorkerCommand(program: Command): void {
  program
    .command('worker')
    .description(
      'take part in builds that were asked for (region build --detach, or running elsewhere); PostgreSQL only',
    )
    .option('--region <NAME>', 'only this region; may be given again', collect, [])
    .option('--once', 'stop when there is nothing to do')
    .action(work)
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name]
}

async function work({ region, once }: WorkerOptions, command: Command): Promise<void> {
  await withInterrupt(async (signal) => {
    const world = await openPatiently(command, signal)
    const progress = openProgress()
    try {
      refuseEmbedded(world)
      for (const name of region) await warnOfUnknown(world, name)
      console.error(`worker ${world.workerId} looks for regions to build`)
      await workRegions(world, {
        names: region.length === 0 ? null : region,
        isOnce: once ?? false,
        signal,
        onProgress: (state) => progress.show(`${state.region}: ${formatProgress(state)}`),
        onError: (error, name) => leaveToOthers(error, name, command),
      })
    } finally {
      progress.end()
      await world.close()
    }
  })
}

/**
 * The region may be created later, but a slip would be waited for without a word. A database that
 * is away is waited for later.
 */
async function warnOfUnknown(world: World, name: string): Promise<void> {
  await findRegion(world.db, name).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) return
    console.error(`warning: there is no region "${name}" yet; ${error.hint ?? ''}`)
  })
}

/** A worker may be started together with the server, or while that is restarted. */
function openPatiently(command: Command, signal: AbortSignal): Promise<World> {
  return untilDatabaseAnswers(
    () => openWorld(configOf(command), process.env),
    signal,
    ({ message }) => console.error(`waiting for the database: ${message}`),
  )
}

function leaveToOthers(error: unknown, name: string, command: Command): void {
  if (!(error instanceof WhereaboutsError)) throw error
  console.error(`region "${name}" is left to others: ${error.message}`)
  if (error.hint !== undefined) console.error(`→ ${repeatOptions(error.hint, command)}`)
}
