/**
 * Prints the table of docs/evaluation.md: what the overhead model says of real imagery, 10 m grid;
 * and writes a heatmap of each scene to look at. Usage: npm run evaluate:scenes -- [--model NAME]
 * [FOLDER FOR PICTURES]
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { renderHeatmap } from '../src/journeys/render-heatmap.ts'
import { searchScene } from '../src/journeys/search-scene.ts'
import {
  buildPlace,
  meanLogits,
  ROTTERDAM,
  VEGAS,
  type Place,
} from '../test/journeys/real-scenes.ts'
import { openTestWorld } from '../test/world.ts'

const STEP_M = 10
const scenes = new Map<Place, readonly string[]>([
  [VEGAS, ['parking_lot', 'highway', 'desert/sand', 'shopping_mall/indoor', 'street']],
  [
    ROTTERDAM,
    ['harbor', 'industrial_area', 'residential_neighborhood', 'yard', 'river', 'street', 'park'],
  ],
])

const { values, positionals } = parseArgs({
  options: { model: { type: 'string' } },
  allowPositionals: true,
})
const folder = positionals[0]
const world = await openTestWorld({ models: 'real', overheadModel: values.model })
try {
  for (const [place, names] of scenes) {
    await buildPlace(world, place, STEP_M)
    await printTable(place, names)
    if (folder !== undefined) await drawAll(folder, place, names)
  }
} finally {
  await world.close()
}

async function printTable(place: Place, names: readonly string[]): Promise<void> {
  const means = await meanLogits(world, place, names)
  console.log(`\n| ${place.name}: mean logit | ${place.parts.join(' | ')} |`)
  console.log(`| --- |${' --- |'.repeat(place.parts.length)}`)
  for (const name of names) {
    const row = place.parts.map((part) => (means[name]?.[part] ?? NaN).toFixed(1))
    console.log(`| \`${name}\` | ${row.join(' | ')} |`)
  }
}

async function drawAll(to: string, place: Place, names: readonly string[]): Promise<void> {
  for (const name of names) await draw(to, place, name)
}

async function draw(to: string, place: Place, scene: string): Promise<void> {
  await mkdir(to, { recursive: true })
  const { heatmap } = await searchScene(world, {
    expression: scene,
    region: place.name,
    cells: 'square:10m',
    candidateCount: 0,
  })
  const { bytes } = await renderHeatmap(world, heatmap, 'png')
  await writeFile(join(to, `${place.name}-${scene.replaceAll('/', '-')}.png`), bytes)
}
