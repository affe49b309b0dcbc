/**
 * `whereabouts demo`: the synthetic sample town from roads to heatmap files, on the embedded
 * database.
 * @io disk
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { NotFoundError } from '../errors.ts'
import { deleteRegion, findRegion } from '../gallery/regions.ts'
import { endingOf, HEATMAP_FORMATS } from '../heatmap/formats.ts'
import { knownPlace } from '../heatmap/rank.ts'
import { parseBoundary } from '../geo/polygon.ts'
import { buildRegion } from '../journeys/build-region.ts'
import { createRegion } from '../journeys/create-region.ts'
import { locatePhoto } from '../journeys/locate-photo.ts'
import { makeSheet } from '../journeys/make-sheet.ts'
import { renderHeatmap } from '../journeys/render-heatmap.ts'
import { searchScene } from '../journeys/search-scene.ts'
import { writeSampleTown, type SampleTownFolder } from '../sample/folder.ts'
import { openWorld, type World } from '../wire.ts'
import { formatProgress } from './build-report.ts'
import { configOf, withInterrupt } from './context.ts'
import { openProgress } from './progress.ts'
import { formatFindings, formatKnown, formatScenes } from './report.ts'

const REGION = 'sample-town'
const SEED = 1
const POINTS = 3000
const CELLS = 'square:50m'
const SCENE = 'soccer field'
/** The photo that is located; the other drawn photos lie beside it. */
const PHOTO = 'harbour'

/** Registers `demo`. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description(
      'a synthetic town: sample its roads, build it, locate a drawn photo, search a scene',
    )
    .option('--out <DIR>', 'folder for the town, its database and the results', 'demo-output')
    .action((options: { out: string }, command: Command) => demo(resolve(options.out), command))
}

async function demo(out: string, command: Command): Promise<void> {
  await mkdir(out, { recursive: true })
  const config = { ...configOf(command), dataDir: join(out, 'data'), databaseUrl: '' }
  const phases = createPhases()
  const town = await phases.time('draw the town', () =>
    writeSampleTown(join(out, 'town'), { seed: SEED }),
  )
  const world = await phases.time('open the database', () => openWorld(config, process.env))
  try {
    await withInterrupt((signal) => runJourney({ world, town, out, phases }, signal))
  } finally {
    await world.close()
  }
  console.log(`\n${phases.table()}`)
  console.log(`\nfiles: ${out}`)
  console.log('The town and the photos are synthetic; this shows how it works, not how well.')
}

interface Demo {
  readonly world: World
  readonly town: SampleTownFolder
  readonly out: string
  readonly phases: ReturnType<typeof createPhases>
}

async function runJourney(demo: Demo, signal: AbortSignal): Promise<void> {
  const { world, out, phases } = demo
  await phases.time('sample the roads', () => createAnew(demo, signal))
  const progress = openProgress()
  const counts = await phases.time('embed the patches', () =>
    buildRegion(world, REGION, {
      signal,
      onProgress: (state) => progress.show(formatProgress(state)),
    }),
  )
  progress.end()
  signal.throwIfAborted()
  console.log(`${counts.embedded} of ${counts.total} road points embedded\n`)
  await phases.time('locate a photo', () => locate(demo))
  signal.throwIfAborted()
  await phases.time('search a scene', async () => {
    const search = { expression: SCENE, region: REGION, cells: CELLS, candidateCount: 3 }
    const { heatmap, candidates } = await searchScene(world, search)
    const { bytes } = await renderHeatmap(world, heatmap, 'png')
    await writeFile(join(out, 'scene.png'), bytes)
    console.log(`\nscene "${SCENE}"\n${formatFindings(heatmap, candidates)}`)
  })
}

async function createAnew({ world, town }: Demo, signal: AbortSignal): Promise<void> {
  try {
    await findRegion(world.db, REGION)
    await deleteRegion(world.db, REGION)
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
  }
  const readJson = async (path: string): Promise<unknown> =>
    JSON.parse(await readFile(path, 'utf8')) as unknown
  await createRegion(
    world,
    {
      name: REGION,
      imagery: await readJson(town.imagery),
      sampling: { kind: 'roads', extract: town.extract, points: POINTS, seed: SEED },
      boundary: parseBoundary(await readJson(town.boundary)),
    },
    { signal, onWarning: (message) => console.error(`warning: ${message}`) },
  )
}

async function locate({ world, town, out }: Demo): Promise<void> {
  const photo = town.photos.find(({ name }) => name === PHOTO)
  if (photo === undefined) throw new Error(`the sample town has no photo "${PHOTO}"`)
  const located = await locatePhoto(world, {
    photos: [{ name: `${PHOTO}.jpg`, bytes: await readFile(photo.file) }],
    region: REGION,
    cells: CELLS,
    candidateCount: 20,
  })
  const { heatmap, candidates } = located
  for (const format of HEATMAP_FORMATS) {
    const { bytes } = await renderHeatmap(world, heatmap, format)
    await writeFile(join(out, `locate.${endingOf(format)}`), bytes)
  }
  const [place] = photo.places
  const known = place === undefined ? null : knownPlace(heatmap, place)
  await writeFile(join(out, 'sheet.html'), await makeSheet(world, located, known))
  for (const { name, scenes } of located.photos) console.log(`${name}: ${formatScenes(scenes)}`)
  console.log(formatFindings(heatmap, candidates.slice(0, 5)))
  if (known !== null) console.log(formatKnown(known))
}

/** A stopwatch with a row per phase. */
function createPhases() {
  const rows: string[] = []
  return {
    time: async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const startedAt = performance.now()
      const result = await work()
      const seconds = (performance.now() - startedAt) / 1000
      rows.push(`${name.padEnd(20)}${seconds.toFixed(1).padStart(6)} s`)
      return result
    },
    table: () => rows.join('\n'),
  }
}
