/** `whereabouts scene`: words for a scene → heatmap of a region, without a photo. */
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { mapBestScenes, searchScene } from '../journeys/search-scene.ts'
import { askWorld, parseCount, requireWritable } from './context.ts'
import { addDateOptions, datesOf, type DateOptions } from './date-options.ts'
import type { OutputOptions } from './output-format.ts'
import { formatAsked, formatBestScenes, formatFindings, writeHeatmap } from './report.ts'

interface SceneOptions extends OutputOptions, DateOptions {
  readonly region: string
  readonly cells: string
  readonly candidates: string
  readonly best?: true
}

/** Registers `scene`. */
export function addSceneCommand(program: Command): void {
  const command = program
    .command('scene')
    .argument('[words...]', 'a scene class, words for one, or "a + b - c"')
    .description('search a region for a kind of scene; --best maps the best scene of every cell')
    .requiredOption('--region <NAME>', 'region that was built')
    .option('--cells <SPEC>', 'square:25km, square:50m, h3:12 …', 'square:50m')
    .option('--format <NAME>', 'geojson, csv, kml, geotiff or png')
    .option('--out <FILE>', 'write the heatmap to a file (the ending names the format)')
    .option('--candidates <N>', 'how many candidates, or scenes, to list', '20')
    .option('--best', 'no words: which scene stands out most in every cell')
  addDateOptions(command).action(search)
}

async function search(
  words: readonly string[],
  options: SceneOptions,
  command: Command,
): Promise<void> {
  formatAsked(options)
  await requireWritable([options.out])
  const { region, cells } = options
  const dates = datesOf(options)
  const expression = words.join(' ')
  refuseUnclear(expression, options)
  const count = parseCount(options.candidates, '--candidates', { max: 1000 })
  await askWorld(command, async (world) => {
    if (options.best) {
      const heatmap = await mapBestScenes(world, { region, cells, ...dates })
      if (await writeHeatmap(world, heatmap, options)) console.log(formatBestScenes(heatmap, count))
      return
    }
    const { heatmap, candidates } = await searchScene(world, {
      expression,
      region,
      cells,
      ...dates,
      candidateCount: count,
    })
    if (await writeHeatmap(world, heatmap, options))
      console.log(formatFindings(heatmap, candidates))
  })
}

/** What is asked for: words, or the best scenes of all. */
function refuseUnclear(expression: string, { best, region }: SceneOptions): void {
  if ((expression === '') === (best ?? false)) return
  const got = best ? 'both' : 'neither'
  throw new InputError(
    'scene-missing',
    `Expected words for a scene, or --best without words, got ${got}`,
    {
      hint: `e.g. whereabouts scene --region ${region} parking lot; or whereabouts scene --region ${region} --best`,
    },
  )
}
