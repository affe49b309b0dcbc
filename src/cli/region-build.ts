/** `whereabouts region build|stop`. */
import type { Command } from 'commander'
import { DENSE_MODEL } from '../config.ts'
import { InputError } from '../errors.ts'
import { findRegion } from '../gallery/regions.ts'
import { detachBuild, endBuild, refuseDetached } from '../journeys/build-region.ts'
import { workerCommand } from '../journeys/next-command.ts'
import { settleBuild, type BuildWish } from '../journeys/request-build.ts'
import { withWorld } from './context.ts'
import { repeatOptions } from './given-options.ts'
import { parseVintages } from './region-dates.ts'
import { commandToBuild, runBuild } from './run-build.ts'

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
    // Optional for commander alone: an option with an optional value before the name takes the name
    // for it.
    .argument('[name]')
    .usage('[options] <name>')
    .description('embed the points of a region; continues where it was stopped')
    .option('--retry [REASON]', 'try points without imagery again: all, or REASON[,REASON]')
    .option(
      '--dense [METRES]',
      `grids of fine steps: whole windows at once, a patch every 16 m (or 8), each point takes the nearest; many times faster, not quite the same (the least different with --overhead-model ${DENSE_MODEL})`,
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
  given: string | undefined,
  options: BuildCommandOptions,
  command: Command,
): Promise<void> {
  const { name, wish } = readWish(given, options)
  await withWorld(command, async (world, signal) => {
    if (options.detach) await refuseDetached(world, name)
    const { retried, denseM, warnings } = await settleBuild(world, name, {
      ...wish,
      isHere: options.detach !== true,
    })
    if (retried !== null) console.error(`${retried} points are tried again`)
    if (denseM !== null) console.error(`region "${name}": dense, a patch every ${denseM} m`)
    for (const warning of warnings) console.error(`warning: ${repeatOptions(warning, command)}`)
    if (options.detach) {
      await detachBuild(world, name)
      const worker = workerCommand(world, await findRegion(world.db, name))
      console.log(`region "${name}" waits for workers: ${repeatOptions(worker, command)}`)
      return
    }
    await runBuild(world, name, { command, signal })
  })
}

/**
 * Reads the options. In `build --retry town` the name stands where the reason could: it is taken
 * back.
 * @throws {InputError} `region-name`, `number`
 */
export function readWish(
  given: string | undefined,
  options: Pick<BuildCommandOptions, 'retry' | 'dense' | 'vintages'>,
): { readonly name: string; readonly wish: BuildWish } {
  const { name, dense } = takeNameBack(given, options.dense)
  const { retry, vintages } = options
  if (name === undefined) {
    if (typeof retry === 'string') return readWish(retry, { ...options, retry: true })
    throw new InputError('region-name', 'Expected the name of a region, got none', {
      hint: 'whereabouts region build NAME; `whereabouts region list` names them',
    })
  }
  return {
    name,
    wish: {
      retry: typeof retry === 'string' ? retry.split(',') : retry,
      denseM: parseDense(dense),
      vintages: vintages === undefined ? undefined : parseVintages(vintages),
    },
  }
}

/** In `--dense town` the name stands where the metres could: it is taken back. */
export function takeNameBack(
  given: string | undefined,
  dense: string | true | undefined,
): { readonly name: string | undefined; readonly dense: string | true | undefined } {
  const isName = given === undefined && typeof dense === 'string' && Number.isNaN(Number(dense))
  return isName ? { name: dense, dense: true } : { name: given, dense }
}

/**
 * Metres such as `16` or `8`; null: dense, at the usual spacing; undefined: not dense.
 * @throws {InputError} `number`
 */
export function parseDense(dense: string | true | undefined): number | null | undefined {
  if (typeof dense !== 'string') return dense && null
  const metres = Number(dense)
  if (metres > 0) return metres
  throw new InputError('number', `Expected metres such as 16 or 8 for --dense, got "${dense}"`)
}

async function stop(name: string, _options: object, command: Command): Promise<void> {
  await withWorld(command, async (world) => {
    if (!(await endBuild(world, name))) {
      console.log(`region "${name}" is not being built; nothing to stop`)
      return
    }
    const next = await commandToBuild(world, name, command)
    console.log(`region "${name}" stopped; continue with \`${next}\``)
  })
}
