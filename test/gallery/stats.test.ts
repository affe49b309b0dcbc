import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { claimPoints, retryUnavailable } from '../../src/gallery/points.ts'
import { regionStats } from '../../src/gallery/stats.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('regionStats', (open) => {
  const points = randomPoints(12, createRandom(5))
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const create = async (name: string) => {
    const { id } = await insertRegion(db, draftRegion(name))
    await insertPoints(db, id, points)
    return { regionId: id, modelSha256, worker: 'a', embedded: [], unavailable: [] }
  }
  const unavailable = [
    { id: 10, reason: 'nodata' },
    { id: 11, reason: 'outside-imagery' },
  ]

  test('tells counts, reasons and dates', async () => {
    const batch = await create('stats')
    await storeBatch(db, { ...batch, embedded: points.slice(0, 9), unavailable })
    const stats = {
      embedded: 9,
      pending: 1,
      unavailable: 2,
      unavailableByReason: { nodata: 1, 'outside-imagery': 1 },
      capturedBetween: ['2021-06-02', '2022-06-09'],
      patchesByYear: { 2021: 3, 2022: 3, unknown: 3 },
    }
    expect(await regionStats(db, batch.regionId)).toEqual(stats)
    expect(await regionStats(db, batch.regionId)).toEqual(stats)
  })

  test('is never out of date: not after a batch, missing imagery, a retry or a claim', async () => {
    const batch = await create('steps')
    const { regionId } = batch
    const counts = async () => {
      const { embedded, pending, unavailable } = await regionStats(db, regionId)
      return { embedded, pending, unavailable }
    }
    expect(await counts()).toEqual({ embedded: 0, pending: 12, unavailable: 0 })
    await claimPoints(db, { regionId, count: 5, leaseS: 60, worker: 'a' })
    expect(await counts()).toEqual({ embedded: 0, pending: 12, unavailable: 0 })
    await storeBatch(db, { ...batch, embedded: points.slice(0, 3) })
    expect(await counts()).toEqual({ embedded: 3, pending: 9, unavailable: 0 })
    await storeBatch(db, { ...batch, unavailable })
    expect(await counts()).toEqual({ embedded: 3, pending: 7, unavailable: 2 })
    await retryUnavailable(db, regionId, ['nodata'])
    expect(await counts()).toEqual({ embedded: 3, pending: 8, unavailable: 1 })
  })

  test('a region without embeddings has no dates; an unknown one is an error', async () => {
    const { regionId } = await create('empty')
    expect(await regionStats(db, regionId)).toMatchObject({
      capturedBetween: null,
      patchesByYear: {},
    })
    await expect(regionStats(db, 999)).rejects.toMatchObject({ code: 'region-not-found' })
  })
})
