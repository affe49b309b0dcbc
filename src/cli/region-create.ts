/** `whereabouts region create`. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { countPoints } from '../gallery/points.ts'
import { createRegion, type SamplingRequest } from '../journeys/create-region.ts'
import { isPreset } from '../imagery/presets.ts'
import { parseCount, parseJson, readBoundary, readInput, withWorld } from './context.ts'
import { openProgress } from './progress.ts'

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

/** Registers `region create`. */
export function addCreateCommand(region: Command): void {
  region
    .command('create')
    .argument('<name>')
    .description('draw the points of a new region')
    .option('--imagery <SOURCE>', 'imagery source: a JSON file, JSON text or preset:NAME')
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
  if (isPreset(options.imagery)) return options.imagery
  const text = options.imagery.trimStart().startsWith('{')
    ? options.imagery
    : new TextDecoder().decode(await readInput(options.imagery))
  return withAbsolutePaths(parseJson(text, '--imagery'))
}

/** Paths are relative to where the user stands now; the build may be started from elsewhere. */
function withAbsolutePaths(imagery: unknown): unknown {
  if (typeof imagery !== 'object' || imagery === null) return imagery
  const absolute = (path: unknown): unknown => {
    if (typeof path === 'string') return resolve(path)
    const isDated = typeof path === 'object' && path !== null && 'file' in path
    return isDated ? { ...path, file: absolute(path.file) } : path
  }
  return {
    ...imagery,
    ...('files' in imagery &&
      Array.isArray(imagery.files) && { files: imagery.files.map(absolute) }),
    ...('file' in imagery && { file: absolute(imagery.file) }),
  }
}
