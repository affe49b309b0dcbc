/** What `region create` and `region estimate` ask for: options → the wish for a region. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { isPreset } from '../imagery/presets.ts'
import type { RegionRequest, SamplingRequest } from '../journeys/create-region.ts'
import { addBoundaryOptions, readBoundary, type BoundaryOptions } from './boundary.ts'
import { parseCount, parseJson, readInput } from './context.ts'
import { expandFiles, isFolder } from './expand-files.ts'

/** The options, as commander gives them. */
export interface RegionOptions extends BoundaryOptions {
  readonly imagery?: string
  readonly extract?: string
  readonly points: string
  readonly seed: string
  readonly grid?: string
  readonly whereImagery?: true
  readonly patches?: string
}

/** Adds the options to a command. */
export function addRegionOptions(command: Command): Command {
  const described = command
    .option(
      '--imagery <SOURCE>',
      'imagery source: a GeoTIFF, a folder or pattern of them ("ortho/*.tif"), MBTiles or PMTiles, a JSON file, JSON text or preset:NAME',
    )
    .option('--extract <FILE>', 'OSM extract: points on its roads')
    .option('--points <N>', 'how many points on the roads', '10000')
    .option('--seed <N>', 'same seed, same points', '1')
    .option('--grid <METRES>', 'a grid of cell centres with this step')
    .option('--where-imagery', 'grid points only where the whole patch lies in the imagery')
    .option('--patches <CSV>', 'patches already cut: file,lon,lat[,date,attribution]')
  return addBoundaryOptions(described)
}

/** @throws {InputError} for options that do not go together or files that cannot be read */
export async function readRegionRequest(
  name: string,
  options: RegionOptions,
): Promise<RegionRequest> {
  return {
    name,
    sampling: samplingOf(options),
    imagery: await imageryOf(options),
    boundary: await readBoundary(options, options.extract),
  }
}

function samplingOf(options: RegionOptions): SamplingRequest {
  const kinds = [options.extract, options.grid, options.patches].filter(
    (kind) => kind !== undefined,
  )
  if (kinds.length !== 1) {
    throw new InputError(
      'sampling',
      `Expected one of --extract, --grid and --patches, got ${kinds.length}`,
      {
        hint: 'points lie on the roads of an extract, on a grid (--grid 50), or where patches are',
      },
    )
  }
  if (options.extract !== undefined) {
    const points = parseCount(options.points, '--points', { min: 1, max: 10_000_000 })
    const seed = parseCount(options.seed, '--seed')
    return { kind: 'roads', extract: resolve(options.extract), points, seed }
  }
  if (options.patches !== undefined) return { kind: 'patches' }
  const stepM = Number(options.grid)
  if (!(stepM >= 0.5 && stepM <= 1_000_000)) {
    const got = `got "${options.grid ?? ''}"`
    throw new InputError('grid', `Expected 0.5 to 1000000 metres for --grid, ${got}`, {
      hint: 'e.g. --grid 50; a patch shows 112 m, and half the step gives four times the points',
    })
  }
  return { kind: 'grid', stepM, whereImagery: options.whereImagery ?? false }
}

async function imageryOf(options: RegionOptions): Promise<unknown> {
  if (options.imagery === undefined) {
    if (options.patches !== undefined) return { kind: 'patches', file: resolve(options.patches) }
    throw new InputError('imagery-missing', 'Expected --imagery SOURCE, got none', {
      hint: `e.g. --imagery '${EXAMPLE}'`,
    })
  }
  return readImagery(options.imagery)
}

/** A source as it is given to `--imagery`. @throws {InputError} `json`, `file-unreadable` */
export async function readImagery(source: string): Promise<unknown> {
  if (isPreset(source)) return source
  if (source.trimStart().startsWith('{')) {
    return withAbsolutePaths(parseJson(source, '--imagery', `e.g. --imagery '${EXAMPLE}'`))
  }
  if (/^https?:\/\//.test(source)) {
    throw new InputError('imagery-config', `Expected a source for --imagery, got an address`, {
      hint: `say what answers there: --imagery '{"kind":"xyz","url":"https://…/{z}/{x}/{y}.jpg","maxZoom":19,"attribution":"© …"}'; docs/imagery.md has all kinds`,
    })
  }
  const ofFile = await sourceOfFile(source)
  if (ofFile !== null) return ofFile
  const text = new TextDecoder().decode(await readInput(source))
  const inFile = `the file holds a source such as ${EXAMPLE}; if it is a GeoTIFF: --imagery '{"kind":"geotiff","files":["${source}"]}'`
  // Every picture and archive has such bytes; text in another encoding than UTF-8 has none.
  if (!text.includes('\0')) {
    return withAbsolutePaths(parseJson(text, `--imagery ${source}`, inFile))
  }
  throw new InputError(
    'json',
    `Expected JSON in the file of --imagery, got a file that is no text`,
    {
      hint: inFile,
    },
  )
}

/** GeoTIFFs, and what people have instead, whose readers say what to do with it. */
const RASTER = /\.(tiff?|vrt|jp2|j2k|jpe?g|png|ecw|sid|img|gpkg|zip)$/i

/**
 * Of files that hold imagery themselves, or a folder of them, nothing more has to be said; null:
 * another file.
 */
async function sourceOfFile(path: string): Promise<object | null> {
  const [, kind] = /\.(mbtiles|pmtiles)$/i.exec(path) ?? []
  if (kind !== undefined) return { kind: kind.toLowerCase(), file: resolve(path) }
  return RASTER.test(path) || (await isFolder(path))
    ? { kind: 'geotiff', files: await expandFiles(path) }
    : null
}

const EXAMPLE = '{"kind":"geotiff","files":["ortho.tif"]}'

/**
 * Paths are relative to where the user stands now, and patterns mean what is there now; the build
 * may be started from elsewhere.
 */
async function withAbsolutePaths(imagery: unknown): Promise<unknown> {
  if (typeof imagery !== 'object' || imagery === null) return imagery
  const { files, file }: { readonly files?: unknown; readonly file?: unknown } = imagery
  return {
    ...imagery,
    ...(Array.isArray(files) && { files: (await Promise.all(files.map(filesOf))).flat() }),
    ...(typeof file === 'string' && { file: resolve(file) }),
  }
}

/**
 * An entry of `files`, with or without a date; what is neither is left to whoever checks the
 * source.
 */
async function filesOf(entry: unknown): Promise<unknown[]> {
  if (typeof entry === 'string') return expandFiles(entry)
  const isDated = typeof entry === 'object' && entry !== null && 'file' in entry
  if (!isDated || typeof entry.file !== 'string') return [entry]
  return (await expandFiles(entry.file)).map((file) => ({ ...entry, file }))
}
