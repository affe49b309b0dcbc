/**
 * `whereabouts region dates|refresh`: of which years the imagery is, and newer imagery for a
 * region.
 */
import type { Command } from 'commander'
import { findRegion } from '../gallery/regions.ts'
import { VINTAGES_MAX } from '../gallery/refresh.ts'
import { regionStats } from '../gallery/stats.ts'
import { detachBuild, refuseDetached } from '../journeys/build-region.ts'
import { checkSample } from '../journeys/check-sample.ts'
import { refreshRegion, type Refreshed } from '../journeys/refresh-region.ts'
import type { World } from '../wire.ts'
import { askWorld, EXIT_INTERRUPTED, parseCount, withWorld } from './context.ts'
import { openProgress } from './progress.ts'
import { readImagery } from './region-request.ts'
import { commandToBuild, runBuild } from './run-build.ts'

interface RefreshOptions {
  readonly imagery?: string
  readonly all?: true
  readonly check?: string
  readonly vintages?: string
  readonly detach?: true
}

/** Registers `region dates` and `region refresh`. */
export function addDateCommands(region: Command): void {
  region
    .command('dates')
    .argument('<name>')
    .description('patches per year of capture')
    .action((name: string, _options: unknown, command: Command) => showDates(name, command))
  region
    .command('refresh')
    .argument('<name>')
    .description('embed what has newer imagery; older dates stay, and can be searched')
    .option('--imagery <SOURCE>', 'another source from now on, as for `region create`')
    .option('--vintages <N>', `embed the N newest dates of each place (1 to ${VINTAGES_MAX}; kept)`)
    .option('--all', 'embed every point again, also where the source tells no dates')
    .option('--check <N>', 'only compare the pixels of N points with those that were embedded')
    .option('--detach', 'leave the work to `whereabouts worker` (PostgreSQL)')
    .action(refresh)
}

async function showDates(name: string, command: Command): Promise<void> {
  await askWorld(command, async (world) => {
    const { id } = await findRegion(world.db, name)
    const { patchesByYear, embedded } = await regionStats(world.db, id)
    const rows = Object.entries(patchesByYear)
    const total = rows.reduce((sum, [, count]) => sum + count, 0)
    console.log('year\tpatches\tshare')
    for (const [year, count] of rows) {
      console.log(`${year}\t${count}\t${((100 * count) / total).toFixed(1)} %`)
    }
    console.log(`${total} patches of ${embedded} points`)
  })
}

async function refresh(name: string, options: RefreshOptions, command: Command): Promise<void> {
  const imagery = options.imagery === undefined ? undefined : await readImagery(options.imagery)
  await withWorld(command, async (world, signal) => {
    if (options.check !== undefined) {
      const count = parseCount(options.check, '--check', { min: 1, max: 100_000 })
      const { checked, ...found } = await checkSample(world, { name, count }, signal)
      console.log(
        `${checked} patches compared: ${found.same} as they were, ${found.changed} changed, ${found.gone} without imagery now`,
      )
      return
    }
    const vintages = options.vintages === undefined ? undefined : parseVintages(options.vintages)
    const request = { name, imagery, isAll: options.all ?? false, vintages }
    if (options.detach) await refuseDetached(world, name, 'region refresh')
    const found = await look(world, request, signal)
    if (found === null) return
    console.log(describeRefreshed(found))
    if (found.unavailable > 0) {
      const retry = `${await commandToBuild(world, name, command)} --retry`
      console.log(`${found.unavailable} points without imagery were not looked at: ${retry}`)
    }
    if (found.open === 0) return
    if (options.detach) await detachBuild(world, name)
    else await runBuild(world, name, { command, signal })
  })
}

/** What was found, before anything is fetched. */
function describeRefreshed({ looked, waiting, open, uncovered, isDated }: Refreshed): string {
  if (looked === 0) return `no point is embedded yet${open === 0 ? '' : ': a first build follows'}`
  const why = isDated ? 'have dates in the source that the region lacks' : 'are embedded again'
  const outside = uncovered === 0 ? '' : `; ${uncovered} lie outside its imagery and stay`
  return `${waiting} of ${looked} points ${why}${outside}`
}

/** 1 to 12. @throws {InputError} `number` */
export function parseVintages(text: string): number {
  return parseCount(text, '--vintages', { min: 1, max: VINTAGES_MAX })
}

async function look(
  world: World,
  request: Parameters<typeof refreshRegion>[1],
  signal: AbortSignal,
): Promise<Refreshed | null> {
  const line = openProgress()
  try {
    return await refreshRegion(world, request, {
      signal,
      onLook: (looked, waiting) =>
        line.show(`looked at ${looked} points · ${waiting} to be embedded`),
    })
  } catch (error) {
    if (!signal.aborted) throw error
    process.exitCode = EXIT_INTERRUPTED
    return null
  } finally {
    line.end()
  }
}
