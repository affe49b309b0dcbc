/** `whereabouts region build|stop`. */
import type { Command } from 'commander'
import { buildRegion, detachBuild, endBuild, retryPoints } from '../journeys/build-region.ts'
import { keepVintages } from '../journeys/refresh-region.ts'
import { requestDense } from '../journeys/request-dense.ts'
import { formatCounts, formatProgress } from './build-report.ts'
import { EXIT_INTERRUPTED, withWorld } from './context.ts'
import { openProgress } from './progress.ts'
import { parseVintages } from './region-dates.ts'

interface BuildCommandOptions {
  readonly retry?: string | true
  readonly vintages?: string
  readonly detach?: true
  readonly dense?: string | true
}

/** Registers `region build` and `region stop`. */
export function addBuildCommands(region: Command): void {
  region
    .command('build')
    .argument('<name>')
    .description('embed the points of a region; continues where it was stopped')
    .option('--retry [REASON]', 'try points without imagery again: all, or REASON[,REASON]')
    .option(
      '--dense [METRES]',
      'grids of fine steps: whole windows at once, a patch every 16 m (or 8), each point takes the nearest; many times faster, not quite the same',
    )
    .option(
      '--vintages <N>',
      'embed the N newest dates of each place (1 to 12; kept for later builds)',
    )
    .option('--detach', 'leave the work to `whereabouts worker` (PostgreSQL)')
    .action(build)
  region
    .command('stop')
    .argument('<name>')
    .description('stop a build wherever it runs; what is done stays')
    .action(stop)
}

async function build(
  name: string,
  { retry, vintages, detach, dense }: BuildCommandOptions,
  command: Command,
): Promise<void> {
  await withWorld(command, async (world, signal) => {
    if (retry !== undefined) {
      const reasons = retry === true ? undefined : retry.split(',')
      console.error(`${await retryPoints(world, name, reasons)} points are tried again`)
    }
    if (dense !== undefined) {
      const spacingM = await requestDense(world, name, dense === true ? null : Number(dense))
      console.error(`region "${name}": dense, a patch every ${spacingM} m`)
    }
    if (vintages !== undefined) await keepVintages(world, name, parseVintages(vintages))
    if (detach) {
      await detachBuild(world, name)
      console.log(`region "${name}" waits for workers: whereabouts worker`)
      return
    }
    const progress = openProgress()
    const counts = await buildRegion(world, name, {
      signal,
      onProgress: (state) => progress.show(formatProgress(state)),
    }).finally(() => progress.end())
    console.log(formatCounts(name, counts))
    if (signal.aborted) process.exitCode = EXIT_INTERRUPTED
  })
}

async function stop(name: string, _options: object, command: Command): Promise<void> {
  await withWorld(command, async (world) => {
    await endBuild(world, name)
    console.log(`region "${name}" stopped; continue with \`whereabouts region build ${name}\``)
  })
}
