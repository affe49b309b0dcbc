import { beforeAll, expect, test } from 'vitest'
import { finishBuild, requestBuild } from '../../src/gallery/builds.ts'
import type { Database } from '../../src/gallery/database.ts'
import { findEmbeddings, storeBatch } from '../../src/gallery/embeddings.ts'
import { readEmbeddedPlaces } from '../../src/gallery/point-states.ts'
import { claimPoints, countPoints, releasePoints } from '../../src/gallery/points.ts'
import {
  findDatePolicy,
  findKnownVintages,
  markRefreshing,
  setVintages,
} from '../../src/gallery/refresh.ts'
import { regionStats } from '../../src/gallery/stats.ts'
import type { EmbeddedPoint } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, insertEmbedded, modelSha256, randomPoints } from './rows.ts'

describeOnEachDatabase('newer imagery', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const points = randomPoints(6, createRandom(4)).map((point) => ({
    ...point,
    capturedOn: '2020-05-01',
  }))
  const create = async (name: string) => (await insertEmbedded(db, name, points)).id
  const claim = { count: 10, leaseS: 60, worker: 'a' }
  const store = (
    regionId: number,
    embedded: readonly EmbeddedPoint[],
    more: { unavailable?: { id: number; reason: string }[]; unchanged?: number[] } = {},
  ) => storeBatch(db, { regionId, modelSha256, worker: 'a', embedded, unavailable: [], ...more })
  const datesOf = async (regionId: number, id: number) =>
    (await findKnownVintages(db, regionId, [id])).get(id)?.map(({ capturedOn }) => capturedOn)

  test('is waited for by points that are embedded, and their rows count meanwhile', async () => {
    const id = await create('waiting')
    expect(await findDatePolicy(db, id)).toEqual({ vintages: 1, refreshedAt: null })
    expect(await markRefreshing(db, id, [1, 2, 99])).toBe(2)
    expect((await findDatePolicy(db, id)).refreshedAt).not.toBeNull()
    expect(await countPoints(db, id)).toMatchObject({ pending: 2, embedded: 4 })
    expect(await regionStats(db, id)).toMatchObject({ pending: 0, embedded: 6 })
    expect((await findEmbeddings(db, { regionId: id }, [1, 2])).length).toBe(2)
    const left = []
    for await (const page of readEmbeddedPlaces(db, id)) left.push(...page)
    expect(left.map((place) => place.id)).toEqual([0, 3, 4, 5])
    expect(await markRefreshing(db, id, [1])).toBe(0)
  })

  test('of another date stands beside the older, of the same date in its place', async () => {
    const id = await create('beside')
    await markRefreshing(db, id, [0, 1])
    await claimPoints(db, { regionId: id, ...claim })
    const newer = { ...points[0]!, capturedOn: '2023' }
    const again = { ...points[1]!, patchSha256: 'f'.repeat(64) }
    expect(await store(id, [newer, again])).toEqual({ embedded: 2, unavailable: 0 })
    expect(await datesOf(id, 0)).toEqual(['2023', '2020-05-01'])
    expect((await findKnownVintages(db, id, [1])).get(1)).toEqual([
      { capturedOn: '2020-05-01', patchSha256: 'f'.repeat(64) },
    ])
    const [shown] = await findEmbeddings(db, { regionId: id }, [0])
    expect(shown?.capturedOn).toBe('2023')
  })

  test('that is not there, or is what it was, costs a point nothing', async () => {
    const id = await create('nothing')
    await markRefreshing(db, id, [0, 1])
    await claimPoints(db, { regionId: id, ...claim })
    await store(id, [], { unavailable: [{ id: 0, reason: 'nodata' }], unchanged: [1] })
    expect(await countPoints(db, id)).toMatchObject({ pending: 0, embedded: 6, unavailable: {} })
    expect(await datesOf(id, 0)).toEqual(['2020-05-01'])
  })

  test('is still waited for by a point that its worker gave back', async () => {
    const id = await create('given back')
    await markRefreshing(db, id, [3])
    await claimPoints(db, { regionId: id, ...claim })
    await releasePoints(db, { regionId: id, pointIds: [3], worker: 'a' })
    expect(await regionStats(db, id)).toMatchObject({ pending: 0, embedded: 6 })
    const [again] = await claimPoints(db, { regionId: id, ...claim })
    expect(again?.id).toBe(3)
    await store(id, [{ ...points[3]!, capturedOn: '2023' }])
    expect(await datesOf(id, 3)).toEqual(['2023', '2020-05-01'])
  })

  test('of several dates comes in one batch', async () => {
    const id = await create('several')
    await setVintages(db, id, 3)
    await markRefreshing(db, id, [5])
    const dates = ['2023-07', '2021', null]
    await store(
      id,
      dates.map((capturedOn) => ({ ...points[5]!, capturedOn })),
    )
    expect(await datesOf(id, 5)).toEqual(['2023-07', '2021', '2020-05-01', null])
    expect((await countPoints(db, id)).embedded).toBe(6)
    expect((await findDatePolicy(db, id)).vintages).toBe(3)
  })

  test('leaves a region that is scanned plainly, once each point has one row again', async () => {
    const id = await create('plain')
    const refreshed = async () => (await findDatePolicy(db, id)).refreshedAt !== null
    await requestBuild(db, id)
    await markRefreshing(db, id, [0, 1])
    expect(await finishBuild(db, id)).toBe(false)
    await claimPoints(db, { regionId: id, ...claim })
    await store(id, [points[0]!, { ...points[1]!, capturedOn: '2023' }])
    expect(await finishBuild(db, id)).toBe(true)
    expect(await refreshed()).toBe(true)
    await db.withClient((client) =>
      client.query(`delete from embeddings where region = $1 and vintage = '2023'`, [id]),
    )
    await setVintages(db, id, 2)
    await finishBuild(db, id)
    expect(await refreshed()).toBe(true)
    await setVintages(db, id, 1)
    await finishBuild(db, id)
    expect(await refreshed()).toBe(false)
  })

  test('a region that was to have several dates counts one of each point, also when it is to have one', async () => {
    const id = await create('fewer')
    await setVintages(db, id, 2)
    expect((await findDatePolicy(db, id)).refreshedAt).toBeNull()
    await setVintages(db, id, 1)
    expect((await findDatePolicy(db, id)).refreshedAt).not.toBeNull()
  })
})
