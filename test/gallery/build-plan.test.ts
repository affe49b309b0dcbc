import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { findBuildPlan } from '../../src/gallery/build-plan.ts'
import { recordRuntime, requestBuild, settleDense } from '../../src/gallery/builds.ts'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { holdPlan } from '../../src/gallery/plan-stamp.ts'
import { beginRefresh, markRefreshing, setVintages } from '../../src/gallery/refresh.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertEmbedded,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('how a region is built', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const points = randomPoints(3, createRandom(1))
  const runtime = { executionProvider: 'cpu', instructionSet: 'avx2' }
  const create = async (name: string) => {
    const { id } = await insertRegion(db, draftRegion(name))
    await insertPoints(db, id, points)
    return id
  }
  const store = (regionId: number, stamp: string) =>
    storeBatch(db, {
      regionId,
      modelSha256,
      worker: 'w',
      stamp,
      embedded: points.slice(0, 1),
      unavailable: [{ id: 1, reason: 'nodata' }],
      failed: [{ id: 2, waitS: 60, isCounted: true }],
    })

  test('is read whole, and stays the same while it is built', async () => {
    const id = await create('same')
    const before = await findBuildPlan(db, 'same')
    expect(before).toMatchObject({
      region: await findRegion(db, 'same'),
      dates: { vintages: 1, refreshedAt: null },
      sourceIndex: 0,
    })
    await requestBuild(db, id)
    await recordRuntime(db, id, runtime)
    await beginRefresh(db, id, { attribution: '© nobody' })
    expect(await store(id, before.stamp)).toEqual({ embedded: 1, unavailable: 1 })
    expect((await findBuildPlan(db, 'same')).stamp).toBe(before.stamp)
  })

  test('is another way with other imagery, attribution, dates or spacing', async () => {
    const id = await create('moved')
    const changes = [
      () => beginRefresh(db, id, { imagery: { kind: 'geotiff' }, attribution: '© nobody' }),
      () => beginRefresh(db, id, { imagery: { kind: 'geotiff' }, attribution: '© A' }),
      () => beginRefresh(db, id, { imagery: { kind: 'xyz' }, attribution: '© A' }),
      () => settleDense(db, id, { ...runtime, denseM: 16 }),
      () => settleDense(db, id, { ...runtime, denseM: 8 }),
      () => markRefreshing(db, id, []),
      () => setVintages(db, id, 2),
    ]
    const found = [await findBuildPlan(db, 'moved')]
    for (const change of changes) {
      await change()
      found.push(await findBuildPlan(db, 'moved'))
    }
    expect(new Set(found.map(({ stamp }) => stamp)).size).toBe(found.length)
    expect(found.map(({ sourceIndex }) => sourceIndex)).toEqual([0, 0, 1, 1, 1, 1, 1, 1])
  })

  test('that it is not any more leaves nothing in the gallery', async () => {
    const changes = {
      imagery: (id: number) =>
        beginRefresh(db, id, { imagery: { kind: 'geotiff' }, attribution: '© nobody' }),
      dense: (id: number) => settleDense(db, id, { ...runtime, denseM: 16 }),
      dates: (id: number) => setVintages(db, id, 2),
    }
    for (const [name, change] of Object.entries(changes)) {
      const id = await create(name)
      const { stamp } = await findBuildPlan(db, name)
      await change(id)
      expect(await store(id, stamp)).toBeNull()
      const untouched = { pending: 3, embedded: 0, unavailable: {} }
      expect(await countPoints(db, id), name).toMatchObject(untouched)
      const later = await findBuildPlan(db, name)
      expect(await store(id, later.stamp)).toEqual({ embedded: 1, unavailable: 1 })
    }
  })

  test('is not settled as dense while a row patch by patch is being stored', async () => {
    const donor = (await insertEmbedded(db, 'donor', points)).id
    const id = await create('beside')
    const { stamp } = await findBuildPlan(db, 'beside')
    let begin = () => {}
    const settled = new Promise<void>((resolve) => (begin = resolve)).then(() =>
      settleDense(db, id, { ...runtime, denseM: 16 }),
    )
    const columns = 'point, x, y, h3, logits, vintage, captured_on, patch_sha256, reference'
    await db.transaction(async (client) => {
      expect(await holdPlan(client, id, stamp)).toBe(true)
      begin()
      await setTimeout(100)
      await client.query(
        `insert into embeddings (region, ${columns})
         select $2::integer, ${columns} from embeddings where region = $1`,
        [donor, id],
      )
    })
    expect(await settled).toBe(false)
    expect((await findRegion(db, 'beside')).runtime).toBeNull()
  })

  test('of a region that is not there is refused', async () => {
    await expect(findBuildPlan(db, 'nowhere')).rejects.toMatchObject({ code: 'region-not-found' })
  })
})
