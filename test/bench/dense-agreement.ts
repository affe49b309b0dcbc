/**
 * Does the dense heatmap say what the patch-by-patch one says? Rank correlation of cells per scene
 * query.
 * @io disk, database
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '../../src/config.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { requestDense } from '../../src/journeys/request-dense.ts'
import { searchScene } from '../../src/journeys/search-scene.ts'
import { openWorld, type World } from '../../src/wire.ts'
import { ROTTERDAM } from '../journeys/real-scenes.ts'
import { sharedPath } from '../shared.ts'

/** What a city of houses, quays and industry may be asked for. */
const QUERIES = [
  'harbor',
  'industrial_area',
  'residential_neighborhood',
  'parking_lot',
  'highway',
  'street',
  'park',
  'yard',
  'river',
  'downtown',
]
const CELLS = 'square:50m'
/** Grids, and how far apart the patches of their dense builds lie. */
const BUILDS = [
  { stepM: 16, denseM: 16 },
  { stepM: 10, denseM: 16 },
  { stepM: 10, denseM: 8 },
] as const
/** One grid and one dense build of it. */
interface Table {
  readonly stepM: number
  readonly denseM: number
  readonly points: number
  readonly rows: readonly { readonly rho: number; readonly cells: number }[]
}

const signal = new AbortController().signal

/** Prints the table; builds each grid in both ways. */
export async function measureAgreement(model: string): Promise<void> {
  if (!existsSync(sharedPath('data/imagery'))) {
    console.log('agreement: skipped, ../shared is missing')
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-bench-'))
  const options = {
    dataDir: folder,
    threads: String(availableParallelism()),
    overheadModel: model,
  }
  const world = await openWorld(resolveConfig(options, {}), {})
  const tables: Table[] = []
  for (const stepM of new Set(BUILDS.map((built) => built.stepM))) {
    const single = `single-${stepM}`
    const points = await build(world, single, { stepM, denseM: null })
    for (const { denseM } of BUILDS.filter((built) => built.stepM === stepM)) {
      const dense = `dense-${stepM}-${denseM}`
      await build(world, dense, { stepM, denseM })
      tables.push({ stepM, denseM, points, rows: await compare(world, single, dense) })
    }
  }
  console.log(`\nRotterdam, three chips, cells of 50 m: Spearman, dense against patch by patch`)
  const heads = tables.map(
    ({ stepM, denseM, points, rows }) =>
      `${stepM} m, a patch every ${denseM} m: ${points} points, ${rows[0]?.cells} cells`,
  )
  console.log(`| query | ${heads.join(' | ')} |`)
  console.log(`| --- |${' --- |'.repeat(heads.length)}`)
  QUERIES.forEach((query, i) => {
    const values = tables.map(({ rows }) => rows[i]?.rho.toFixed(3))
    console.log(`| \`${query}\` | ${values.join(' | ')} |`)
  })
  const means = tables.map(({ rows }) =>
    (rows.reduce((sum, { rho }) => sum + rho, 0) / rows.length).toFixed(3),
  )
  console.log(`| mean | ${means.join(' | ')} |`)
  await world.close()
  await rm(folder, { recursive: true, force: true })
}

async function build(
  world: World,
  name: string,
  { stepM, denseM }: { readonly stepM: number; readonly denseM: number | null },
): Promise<number> {
  const sampling = { kind: 'grid', stepM, whereImagery: true } as const
  const request = { name, imagery: ROTTERDAM.imagery, sampling, boundary: null }
  await createRegion(world, request, { signal, onWarning: () => undefined })
  if (denseM !== null) await requestDense(world, name, denseM)
  const { embedded } = await buildRegion(world, name, { signal, onProgress: () => undefined })
  return embedded
}

async function compare(world: World, single: string, dense: string) {
  const rows = []
  for (const expression of QUERIES) {
    const bySingle = await distancesOf(world, single, expression)
    const byDense = await distancesOf(world, dense, expression)
    const keys = [...bySingle.keys()].filter((key) => byDense.has(key))
    const a = keys.map((key) => bySingle.get(key) ?? NaN)
    const b = keys.map((key) => byDense.get(key) ?? NaN)
    rows.push({ rho: correlate(ranks(a), ranks(b)), cells: keys.length })
  }
  return rows
}

async function distancesOf(world: World, region: string, expression: string) {
  const request = { region, cells: CELLS, candidateCount: 1, expression }
  const { heatmap } = await searchScene(world, request)
  return new Map(heatmap.cells.map(({ key, distance }) => [key, distance]))
}

/** Ties share their mean rank. */
function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2)
}

function correlate(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length
  const [meanA, meanB] = [mean(a), mean(b)]
  const product = a.reduce((sum, x, i) => sum + (x - meanA) * ((b[i] ?? NaN) - meanB), 0)
  const square = (list: readonly number[], m: number) =>
    list.reduce((sum, x) => sum + (x - m) ** 2, 0)
  return product / Math.sqrt(square(a, meanA) * square(b, meanB))
}
