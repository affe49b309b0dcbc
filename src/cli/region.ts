/** `whereabouts region create|build|list|show|delete`. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { countPoints, retryUnavailable, type PointCounts } from '../gallery/points.ts'
import { deleteRegion, findRegion, listRegions } from '../gallery/regions.ts'
import { buildRegion, type BuildProgress } from '../journeys/build-region.ts'
import { createRegion, type SamplingRequest } from '../journeys/create-region.ts'
import { confirm, parseCount, parseJson, readBoundary, readInput, withWorld } from './context.ts'
import { formatDuration, openProgress } from './progress.ts'

interface CreateOptions {
  readonly imagery?: string
  readonly extract?: string
  readonly points: string
  readonly seed: string
  readonly grid?: string
  readonly whereImagery?: true
  readonly patches?: string
  readonly boundary?: string
  readonly bbox?: string
}

/** Registers `region`. */
export function addRegionCommand(program: Command): void {
  const region = program.command('region').description('regions: what is searched')
  addCreate(region)
  addBuild(region)
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

function addCreate(region: Command): void {
  region
    .command('create')
    .argument('<name>')
    .description('draw the points of a new region')
    .option('--imagery <SOURCE>', 'imagery source: a JSON file or JSON text')
    .option('--extract <FILE>', 'OSM extract: points on its roads')
    .option('--points <N>', 'how many points on the roads', '10000')
    .option('--seed <N>', 'same seed, same points', '1')
    .option('--grid <METRES>', 'a grid of cell centres with this step')
    .option('--where-imagery', 'grid points only where the whole patch lies in the imagery')
    .option('--patches <CSV>', 'patches already cut: file,lon,lat[,date,attribution]')
    .option('--boundary <FILE>', 'GeoJSON polygon')
    .option('--bbox <W,S,E,N>', 'bounding box in degrees')
    .action(create)
}

async function create(name: string, options: CreateOptions, command: Command): Promise<void> {
  const sampling = samplingOf(options)
  const imagery = await imageryOf(options)
  const boundary = await readBoundary(options)
  await withWorld(command, async (world, signal) => {
    const progress = openProgress()
    const region = await createRegion(
      world,
      { name, imagery, sampling, boundary },
      {
        signal,
        onWarning: (message) => console.error(`warning: ${message}`),
        onRead: (done, total) =>
          progress.show(`reading the extract: ${Math.round((100 * done) / total)} %`),
      },
    )
    progress.end()
    const { total } = await countPoints(world.db, region.id)
    console.log(`region "${name}" created with ${total} points`)
    console.log(`next: whereabouts region build ${name}`)
  })
}

function samplingOf(options: CreateOptions): SamplingRequest {
  const kinds = [options.extract, options.grid, options.patches].filter(
    (kind) => kind !== undefined,
  )
  if (kinds.length !== 1) {
    throw new InputError(
      'sampling',
      `Expected one of --extract, --grid and --patches, got ${kinds.length}`,
    )
  }
  if (options.extract !== undefined) {
    const points = parseCount(options.points, '--points', 10_000_000)
    const seed = parseCount(options.seed, '--seed')
    return { kind: 'roads', extract: resolve(options.extract), points, seed }
  }
  if (options.patches !== undefined) return { kind: 'patches' }
  const stepM = Number(options.grid)
  if (!(stepM >= 0.5 && stepM <= 1_000_000)) {
    throw new InputError('grid', `Expected metres from 0.5 for --grid, got "${options.grid ?? ''}"`)
  }
  return { kind: 'grid', stepM, whereImagery: options.whereImagery ?? false }
}

async function imageryOf(options: CreateOptions): Promise<unknown> {
  if (options.imagery === undefined) {
    if (options.patches !== undefined) return { kind: 'patches', file: resolve(options.patches) }
    throw new InputError('imagery-missing', 'Expected --imagery SOURCE, got none', {
      hint: `e.g. --imagery '{"kind":"geotiff","files":["ortho.tif"]}'`,
    })
  }
  const text = options.imagery.trimStart().startsWith('{')
    ? options.imagery
    : new TextDecoder().decode(await readInput(options.imagery))
  return withAbsolutePaths(parseJson(text, '--imagery'))
}

/** Paths are relative to where the user stands now; the build may be started from elsewhere. */
function withAbsolutePaths(imagery: unknown): unknown {
  if (typeof imagery !== 'object' || imagery === null) return imagery
  const absolute = (path: unknown) => (typeof path === 'string' ? resolve(path) : path)
  return {
    ...imagery,
    ...('files' in imagery &&
      Array.isArray(imagery.files) && { files: imagery.files.map(absolute) }),
    ...('file' in imagery && { file: absolute(imagery.file) }),
  }
}

function addBuild(region: Command): void {
  region
    .command('build')
    .argument('<name>')
    .description('embed the points of a region; continues where it was stopped')
    .option('--retry', 'try points without imagery again')
    .action((name: string, options: { retry?: true }, command: Command) =>
      build(name, options.retry ?? false, command),
    )
}

async function build(name: string, isRetry: boolean, command: Command): Promise<void> {
  await withWorld(command, async (world, signal) => {
    if (isRetry) await retryUnavailable(world.db, (await findRegion(world.db, name)).id)
    const progress = openProgress()
    const counts = await buildRegion(world, name, {
      signal,
      onProgress: (state) => progress.show(formatProgress(state)),
    })
    progress.end()
    console.log(formatCounts(name, counts))
    if (signal.aborted) process.exitCode = 130
  })
}

/** `embed 2,560/10,000 · 310/s · 24 s left · no imagery: nodata 12`. */
export function formatProgress({ counts, done, elapsedS }: BuildProgress): string {
  const rate = done / Math.max(elapsedS, 1e-3)
  const left = counts.pending + counts.leased
  return [
    `embed ${counts.total - left}/${counts.total}`,
    `${rate.toFixed(1)}/s`,
    done === 0 ? '' : `${formatDuration(left / rate)} left`,
    formatReasons(counts),
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

function formatReasons({ unavailable }: PointCounts): string {
  const reasons = Object.entries(unavailable).map(([reason, count]) => `${reason} ${count}`)
  return reasons.length === 0 ? '' : `no patch: ${reasons.join(', ')}`
}

function formatCounts(name: string, counts: PointCounts): string {
  const left = counts.pending + counts.leased
  return [
    `region "${name}": ${counts.embedded} of ${counts.total} points embedded`,
    formatReasons(counts),
    left === 0 ? '' : `${left} left: run the same command again to continue`,
  ]
    .filter((part) => part !== '')
    .join('\n')
}

async function listAll(command: Command): Promise<void> {
  await withWorld(command, async (world) => {
    for (const region of await listRegions(world.db)) {
      const counts = await countPoints(world.db, region.id)
      console.log(
        `${region.name}\t${region.state}\t${counts.embedded}/${counts.total}\t${region.sampling.kind}\t${region.model.name}`,
      )
    }
  })
}

async function show(name: string, command: Command): Promise<void> {
  await withWorld(command, async (world) => {
    const region = await findRegion(world.db, name)
    const points = await countPoints(world.db, region.id)
    console.log(JSON.stringify({ ...region, points }, null, 2))
  })
}

async function remove(name: string, isSure: boolean, command: Command): Promise<void> {
  await withWorld(command, async (world) => {
    const region = await findRegion(world.db, name)
    const { total } = await countPoints(world.db, region.id)
    if (!isSure && !(await confirm(`delete region "${name}" with ${total} points?`))) return
    await deleteRegion(world.db, name)
    console.log(`region "${name}" deleted`)
  })
}
