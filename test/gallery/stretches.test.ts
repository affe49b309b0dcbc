import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { findBuildPlan } from '../../src/gallery/build-plan.ts'
import { beginRefresh } from '../../src/gallery/refresh.ts'
import { deleteRegion } from '../../src/gallery/regions.ts'
import { findStretches, forgetStretchesOn, keepStretch } from '../../src/gallery/stretches.ts'
import type { Stretch } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { draftRegion, insertRegion } from './rows.ts'

/** Levels as they are measured: any doubles. */
const levels: Stretch = [
  [0.1 + 0.2, 1234.000000000001],
  [-3e-9, 65535],
  [1 / 3, 5e300],
]
const others: Stretch = [
  [0, 1],
  [0, 1],
  [0, 1],
]

describeOnEachDatabase('levels measured on files', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })

  test('come back to the last bit, with the region that they were measured for', async () => {
    const stretches = { 'b.tif': levels, 'https://x.example/a.tif?key={key}': others }
    const { id } = await insertRegion(db, { ...draftRegion('exact'), stretches })
    expect(await findStretches(db, id)).toEqual(stretches)
    const other = await insertRegion(db, draftRegion('without'))
    expect(await findStretches(db, other.id)).toEqual({})
  })

  test('who is first counts, for all who measure later', async () => {
    const { id } = await insertRegion(db, draftRegion('first'))
    const { stamp } = await findBuildPlan(db, 'first')
    const file = { regionId: id, stamp, file: 'a.tif' }
    expect(await keepStretch(db, { ...file, levels })).toEqual(levels)
    expect(await keepStretch(db, { ...file, levels: others })).toEqual(levels)
    expect(await findStretches(db, id)).toEqual({ 'a.tif': levels })
  })

  test('are forgotten for one region alone', async () => {
    const stretches = { 'a.tif': levels }
    const kept = await insertRegion(db, { ...draftRegion('kept'), stretches })
    const lost = await insertRegion(db, { ...draftRegion('lost'), stretches })
    await db.transaction((client) => forgetStretchesOn(client, lost.id))
    expect(await findStretches(db, lost.id)).toEqual({})
    expect(await findStretches(db, kept.id)).toEqual(stretches)
  })

  test('of a source that the region has no more are not kept, and not those of the present one told', async () => {
    const { id } = await insertRegion(db, draftRegion('taken'))
    const before = await findBuildPlan(db, 'taken')
    await beginRefresh(db, id, { imagery: { kind: 'geotiff' }, attribution: '© nobody' })
    const now = await findBuildPlan(db, 'taken')
    expect([before.sourceIndex, now.sourceIndex]).toEqual([0, 0])
    const late = { regionId: id, stamp: before.stamp, file: 'a.tif', levels }
    expect(await keepStretch(db, late)).toEqual(levels)
    expect(await findStretches(db, id)).toEqual({})
    expect(await keepStretch(db, { ...late, stamp: now.stamp, levels: others })).toEqual(others)
    expect(await keepStretch(db, late)).toEqual(levels)
  })

  test('go with their region, and a build that has not noticed goes on with its own', async () => {
    const { id } = await insertRegion(db, { ...draftRegion('gone'), stretches: { a: levels } })
    const { stamp } = await findBuildPlan(db, 'gone')
    await deleteRegion(db, 'gone')
    expect(await findStretches(db, id)).toEqual({})
    const given = { regionId: id, stamp, file: 'b', levels: others }
    expect(await keepStretch(db, given)).toEqual(others)
    expect(await findStretches(db, id)).toEqual({})
  })
})
