/** A region of synthetic vectors, spread over a country of 600 × 400 km. @io database */
import { latLngToCell } from 'h3-js'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import type { EmbeddedPoint } from '../../src/types.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomLogits,
} from '../gallery/rows.ts'

const BATCH = 10_000

function* batches(count: number): Generator<EmbeddedPoint[]> {
  const random = createRandom(count)
  for (let from = 0; from < count; from += BATCH) {
    yield Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => {
      const lon = 27 + 8 * random()
      const lat = 47 + 3.6 * random()
      return {
        id: from + i,
        lon,
        lat,
        x: (lon - 31) * 75_000,
        y: (lat - 48.8) * 111_200,
        h3: BigInt(`0x${latLngToCell(lat, lon, 15)}`),
        capturedOn: '2024-06-01',
        reference: { kind: 'xyz' as const, items: ['17/70414/43014', '17/70415/43014'] },
        patchSha256: 'ab'.repeat(32),
        logits: randomLogits(random),
      }
    })
  }
}

/**
 * Writes a region of `count` points and their vectors, the same for the same count;
 * @returns its id
 */
export async function fillCountry(db: Database, name: string, count: number): Promise<number> {
  const { id } = await insertRegion(db, draftRegion(name))
  let ms = 0
  for (const embedded of batches(count)) {
    const startedAt = performance.now()
    await insertPoints(db, id, embedded)
    await storeBatch(db, { regionId: id, modelSha256, worker: 'bench', embedded, unavailable: [] })
    ms += performance.now() - startedAt
  }
  const rate = Math.round((1000 * count) / ms)
  console.log(`\n${db.kind}, ${name}: ${count} points (stored ${rate} rows/s)\n`)
  return id
}
