import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import {
  addressHeatmap,
  findHeatmap,
  insertHeatmap,
  type HeatmapRequest,
} from '../../src/gallery/heatmaps.ts'
import { deleteRegion } from '../../src/gallery/regions.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'
import type { Region } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('heatmaps', (open) => {
  const points = randomPoints(4, createRandom(9))
  let db: Database
  let region: Region
  let request: HeatmapRequest
  beforeAll(async () => {
    db = await open()
    region = await insertRegion(db, draftRegion('mapped'))
    await insertPoints(db, region.id, points)
    request = {
      regionId: region.id,
      question: { kind: 'scene', expression: 'harbor', scenes: ['harbor'] },
      query: { operator: 'l2', vector: new Float32Array([0.1, 2]), scale: 1, offset: 0 },
      grid: { kind: 'square', sizeM: 50, epsg: null },
      models: [modelSha256],
    }
  })
  const heatmap = (): Heatmap => ({
    question: request.question,
    region,
    grid: request.grid,
    cells: [
      {
        key: '0,-1',
        distance: 0.1,
        point: { id: 3, lon: 9.5, lat: 47.1 },
        pointCount: 2,
        rank: 1,
        score: 1,
        isGood: true,
        areaKm2: 0.0025,
      },
    ],
    best: 0.1,
    worst: 0.1,
    pointCount: 4,
    unavailableCount: 0,
    pendingCount: 0,
    capturedBetween: ['2021-01-01', '2022-01-01'],
  })

  test('a heatmap is found under the address of its request, as it was stored', async () => {
    const address = await addressHeatmap(db, request)
    expect(address).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown })
    expect(address.isStored).toBe(false)
    await insertHeatmap(db, address, { request, heatmap: heatmap() })
    await insertHeatmap(db, address, { request, heatmap: heatmap() })
    expect(await addressHeatmap(db, request)).toEqual({ ...address, isStored: true })
    expect((await findHeatmap(db, address.id)).heatmap).toEqual(heatmap())
  })

  test('a heatmap of more cells than the database holds is refused in words', async () => {
    const address = await addressHeatmap(db, { ...request, models: ['many'] })
    const [cell] = heatmap().cells
    const cells = Array.from({ length: 400_001 }, () => cell!)
    const kept = { request, heatmap: { ...heatmap(), cells } }
    await expect(insertHeatmap(db, address, kept)).rejects.toMatchObject({
      name: 'InputError',
      code: 'cells-too-many',
    })
  })

  test('a heatmap whose region is deleted while it is computed is told as such, and not kept', async () => {
    const { id: regionId } = await insertRegion(db, draftRegion('deleted'))
    const late = { ...request, regionId }
    const address = await addressHeatmap(db, late)
    await deleteRegion(db, 'deleted')
    const inserting = insertHeatmap(db, address, { request: late, heatmap: heatmap() })
    await expect(inserting).rejects.toMatchObject({ code: 'region-not-found' })
    await expect(findHeatmap(db, address.id)).rejects.toMatchObject({ code: 'heatmap-not-found' })
  })

  test('the query of a heatmap is not kept: of a photo it is the embedding', async () => {
    const { id } = await addressHeatmap(db, request)
    const { request: kept } = await findHeatmap(db, id)
    expect(kept).toMatchObject({ question: request.question, models: [modelSha256] })
    expect(kept).not.toHaveProperty('query')
  })

  test('the order of keys does not matter to the address, everything else does', async () => {
    const { id } = await addressHeatmap(db, request)
    const reversed = Object.fromEntries(Object.entries(request).reverse()) as unknown
    expect((await addressHeatmap(db, reversed as HeatmapRequest)).id).toBe(id)
    const vector = new Float32Array([0.1, 2.0000002])
    const changes: Partial<HeatmapRequest>[] = [
      { grid: { kind: 'square', sizeM: 51, epsg: null } },
      { grid: { kind: 'square', sizeM: 50, epsg: 3035 } },
      { query: { ...request.query!, vector } },
      { query: { ...request.query!, weights: vector } },
      { models: [] },
      { question: { kind: 'embedding' } },
    ]
    const ids = await Promise.all(
      changes.map(async (change) => (await addressHeatmap(db, { ...request, ...change })).id),
    )
    expect(new Set([id, ...ids]).size).toBe(changes.length + 1)
  })

  test('the address changes with the points of the region, and only then', async () => {
    const before = (await addressHeatmap(db, request)).id
    const batch = { regionId: region.id, modelSha256, worker: 'a', unavailable: [] }
    await storeBatch(db, { ...batch, embedded: points })
    const after = (await addressHeatmap(db, request)).id
    expect(after).not.toBe(before)
    await storeBatch(db, { ...batch, embedded: points })
    expect((await addressHeatmap(db, request)).id).toBe(after)
  })

  test('what is not there is not found', async () => {
    await expect(findHeatmap(db, '0'.repeat(64))).rejects.toMatchObject({
      code: 'heatmap-not-found',
    })
    await expect(addressHeatmap(db, { ...request, regionId: 999 })).rejects.toMatchObject({
      code: 'region-not-found',
    })
  })
})
