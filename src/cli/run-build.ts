/** A build in this process, with its progress and its end. */
import type { Command } from 'commander'
import { findRegion } from '../gallery/regions.ts'
import { buildRegion } from '../journeys/build-region.ts'
import type { BuildProgress } from '../journeys/build-progress.ts'
import { nextCommand } from '../journeys/next-command.ts'
import type { World } from '../wire.ts'
import { formatBlack, formatCounts, formatProgress } from './build-report.ts'
import { EXIT_INTERRUPTED } from './context.ts'
import { repeatOptions } from './given-options.ts'
import { openProgress } from './progress.ts'

/** Builds a region and tells how it ended. */
export async function runBuild(
  world: World,
  name: string,
  { command, signal }: { readonly command: Command; readonly signal: AbortSignal },
): Promise<void> {
  const line = openProgress()
  let latest: BuildProgress | undefined
  const counts = await buildRegion(world, name, {
    signal,
    onProgress: (state) => {
      latest = state
      line.show(formatProgress(state))
    },
  }).finally(() => line.end())
  if (latest !== undefined && latest.blackCount > 0) console.error(formatBlack(latest))
  console.log(formatCounts(name, counts, await commandToBuild(world, name, command)))
  if (signal.aborted) process.exitCode = EXIT_INTERRUPTED
}

/** What goes on with the build of a region, where `command` looks. */
export async function commandToBuild(
  world: World,
  name: string,
  command: Command,
): Promise<string> {
  const region = await findRegion(world.db, name)
  return repeatOptions(nextCommand(world, region, 'region build'), command)
}
