/** Heatmaps that several processes of a PostgreSQL server group together. */
import { expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { openDatabase, type DatabasePlace } from '../../src/gallery/open.ts'
import { aggregateDistancesByCell, meanLogitsByCell } from '../../src/gallery/search.ts'
import type { GalleryQuery } from '../../src/heatmap-types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, insertEmbedded, randomLogits, randomPoints } from './rows.ts'

/** As on a large region: there the scan is dear and starting a process is nothing beside it. */
const eager =
  '-c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0 -c parallel_leader_participation=off'

describeOnEachDatabase('search by several processes', (_open, place) => {
  test('gives the cells of one process, the lowest id among points that tie', async (context) => {
    const where = await place()
    if (!('url' in where)) return context.skip('PGlite has one process')
    const random = createRandom(11)
    const [first, ...rest] = randomPoints(4000, random)
    // Three vectors in all, so that every cell has ties, in rows that different processes read.
    const vectors = [first!.logits, rest[0]!.logits, rest[1]!.logits]
    const points = [first!, ...rest].map((point, i) => ({ ...point, logits: vectors[i % 3]! }))
    const query = { operator: 'l2', vector: randomLogits(random), scale: 1, offset: 0 } as const
    const one = await openDatabase(where)
    const many = { url: `${where.url}?options=${encodeURIComponent(eager)}` }
    try {
      const { id } = await insertEmbedded(one, 'searched', points)
      await one.withClient((client) => client.script('analyze')) // a server does it by itself, later
      const expected = await answers(one, id, query)
      const launchedBefore = await launched(one)
      expect(await answersAt(many, id, query)).toEqual(expected)
      if (launchedBefore === null) {
        return context.skip('the cells are the same; PostgreSQL counts its processes since 18')
      }
      const more = () => launched(one).then((count) => Number(count) - launchedBefore)
      await expect.poll(more, { timeout: 20_000 }).toBeGreaterThan(0)
    } finally {
      await one.close()
    }
  })
})

/** On connections that end with it: only then a server is sure to have counted. */
async function answersAt(place: DatabasePlace, regionId: number, query: GalleryQuery) {
  const db = await openDatabase(place)
  return answers(db, regionId, query).finally(() => db.close())
}

function answers(db: Database, regionId: number, query: GalleryQuery) {
  return Promise.all([
    aggregateDistancesByCell(db, { regionId, query, grid: { kind: 'h3', resolution: 5 } }),
    meanLogitsByCell(db, {
      regionId,
      grid: { kind: 'square', sizeM: 5000, epsg: null },
      sceneOf: (mean) => mean.indexOf(Math.max(...mean)),
    }),
  ])
}

/**
 * Processes that the server has started for queries; null before PostgreSQL 18, which counts them
 * first.
 */
async function launched(db: Database): Promise<number | null> {
  const [row] = await db.withClient((client) =>
    client.query<{ count: number | null }>(
      `select (to_jsonb(counts) -> 'parallel_workers_launched')::integer as count
         from pg_stat_database as counts where datname = current_database()`,
    ),
  )
  return row?.count ?? null
}
