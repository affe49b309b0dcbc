/** `whereabouts region create|estimate|build|stop|coverage|dates|refresh|list|show|delete|export|import`. */
import type { Command } from 'commander'
import { countPoints } from '../gallery/points.ts'
import { deleteRegion, findRegion, listRegions } from '../gallery/regions.ts'
import { describeBuild, describeRegion } from '../journeys/region-status.ts'
import { askWorld, confirm } from './context.ts'
import { addBuildCommands } from './region-build.ts'
import { addCoverageCommand } from './region-coverage.ts'
import { addCreateCommands } from './region-create.ts'
import { addDateCommands } from './region-dates.ts'
import { addPackCommands } from './region-pack.ts'

/** Registers `region`. */
export function addRegionCommand(program: Command): void {
  const region = program.command('region').description('regions: what is searched')
  addCreateCommands(region)
  addCoverageCommand(region)
  addBuildCommands(region)
  addDateCommands(region)
  addPackCommands(region)
  region
    .command('list')
    .description('all regions')
    .action((_options: unknown, command: Command) => listAll(command))
  region
    .command('show')
    .argument('<name>')
    .description('a region as JSON: boundary, sampling, imagery, model, progress')
    .action((name: string, _options: unknown, command: Command) => show(name, command))
  region
    .command('delete')
    .argument('<name>')
    .option('--yes', 'do not ask')
    .description('delete a region with its points and embeddings')
    .action((name: string, options: { yes?: true }, command: Command) =>
      remove(name, options.yes ?? false, command),
    )
}

async function listAll(command: Command): Promise<void> {
  await askWorld(command, async (world) => {
    for (const region of await listRegions(world.db)) {
      const counts = await countPoints(world.db, region.id)
      console.log(
        `${region.name}\t${region.state}${region.problem === null ? '' : ` (${region.problem.code})`}\t${counts.embedded}/${counts.total}\t${region.sampling.kind}\t${region.model.name}`,
      )
    }
  })
}

async function show(name: string, command: Command): Promise<void> {
  await askWorld(command, async (world) => {
    const { region, points, workers } = await describeRegion(world, name)
    const build = describeBuild({ region, workers })
    console.log(JSON.stringify({ ...region, points, workers, build }, null, 2))
  })
}

async function remove(name: string, isSure: boolean, command: Command): Promise<void> {
  await askWorld(command, async (world) => {
    const region = await findRegion(world.db, name)
    const { total } = await countPoints(world.db, region.id)
    if (!isSure && !(await confirm(`delete region "${name}" with ${total} points?`))) return
    await deleteRegion(world.db, name)
    console.log(`region "${name}" deleted`)
  })
}
