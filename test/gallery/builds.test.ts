import { beforeAll, expect, test } from 'vitest'
import {
  findWantedRegions,
  findWorkers,
  finishBuild,
  isBuildWanted,
  recordProblem,
  recordRuntime,
  requestBuild,
  stopBuild,
} from '../../src/gallery/builds.ts'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import { claimPoints, renewLeases } from '../../src/gallery/points.ts'
import { findBuildPlan } from '../../src/gallery/build-plan.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('a wanted build', (open) => {
  const points = randomPoints(6, createRandom(4))
  const problem = { code: 'host-down', message: 'gone', at: '2026-03-01T12:00:00.000Z' }
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const create = async (name: string) => {
    const { id } = await insertRegion(db, draftRegion(name))
    await insertPoints(db, id, points)
    return id
  }
  const claim = (regionId: number, more: { count?: number; leaseS?: number } = {}) =>
    claimPoints(db, { regionId, worker: 'w', count: 6, leaseS: 60, ...more })
  const store = (regionId: number, ids: readonly number[], failed: readonly number[] = []) =>
    storeBatch(db, {
      regionId,
      modelSha256,
      worker: 'w',
      embedded: points.filter(({ id }) => ids.includes(id)),
      unavailable: [],
      failed: failed.map((id) => ({ id, waitS: 3600, isCounted: true })),
    })
  const wanted = async (name: string) => {
    const [region] = await findWantedRegions(db, { names: [name], worker: 'w' })
    return region
  }

  test('is found when it was asked for, until it is stopped', async () => {
    const id = await create('asked')
    expect(await wanted('asked')).toBeUndefined()
    const { stamp } = await findBuildPlan(db, 'asked')
    expect(await isBuildWanted(db, id, stamp)).toBe(false)
    await requestBuild(db, id)
    expect(await isBuildWanted(db, id, stamp)).toBe(true)
    expect(await isBuildWanted(db, id, 'another')).toBe(false)
    expect(await wanted('asked')).toEqual({ id, name: 'asked', isClaimable: true })
    await stopBuild(db, id, problem)
    expect(await wanted('asked')).toBeUndefined()
    expect(await findRegion(db, 'asked')).toMatchObject({ state: 'stopped', problem })
    await requestBuild(db, id)
    expect(await findRegion(db, 'asked')).toMatchObject({ state: 'building', problem: null })
  })

  test('is recorded with what computes it, which never erases that it is dense', async () => {
    const id = await create('runtime')
    const runtime = { executionProvider: 'cpu', instructionSet: 'avx2' }
    await recordRuntime(db, id, { ...runtime, denseM: 16 })
    await recordRuntime(db, id, { ...runtime, instructionSet: 'neon' })
    expect((await findRegion(db, 'runtime')).runtime).toEqual({
      executionProvider: 'cpu',
      instructionSet: 'neon',
      denseM: 16,
    })
  })

  test('is finished when no point is open, and not before', async () => {
    const id = await create('finished')
    await requestBuild(db, id)
    expect(await finishBuild(db, id)).toBe(false)
    await claim(id)
    expect(await wanted('finished')).toMatchObject({ isClaimable: false })
    expect(await finishBuild(db, id)).toBe(false)
    expect(await store(id, [0, 1, 2, 3, 4, 5])).toEqual({ embedded: 6, unavailable: 0 })
    expect(await finishBuild(db, id)).toBe(true)
    expect(await findRegion(db, 'finished')).toMatchObject({ state: 'built' })
    await stopBuild(db, id)
    expect(await findRegion(db, 'finished')).toMatchObject({ state: 'built' })
  })

  test('is held up by a problem until somebody stores a batch', async () => {
    const id = await create('held-up')
    await requestBuild(db, id)
    await recordProblem(db, id, problem)
    expect(await findRegion(db, 'held-up')).toMatchObject({ problem })
    await claim(id)
    await store(id, [0])
    expect(await findRegion(db, 'held-up')).toMatchObject({ problem: null })
  })

  test('that was stopped keeps telling why when others store what they were at', async () => {
    const id = await create('told')
    await requestBuild(db, id)
    await claim(id)
    await stopBuild(db, id, problem)
    expect(await store(id, [0])).toEqual({ embedded: 1, unavailable: 0 })
    expect(await findRegion(db, 'told')).toMatchObject({ state: 'stopped', problem })
  })

  test('leaves broken points alone until their time has come, and counts the failure once', async () => {
    const id = await create('broken')
    await requestBuild(db, id)
    await claim(id)
    await store(id, [0, 1, 2, 3, 4], [5])
    await store(id, [], [5])
    expect(await claim(id)).toEqual([])
    expect(await wanted('broken')).toMatchObject({ isClaimable: false })
    expect(await finishBuild(db, id)).toBe(false)
    await db.withClient((client) =>
      client.query('update points set retry_at = now() where region = $1', [id]),
    )
    expect(await wanted('broken')).toMatchObject({ isClaimable: true })
    expect(await claim(id)).toMatchObject([{ id: 5, failures: 1 }])
  })

  test('names who holds points of it now, not who has fallen silent', async () => {
    const id = await create('workers')
    await claim(id, { count: 2 })
    await claimPoints(db, { regionId: id, worker: 'w', count: 1, leaseS: 0 })
    expect(await findWorkers(db, id)).toEqual([{ worker: 'w', points: 2 }])
  })

  test('renews the leases that are named and no other', async () => {
    const id = await create('renewed')
    await claim(id, { leaseS: 0 })
    await renewLeases(db, { regionId: id, worker: 'w', leaseS: 60, pointIds: [1, 2] })
    expect(await findWorkers(db, id)).toEqual([{ worker: 'w', points: 2 }])
    await renewLeases(db, { regionId: id, worker: 'other', leaseS: 60, pointIds: [3] })
    expect(await findWorkers(db, id)).toEqual([{ worker: 'w', points: 2 }])
  })
})
