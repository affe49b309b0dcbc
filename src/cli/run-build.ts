/** A build in this process, with its progress and its end. */
import { findRegion } from '../gallery/regions.ts'
import { buildRegion } from '../journeys/build-region.ts'
import { nextCommand } from '../journeys/next-command.ts'
import type { World } from '../wire.ts'
import { formatCounts, formatProgress } from './build-report.ts'
import { EXIT_INTERRUPTED } from './context.ts'
import { openProgress } from './progress.ts'

/** Builds a region and tells how it ended. */
export async function runBuild(world: World, name: string, signal: AbortSignal): Promise<void> {
  const line = openProgress()
  const counts = await buildRegion(world, name, {
    signal,
    onProgress: (state) => line.show(formatProgress(state)),
  }).finally(() => line.end())
  console.log(formatCounts(name, counts, await commandToBuild(world, name)))
  if (signal.aborted) process.exitCode = EXIT_INTERRUPTED
}

/** What goes on with the build of a region. */
export async function commandToBuild(world: World, name: string): Promise<string> {
  return nextCommand(world, await findRegion(world.db, name), 'region build')
}
