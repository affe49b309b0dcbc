/**
 * `whereabouts region
 * create|estimate|build|stop|coverage|dates|refresh|list|show|delete|export|import`.
 */
import type { Command } from 'commander'
import type { Position } from 'geojson'
import { countPoints } from '../gallery/points.ts'
import { deleteRegion, findRegion, listRegions } from '../gallery/regions.ts'
import { projectBoundary, regionAreaKm2 } from '../geo/project-boundary.ts'
import { createLaea } from '../geo/projection.ts'
import {
  describeBuild,
  describeRegion,
  nameState,
  type RegionStatus,
} from '../journeys/region-status.ts'
import type { Bbox, Boundary, Region } from '../types.ts'
import { askWorld, confirm, writeResult } from './context.ts'
import { repeatOptions } from './given-options.ts'
import { addBuildCommands } from './region-build.ts'
import { addCoverageCommand } from './region-coverage.ts'
import { addCreateCommands } from './region-create.ts'
import { addDateCommands } from './region-dates.ts'
import { addPackCommands } from './region-pack.ts'
import { formatJson } from './readable-json.ts'

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
    .option('--boundary', 'only its boundary, as GeoJSON')
    .description(
      'a region as JSON: state, progress, sampling, imagery, model, and its boundary in short',
    )
    .action((name: string, { boundary }: { boundary?: true }, command: Command) =>
      show(name, boundary ?? false, command),
    )
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
      const points = await countPoints(world.db, region.id)
      const { name, sampling, model } = region
      const shares = `${points.embedded}/${points.total}`
      console.log(
        [name, nameState({ region, points }), shares, sampling.kind, model.name].join('\t'),
      )
    }
  })
}

async function show(name: string, isBoundary: boolean, command: Command): Promise<void> {
  await askWorld(command, async (world) => {
    const status = await describeRegion(world, name)
    const { boundary } = status.region
    // Of a country it is megabytes.
    if (isBoundary) return writeResult(`${JSON.stringify(boundary)}\n`, undefined)
    const build = repeatOptions(describeBuild(world, status), command)
    console.log(formatJson(summarise(status, build)))
  })
}

/** First how it stands; the boundary of a country would be megabytes. */
function summarise(status: RegionStatus, build: string): object {
  const { region, bbox, points, workers, vintages, stretches } = status
  const { name, state, problem, boundary, ...more } = region
  const head = { name, state, build, problem, points, workers }
  const shape = summariseBoundary(boundary, { bbox, region })
  return { ...head, boundary: shape, vintages, ...more, stretches }
}

function summariseBoundary(
  boundary: Boundary,
  { bbox, region }: { readonly bbox: Bbox; readonly region: Region },
): object {
  const rings = boundary.coordinates.flat(boundary.type === 'Polygon' ? 0 : 1) as Position[][]
  const areaKm2 = regionAreaKm2(projectBoundary(boundary, createLaea(region.centre), 1))
  return {
    type: boundary.type,
    bbox,
    areaKm2: Number(areaKm2.toPrecision(4)),
    vertices: rings.reduce((sum, ring) => sum + ring.length - 1, 0),
  }
}

async function remove(name: string, isSure: boolean, command: Command): Promise<void> {
  await askWorld(command, async (world) => {
    const region = await findRegion(world.db, name)
    const { total } = await countPoints(world.db, region.id)
    if (!isSure && !(await confirm(`delete region "${name}" with ${total} points?`))) {
      console.error('nothing was deleted')
      return
    }
    await deleteRegion(world.db, name)
    console.log(`region "${name}" deleted`)
  })
}
