/**
 * Distances by cell against the bare scan, on synthetic vectors: `npm run bench:heatmap`.
 * PGlite always; PostgreSQL where DATABASE_URL_TEST names a server. Sizes as arguments, by default
 * 10⁴ and 10⁵ on both and 10⁶ on PostgreSQL.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client, Database } from '../../src/gallery/database.ts'
import { vectorText } from '../../src/gallery/halfvec.ts'
import { migrate } from '../../src/gallery/migrate.ts'
import { openDatabase } from '../../src/gallery/open.ts'
import {
  aggregateDistancesByCell,
  findDistances,
  findNearest,
  meanLogitsByCell,
} from '../../src/gallery/search.ts'
import { regionStats } from '../../src/gallery/stats.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { searchRegion } from '../../src/journeys/search-region.ts'
import type { CellGrid, GalleryQuery } from '../../src/heatmap-types.ts'
import { createRandom, randomLogits } from '../gallery/rows.ts'
import { fillCountry } from './synthetic-country.ts'

/** A turn over a million rows takes long enough to be quiet in itself. */
const roundsOf = (count: number) => (count < 1_000_000 ? 9 : 3)
const pgliteMax = 100_000

const sizes = process.argv.slice(2).map(Number)
const random = createRandom(1)
const vector = randomLogits(random)
const square = (sizeM: number): CellGrid => ({ kind: 'square', sizeM, epsg: null })
const l2: GalleryQuery = { operator: 'l2', vector, scale: 1, offset: 0 }
const dot: GalleryQuery = { ...l2, operator: '-dot' }
const weighted: GalleryQuery = { ...l2, weights: randomLogits(random).map(Math.abs) }

interface BenchRegion {
  readonly regionId: number
  readonly name: string
}

interface Case {
  readonly name: string
  readonly run: (db: Database, region: BenchRegion) => Promise<unknown[]>
}

const byCell = (name: string, query: GalleryQuery, grid: CellGrid): Case => ({
  name,
  run: (db, { regionId }) => aggregateDistancesByCell(db, { regionId, query, grid }),
})

/** What `locate` adds to the SQL: ranks, areas inside the boundary, the region's figures. */
const journey = (name: string, grid: CellGrid): Case => ({
  name,
  run: async (db, { name: region }) => {
    const search = { region, grid, query: l2, question: { kind: 'embedding' } } as const
    return [...(await searchRegion({ db } as Outside, search)).cells]
  },
})

const bareScan = (client: Client, regionId: number) =>
  client.query('select min(logits <-> $2::halfvec) from embeddings where region = $1', [
    regionId,
    vectorText(vector),
  ])

/** The first is what the others are compared with: planned by the server as it likes. */
const cases: readonly Case[] = [
  {
    name: 'bare scan: min(logits <-> q)',
    run: (db, { regionId }) => db.withClient((client) => bareScan(client, regionId)),
  },
  {
    name: 'bare scan, made parallel',
    run: (db, { regionId }) =>
      db.transaction(async (client) => {
        await client.script('set local parallel_setup_cost = 0; set local jit = off')
        return bareScan(client, regionId)
      }),
  },
  byCell('by cell, l2, square:25km', l2, square(25_000)),
  byCell('by cell, l2, square:5km', l2, square(5000)),
  journey('whole search, l2, square:25km', square(25_000)),
  journey('whole search, l2, square:5km', square(5000)),
  byCell('by cell, l2, h3:5', l2, { kind: 'h3', resolution: 5 }),
  byCell('by cell, -dot, square:25km', dot, square(25_000)),
  byCell('by cell, l2 weighted, square:25km', weighted, square(25_000)),
  {
    name: 'mean logits by cell, square:25km',
    run: (db, { regionId }) =>
      meanLogitsByCell(db, { regionId, grid: square(25_000), sceneOf: () => 0 }),
  },
  { name: 'all distances', run: (db, { regionId }) => findDistances(db, { regionId, query: l2 }) },
  {
    name: 'nearest 20',
    run: (db, { regionId }) => findNearest(db, { regionId, query: l2, count: 20 }),
  },
  {
    name: 'region stats, counted before',
    run: async (db, { regionId }) => [await regionStats(db, regionId)],
  },
]

async function measure(db: Database, region: BenchRegion, rounds: number): Promise<void> {
  const times = cases.map((): number[] => [])
  const sizes = cases.map(() => 0)
  // In turns, so that a noisy moment of the machine hits all cases alike; the first turn warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { run }] of cases.entries()) {
      const startedAt = performance.now()
      sizes[i] = (await run(db, region)).length
      if (round > 0) times[i]!.push(performance.now() - startedAt)
    }
  }
  const bare = Math.min(...times[0]!)
  console.log(
    '| what | rows out | min ms | median ms | min ÷ bare |\n| --- | --- | --- | --- | --- |',
  )
  cases.forEach(({ name }, i) => {
    const sorted = times[i]!.sort((a, b) => a - b)
    const [min = NaN, median = NaN] = [sorted[0], sorted[rounds >> 1]]
    const figures = [sizes[i], min.toFixed(1), median.toFixed(1), (min / bare).toFixed(2)]
    console.log(`| ${name} | ${figures.join(' | ')} |`)
  })
}

async function bench(db: Database, defaults: readonly number[]): Promise<void> {
  await migrate(db)
  for (const count of sizes.length > 0 ? sizes : defaults) {
    const name = `bench-${count}`
    const region = { name, regionId: await fillCountry(db, name, count) }
    // A server does this by itself within a minute of a build.
    await db.withClient((client) => client.script('analyze'))
    await measure(db, region, roundsOf(count))
  }
}

async function benchPostgres(serverUrl: string): Promise<void> {
  const server = await openDatabase({ url: serverUrl })
  const onServer = (sql: string) => server.withClient((client) => client.script(sql))
  await onServer('drop database if exists whereabouts_bench')
  await onServer('create database whereabouts_bench')
  const url = new URL(serverUrl)
  url.pathname = '/whereabouts_bench'
  const db = await openDatabase({ url: url.href })
  await bench(db, [10_000, 100_000, 1_000_000])
  await db.close()
  await onServer('drop database whereabouts_bench')
  await server.close()
}

async function benchPglite(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'whereabouts-bench-'))
  const db = await openDatabase({ dataDir })
  await bench(db, [10_000, pgliteMax])
  await db.close()
  await rm(dataDir, { recursive: true })
}

console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`)
const serverUrl = process.env['DATABASE_URL_TEST']
if (serverUrl === undefined) console.log('PostgreSQL left out: DATABASE_URL_TEST is not set')
else await benchPostgres(serverUrl)
await benchPglite()
