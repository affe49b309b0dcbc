import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { addressHeatmap, findHeatmap, insertHeatmap } from '../../src/gallery/heatmaps.ts'
import { countPoints } from '../../src/gallery/points.ts'
import {
  deleteRegion,
  findRegion,
  insertRegionWithPoints,
  listRegions,
} from '../../src/gallery/regions.ts'
import { aggregateDistancesByCell } from '../../src/gallery/search.ts'
import { regionStats } from '../../src/gallery/stats.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertEmbedded,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('regions', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })

  test('a region is found as it was inserted', async () => {
    const draft = draftRegion('vaduz')
    const inserted = await insertRegion(db, draft)
    expect(inserted).toEqual({
      ...draft,
      id: inserted.id,
      runtime: null,
      state: 'created',
      problem: null,
      createdAt: expect.stringMatching(/^20..-..-..T.*Z$/) as unknown,
    })
    expect(await findRegion(db, 'vaduz')).toEqual(inserted)
  })

  test('a name is given once', async () => {
    await insertRegion(db, draftRegion('once'))
    await expect(insertRegion(db, draftRegion('once'))).rejects.toMatchObject({
      name: 'InputError',
      code: 'region-exists',
    })
  })

  test('an unknown name is answered with the known ones', async () => {
    await expect(findRegion(db, 'atlantis')).rejects.toMatchObject({
      name: 'NotFoundError',
      code: 'region-not-found',
      hint: expect.stringContaining('vaduz') as unknown,
    })
  })

  test('a region whose points cannot be written is not written either', async () => {
    const points = [0, 0].map((id) => ({ id, lon: 9.5, lat: 47.1 }))
    const twice = insertRegionWithPoints(db, draftRegion('half'), points)
    await expect(twice).rejects.toMatchObject({ code: '23505' })
    await expect(findRegion(db, 'half')).rejects.toMatchObject({ code: 'region-not-found' })
  })

  test('regions are listed by name', async () => {
    await insertRegion(db, draftRegion('aaa'))
    const names = (await listRegions(db)).map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    expect(names[0]).toBe('aaa')
  })

  test('a deleted region takes everything of it along, and nothing of others', async () => {
    const points = randomPoints(5, createRandom(1))
    const kept = await insertEmbedded(db, 'kept', points)
    const gone = await insertEmbedded(db, 'gone', points)
    const request = {
      regionId: gone.id,
      question: { kind: 'embedding' as const },
      grid: { kind: 'h3' as const, resolution: 5 },
      models: [],
    }
    const address = await addressHeatmap(db, request)
    await insertHeatmap(db, address, { request, heatmap: { cells: [] } as unknown as Heatmap })
    await deleteRegion(db, 'gone')

    await expect(findRegion(db, 'gone')).rejects.toMatchObject({ code: 'region-not-found' })
    await expect(findHeatmap(db, address.id)).rejects.toMatchObject({ code: 'heatmap-not-found' })
    const query = { operator: 'l2' as const, vector: new Float32Array(365), scale: 1, offset: 0 }
    const grid = request.grid
    expect((await countPoints(db, gone.id)).total).toBe(0)
    expect(await aggregateDistancesByCell(db, { regionId: gone.id, query, grid })).toEqual([])
    expect((await regionStats(db, kept.id)).embedded).toBe(5)
    const late = { regionId: gone.id, modelSha256, worker: 'w', embedded: points, unavailable: [] }
    await expect(storeBatch(db, late)).rejects.toMatchObject({ code: 'region-not-found' })
    await expect(deleteRegion(db, 'gone')).rejects.toMatchObject({ code: 'region-not-found' })
  })
})
