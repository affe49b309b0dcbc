import { expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { migrate } from '../../src/gallery/migrate.ts'
import { openDatabase, type DatabasePlace } from '../../src/gallery/open.ts'
import { aggregateDistancesByCell, findNearest } from '../../src/gallery/search.ts'
import { regionStats } from '../../src/gallery/stats.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertEmbedded,
  insertRegion,
  randomLogits,
  randomPoints,
} from './rows.ts'

const random = createRandom(5)
const points = randomPoints(300, random)
const query = { operator: 'l2', vector: randomLogits(random), scale: 1, offset: 0 } as const
const grid = { kind: 'h3', resolution: 5 } as const

/** Opens it for reading alone, as a replica of a server is. */
async function openReadOnly(where: DatabasePlace): Promise<Database> {
  const readOnly = '-c default_transaction_read_only=on'
  if ('url' in where) return openDatabase({ url: `${where.url}?options=${encodeURI(readOnly)}` })
  const db = await openDatabase(where)
  // It has one connection.
  await db.withClient((client) => client.script('set default_transaction_read_only = on'))
  return db
}

describeOnEachDatabase('a database that allows reading only, as a replica', (_open, place) => {
  /**
   * What `work` finds there, one opening after the other: the embedded database has one at a time.
   */
  const opened = async <T>(db: Promise<Database>, work: (db: Database) => Promise<T>) =>
    work(await db).finally(async () => (await db).close())

  test('answers questions about what is built, and names the next step for the rest', async () => {
    const where = await place()
    const ask = async (db: Database, regionId: number) => ({
      // Not counted before: only one that may write keeps what it counts.
      stats: await regionStats(db, regionId),
      cells: await aggregateDistancesByCell(db, { regionId, query, grid }),
      nearest: await findNearest(db, { regionId, query, count: 5 }),
    })
    const { id } = await opened(openDatabase(where), (db) => insertEmbedded(db, 'built', points))
    const refusal = {
      name: 'UpstreamError',
      code: 'database-read-only',
      hint: expect.stringContaining('primary') as string,
    }
    const answers = await opened(openReadOnly(where), async (db) => {
      expect(await migrate(db)).toEqual([])
      await expect(insertRegion(db, draftRegion('new'))).rejects.toMatchObject(refusal)
      return ask(db, id)
    })
    expect(answers.stats.embedded).toBe(points.length)
    expect(answers.cells.length).toBeGreaterThan(1)
    await opened(openDatabase(where), async (db) => {
      expect(await ask(db, id)).toEqual(answers)
      await db.withClient((client) => client.script('delete from migrations'))
    })
    await opened(openReadOnly(where), (db) => expect(migrate(db)).rejects.toMatchObject(refusal))
  })
})
