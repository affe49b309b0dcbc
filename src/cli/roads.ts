/** `whereabouts roads sample`: an OSM extract → points on its roads. */
import type { Command } from 'commander'
import { readRoadNetwork } from '../roads/read-network.ts'
import { sampleRoadPoints } from '../roads/sample.ts'
import type { RoadPoint } from '../types.ts'
import { addBoundaryOptions, readBoundary, type BoundaryOptions } from './boundary.ts'
import { configOf, parseCount, requireWritable, withInterrupt, writeResult } from './context.ts'
import { chooseFormat, type OutputOptions } from './output-format.ts'
import { openProgress } from './progress.ts'

interface SampleOptions extends BoundaryOptions, OutputOptions {
  readonly points: string
  readonly seed: string
}

/** Registers `roads`. */
export function addRoadsCommand(program: Command): void {
  const roads = program.command('roads').description('roads and paths of an OSM extract')
  const sample = roads
    .command('sample')
    .argument('<extract>', 'OSM extract, .osm.pbf')
    .description('draw points uniformly by length on all roads and paths')
    .option('--points <N>', 'how many points', '10000')
    .option('--seed <N>', 'same seed, same points', '1')
  addBoundaryOptions(sample)
    .option('--format <NAME>', 'csv or geojson; on stdout csv, if not named')
    .option('--out <FILE>', 'write to a file, not to stdout (the ending names the format)')
    .action((extract: string, options: SampleOptions, command: Command) =>
      withInterrupt((signal) => sampleRoads({ extract, options, command }, signal)),
    )
}

async function sampleRoads(
  { extract, options, command }: { extract: string; options: SampleOptions; command: Command },
  signal: AbortSignal,
): Promise<void> {
  await requireWritable([options.out], [extract])
  const render = RENDERERS[chooseFormat(ENDINGS, options) ?? 'csv']
  const draw = {
    count: parseCount(options.points, '--points', { max: 10_000_000 }),
    seed: parseCount(options.seed, '--seed'),
  }
  const boundary = await readBoundary(options, extract, signal)
  const progress = openProgress()
  const network = await readRoadNetwork(extract, {
    boundary: boundary ?? 'header',
    threads: configOf(command).threads,
    signal,
    onProgress: (done, total) =>
      progress.show(`reading ${extract}: ${Math.round((100 * done) / total)} %`),
  })
  progress.end()
  if (boundary === null && network.headerBbox !== null) {
    console.error(
      `warning: no boundary given: roads are cut at the extract's box ${network.headerBbox.join(', ')}`,
    )
  }
  console.error(network.summary)
  await writeResult(render(sampleRoadPoints(network, draw)), options.out)
  if (options.out !== undefined) console.error(`wrote ${options.out}`)
}

const ENDINGS = { csv: ['csv'], geojson: ['geojson', 'json'] } as const
const RENDERERS = { csv: renderCsv, geojson: renderGeoJson } as const

/** A text cannot be longer than 512 MB, which five million features are. */
const PART_POINTS = 10_000

function* partsOf(points: readonly RoadPoint[]): Generator<readonly RoadPoint[]> {
  for (let i = 0; i < points.length; i += PART_POINTS) yield points.slice(i, i + PART_POINTS)
}

/** Seven decimals: a centimetre, and what OSM itself stores. */
function* renderCsv(points: readonly RoadPoint[]): Generator<string> {
  yield 'id,lon,lat\n'
  for (const part of partsOf(points)) {
    yield part.map(({ id, lon, lat }) => `${id},${lon.toFixed(7)},${lat.toFixed(7)}\n`).join('')
  }
}

/** Points as a GeoJSON FeatureCollection, in parts. */
export function* renderGeoJson(points: readonly RoadPoint[]): Generator<string> {
  let before = '{"type":"FeatureCollection","features":['
  for (const part of partsOf(points)) {
    yield before + part.map((point) => JSON.stringify(toFeature(point))).join(',')
    before = ','
  }
  yield `${points.length === 0 ? before : ''}]}\n`
}

function toFeature({ id, lon, lat }: RoadPoint): object {
  const coordinates = [Number(lon.toFixed(7)), Number(lat.toFixed(7))]
  return { type: 'Feature', id, properties: {}, geometry: { type: 'Point', coordinates } }
}
