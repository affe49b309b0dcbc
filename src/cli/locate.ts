/** `whereabouts locate`: photos → heatmap of a region. */
import { basename, extname } from 'node:path'
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { knownPlace } from '../heatmap/rank.ts'
import { locatePhoto, type LocateRequest } from '../journeys/locate-photo.ts'
import { makeSheet } from '../journeys/make-sheet.ts'
import {
  askWorld,
  parseCount,
  parseLonLat,
  readInput,
  requireWritable,
  writeResult,
} from './context.ts'
import { addDateOptions, datesOf, type DateOptions } from './date-options.ts'
import type { OutputOptions } from './output-format.ts'
import { formatAsked, formatFindings, formatKnown, formatScenes, writeHeatmap } from './report.ts'

interface LocateOptions extends OutputOptions, DateOptions {
  readonly region: string
  readonly cells: string
  readonly candidates: string
  readonly known?: string
  readonly sheet?: string
  readonly weights?: string
}

/** Registers `locate`. */
export function addLocateCommand(program: Command): void {
  const command = program
    .command('locate')
    .argument('<photo...>', 'photo, or several frames of one place (their logits are averaged)')
    .description('search a region for the place of a photo')
    .requiredOption('--region <NAME>', 'region that was built')
    .option('--cells <SPEC>', 'square:25km, square:50m, square:25km@3035, h3:7 …', 'square:50m')
    .option('--format <NAME>', 'geojson, csv, kml, geotiff or png')
    .option('--out <FILE>', 'write the heatmap to a file (the ending names the format)')
    .option(
      '--known <LON,LAT>',
      'the true place: tells its rank and the km² of other cells that are as good or better',
    )
    .option('--sheet <FILE>', 'an HTML page with the photo beside the best 20 patches')
    .option('--candidates <N>', 'how many candidates to list', '20')
    .option('--weights <M,N,I>', 'weights of man-made, natural and indoor scenes, e.g. 1,1,0')
  addDateOptions(command).action(locate)
}

async function locate(
  photos: readonly string[],
  options: LocateOptions,
  command: Command,
): Promise<void> {
  formatAsked(options)
  refuseOtherSheet(options.sheet)
  await requireWritable([options.out, options.sheet], photos)
  const at = options.known === undefined ? null : parseLonLat(options.known)
  const files = []
  for (const path of photos) files.push({ name: basename(path), bytes: await readInput(path) })
  const request: LocateRequest = {
    photos: files,
    region: options.region,
    cells: options.cells,
    candidateCount: parseCount(options.candidates, '--candidates', { max: 1000 }),
    ...datesOf(options),
    ...(options.weights !== undefined && { groupWeights: parseWeights(options.weights) }),
  }
  await askWorld(command, async (world) => {
    const located = await locatePhoto(world, request)
    const known = at === null ? null : knownPlace(located.heatmap, at)
    if (options.sheet !== undefined) {
      await writeResult(await makeSheet(world, located, known), options.sheet)
      console.error(`wrote ${options.sheet}`)
    }
    if (!(await writeHeatmap(world, located.heatmap, options))) return
    for (const photo of located.photos) console.log(`${photo.name}: ${formatScenes(photo.scenes)}`)
    console.log(formatFindings(located.heatmap, located.candidates))
    if (known !== null) console.log(formatKnown(known))
  })
}

function parseWeights(text: string): NonNullable<LocateRequest['groupWeights']> {
  const [manMade = NaN, natural = NaN, indoor = NaN, ...rest] = text.split(',').map(Number)
  const isValid = [manMade, natural, indoor].every((weight) => weight >= 0) && rest.length === 0
  if (isValid && manMade + natural + indoor > 0) return { manMade, natural, indoor }
  throw new InputError(
    'weights',
    `Expected three weights from 0, not all 0, for --weights man-made,natural,indoor, got "${text}"`,
    { hint: 'e.g. --weights 1,1,0 for a photo from outside: indoor scenes do not count' },
  )
}

/** A picture or document that is none would be found out much later. */
function refuseOtherSheet(file = ''): void {
  if (/^(\.html?)?$/i.test(extname(file))) return
  throw new InputError('format', `Expected a file that ends in .html for --sheet, got "${file}"`, {
    hint: 'a browser prints the page as PDF',
  })
}
