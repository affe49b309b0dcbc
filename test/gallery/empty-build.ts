/** A build without pictures: claims points and stores vectors until none are left. */
import { claimPoints } from '../../src/gallery/points.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { openDatabase, type DatabasePlace } from '../../src/gallery/open.ts'
import { createRandom, modelSha256, randomPoints } from './rows.ts'

export interface EmptyBuild {
  readonly place: DatabasePlace
  readonly regionId: number
  readonly batchSize: number
}

/** Opens the database and builds; says each step. */
export async function buildEmpty(
  { place, regionId, batchSize }: EmptyBuild,
  say: (word: 'claimed' | 'storing' | 'stored') => void,
): Promise<void> {
  const worker = `pid ${process.pid}`
  const db = await openDatabase(place)
  for (;;) {
    const claimed = await claimPoints(db, { regionId, count: batchSize, leaseS: 1, worker })
    if (claimed.length === 0) break
    say('claimed')
    const vectors = randomPoints(claimed.length, createRandom(regionId))
    const embedded = claimed.map((point, i) => ({ ...vectors[i]!, ...point }))
    say('storing')
    await storeBatch(db, { regionId, modelSha256, worker, embedded, unavailable: [] })
    say('stored')
  }
  await db.close()
}
