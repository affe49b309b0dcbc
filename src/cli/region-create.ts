/** `whereabouts region create|estimate`. */
import type { Command } from 'commander'
import { DENSE_MODEL } from '../config.ts'
import { refuseTakenName } from '../gallery/regions.ts'
import { insertPlan, planRegion, type RegionPlan } from '../journeys/create-region.ts'
import { estimateRegion, estimateRest, SAMPLES_MAX } from '../journeys/estimate-region.ts'
import { nextCommand } from '../journeys/next-command.ts'
import type { Region } from '../types.ts'
import type { World } from '../wire.ts'
import { confirm, EXIT_INTERRUPTED, parseCount, withWorld } from './context.ts'
import { formatEstimate } from './estimate-report.ts'
import { repeatOptions } from './given-options.ts'
import { openProgress } from './progress.ts'
import { parseDense, takeNameBack } from './region-build.ts'
import { addRegionOptions, readRegionRequest, type RegionOptions } from './region-request.ts'

/** With coarser steps a dense build gains little: it takes as long as a patch every 50 m or so. */
const DENSE_STEP_MAX_M = 30

/** Registers `region create` and `region estimate`. */
export function addCreateCommands(region: Command): void {
  const create = region
    .command('create')
    .argument('<name>')
    .description('draw the points of a new region')
  addRegionOptions(create).option('--yes', 'do not ask').action(createNamed)
  const estimate = region
    .command('estimate')
    .argument('[name]', 'a region that there is: what is left of its build')
    .description('what a region would cost: area, points, requests, time, terms; writes nothing')
  addRegionOptions(estimate)
    .option('--sample <N>', 'cut so many patches on trial, to measure the imagery', '0')
    .option('--dense [METRES]', 'of a dense build (`region build --dense`)')
    .action(estimateOnly)
}

async function createNamed(
  name: string,
  options: RegionOptions & { readonly yes?: true },
  command: Command,
): Promise<void> {
  const request = await readRegionRequest(name, options)
  await withWorld(command, async (world, signal) => {
    await refuseTakenName(world.db, name)
    const plan = await draw(world, request, signal)
    if (plan === null) return
    const estimate = await estimateRegion(world, plan, { sampleCount: 0, signal })
    signal.throwIfAborted()
    console.error(formatEstimate(estimate))
    if (options.yes !== true && process.stdin.isTTY) {
      if (!(await confirm(`create region "${name}"?`))) {
        console.error('nothing was created')
        return
      }
    }
    signal.throwIfAborted()
    const region = await insertPlan(world, plan)
    console.log(`region "${name}" created with ${plan.points.length} points`)
    const next = nextCommand(world, region, 'region build')
    console.log(`next: ${repeatOptions(next, command)}`)
    for (const hint of denseHints(region)) console.log(hint)
  })
}

function denseHints({ sampling, model }: Region): string[] {
  if (sampling.kind !== 'grid' || sampling.stepM > DENSE_STEP_MAX_M) return []
  const hint =
    'a grid of fine steps is built many times faster with --dense (whereabouts region build --help)'
  const best = `, best in a region created with --overhead-model ${DENSE_MODEL}`
  return [model.name === DENSE_MODEL ? hint : hint + best]
}

interface EstimateCommandOptions extends RegionOptions {
  readonly sample: string
  readonly dense?: string | true
}

async function estimateOnly(
  given: string | undefined,
  options: EstimateCommandOptions,
  command: Command,
): Promise<void> {
  const sampleCount = parseCount(options.sample, '--sample', { max: SAMPLES_MAX })
  const { name, dense } = takeNameBack(given, options.dense)
  const denseM = parseDense(dense)
  if (name !== undefined) {
    await withWorld(command, async (world, signal) => {
      console.log(formatEstimate(await estimateRest(world, name, { sampleCount, signal, denseM })))
    })
    return
  }
  const request = await readRegionRequest('estimate', options)
  await withWorld(command, async (world, signal) => {
    const plan = await draw(world, request, signal)
    if (plan === null) return
    const estimated = { ...plan, denseM }
    console.log(formatEstimate(await estimateRegion(world, estimated, { sampleCount, signal })))
  })
}

/** Draws the points; null when Ctrl-C stopped it. */
async function draw(
  world: World,
  request: Parameters<typeof planRegion>[1],
  signal: AbortSignal,
): Promise<RegionPlan | null> {
  const progress = openProgress()
  try {
    return await planRegion(world, request, {
      signal,
      onWarning: (message) => console.error(`warning: ${message}`),
      onRead: (done, total) =>
        progress.show(`reading the extract: ${Math.round((100 * done) / total)} %`),
    })
  } catch (error) {
    if (!signal.aborted) throw error
    process.exitCode = EXIT_INTERRUPTED
    return null
  } finally {
    progress.end()
  }
}
