/** Seeded rows for tests of the gallery. */
import { latLngToCell } from 'h3-js'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { findAttributionsOn } from '../../src/gallery/attributions.ts'
import { insertPointsOn } from '../../src/gallery/points.ts'
import { insertRegionOn, type RegionDraft } from '../../src/gallery/regions.ts'
import type { EmbeddedPoint, Region, RoadPoint } from '../../src/types.ts'

export const modelSha256 = 'a'.repeat(64)

export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export function draftRegion(name: string): RegionDraft {
  return {
    name,
    boundary: {
      type: 'Polygon',
      coordinates: [
        [
          [9.4, 47],
          [9.7, 47],
          [9.7, 47.3],
          [9.4, 47.3],
          [9.4, 47],
        ],
      ],
    },
    centre: { lon: 9.55, lat: 47.15 },
    sampling: { kind: 'grid', stepM: 10, whereImagery: false },
    imagery: { kind: 'xyz', template: 'http://localhost/{z}/{x}/{y}.png' },
    attribution: '© nobody',
    model: { name: 'tiny-overhead', sha256: modelSha256 },
    gsd: 0.5,
  }
}

export function randomLogits(random: () => number, size = 8): Float32Array {
  return Float32Array.from({ length: 365 }, () => size * (random() - 0.5))
}

/** Points in a box of about 20 × 30 km; x and y are rough, but fixed. */
export function randomPoints(count: number, random: () => number): EmbeddedPoint[] {
  return Array.from({ length: count }, (_, id) => {
    const lon = 9.4 + 0.3 * random()
    const lat = 47 + 0.3 * random()
    return {
      id,
      lon,
      lat,
      x: (lon - 9.55) * 75_800,
      y: (lat - 47.15) * 111_200,
      h3: BigInt(`0x${latLngToCell(lat, lon, 15)}`),
      capturedOn: id % 3 === 0 ? null : `20${20 + (id % 3)}-06-0${1 + (id % 9)}`,
      reference: { kind: 'xyz' as const, items: [`17/${id}/1`], window: [1, 2, 3, 4] as const },
      patchSha256: id.toString(16).padStart(64, '0'),
      logits: randomLogits(random),
    }
  })
}

export function insertRegion(db: Database, draft: RegionDraft): Promise<Region> {
  return db.transaction((client) => insertRegionOn(client, draft))
}

export function insertPoints(
  db: Database,
  regionId: number,
  points: readonly RoadPoint[],
): Promise<void> {
  return db.transaction((client) => insertPointsOn(client, regionId, points))
}

export function findAttributions(db: Database, regionId: number): Promise<readonly string[]> {
  return db.withClient((client) => findAttributionsOn(client, regionId))
}

export async function insertEmbedded(
  db: Database,
  name: string,
  points: readonly EmbeddedPoint[],
): Promise<Region> {
  const region = await insertRegion(db, draftRegion(name))
  await insertPoints(db, region.id, points)
  await storeBatch(db, {
    regionId: region.id,
    modelSha256,
    worker: 'test',
    embedded: points,
    unavailable: [],
  })
  return region
}
