import { beforeAll, expect, test } from 'vitest'
import { requestBuild } from '../../src/gallery/builds.ts'
import type { Database } from '../../src/gallery/database.ts'
import { stopOrphanedBuilds } from '../../src/gallery/orphans.ts'
import { claimPoints, countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, draftRegion, insertPoints, insertRegion, randomPoints } from './rows.ts'

describeOnEachDatabase('a build that a killed process left behind', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const create = async (name: string) => {
    const { id } = await insertRegion(db, draftRegion(name))
    await insertPoints(db, id, randomPoints(6, createRandom(4)))
    return id
  }

  test('is stopped, and its points wait again, where one process has all; on a server it goes on', async () => {
    const id = await create('left')
    await requestBuild(db, id)
    await claimPoints(db, { regionId: id, worker: 'dead', count: 4, leaseS: 60 })
    await stopOrphanedBuilds(db)
    const { state } = await findRegion(db, 'left')
    const { pending, leased } = await countPoints(db, id)
    const isAlone = db.kind === 'pglite'
    expect({ state, pending, leased }).toEqual(
      isAlone
        ? { state: 'stopped', pending: 6, leased: 0 }
        : { state: 'building', pending: 2, leased: 4 },
    )
  })

  test('is the only thing that changes', async () => {
    await create('new')
    await stopOrphanedBuilds(db)
    expect((await findRegion(db, 'new')).state).toBe('created')
  })
})
