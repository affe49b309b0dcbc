/** Where a region ends: a file, a box, or the name of an administrative boundary. */
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { boundaryFromBbox, parseBoundary } from '../geo/polygon.ts'
import { readBoundaryRelation } from '../roads/read-boundary.ts'
import type { Bbox, Boundary } from '../types.ts'
import { parseCount, parseJson, parseNumbers, readInput } from './context.ts'

/** The options, as commander gives them. */
export interface BoundaryOptions {
  readonly boundary?: string
  readonly bbox?: string
  readonly boundaryName?: string
  readonly boundaryLevel?: string
  readonly boundaryExtract?: string
}

/** Adds the options to a command. */
export function addBoundaryOptions(command: Command): Command {
  return command
    .option('--boundary <FILE>', 'GeoJSON polygon, a file or JSON text; roads are cut at it')
    .option('--bbox <W,S,E,N>', 'bounding box in degrees; roads are cut at it')
    .option(
      '--boundary-name <NAME>',
      'administrative boundary in the extract: a name, an ISO code or relation/ID',
    )
    .option('--boundary-level <N>', 'its admin_level, where several have the name')
    .option('--boundary-extract <FILE>', 'the OSM extract that holds it, if another one')
}

/**
 * Reads the boundary; null where none is named.
 * @param extract  the OSM extract that the points come from, if they do
 * @throws {InputError} `boundary`, and those of its file or extract
 */
export async function readBoundary(
  options: BoundaryOptions,
  extract: string | undefined,
  signal = new AbortController().signal,
): Promise<Boundary | null> {
  const { boundary, bbox, boundaryName } = options
  const given = [boundary, bbox, boundaryName].filter((option) => option !== undefined)
  if (given.length > 1) {
    throw new InputError(
      'boundary',
      `Expected one of --boundary, --bbox and --boundary-name, got ${given.length}`,
    )
  }
  if (bbox !== undefined) return boundaryFromBbox(parseBbox(bbox))
  if (boundaryName !== undefined) return readNamed(boundaryName, { ...options, extract }, signal)
  if (boundary === undefined) return null
  const isJson = boundary.trimStart().startsWith('{')
  const text = isJson ? boundary : new TextDecoder().decode(await readInput(boundary))
  return parseBoundary(parseJson(text, '--boundary', FROM_OTHERS))
}

const FROM_OTHERS =
  'of KML, shapefiles and others make GeoJSON: ogr2ogr -f GeoJSON -t_srs EPSG:4326 OUT.geojson IN'

function readNamed(
  name: string,
  options: BoundaryOptions & { readonly extract: string | undefined },
  signal: AbortSignal,
): Promise<Boundary> {
  const { boundaryLevel, boundaryExtract, extract } = options
  const path = boundaryExtract ?? extract
  if (path === undefined) {
    throw new InputError('boundary', 'Expected an OSM extract for --boundary-name, got none', {
      hint: 'add --boundary-extract FILE.osm.pbf',
    })
  }
  const level =
    boundaryLevel === undefined
      ? undefined
      : parseCount(boundaryLevel, '--boundary-level', { max: 15 })
  return readBoundaryRelation(path, { name, adminLevel: level }, signal)
}

function parseBbox(text: string): Bbox {
  const [west = 0, south = 0, east = 0, north = 0] = parseNumbers(text, {
    count: 4,
    name: '--bbox W,S,E,N',
    hint: 'longitudes and latitudes in turn, e.g. --bbox 9.47,47.04,9.64,47.28',
  })
  return [west, south, east, north]
}
