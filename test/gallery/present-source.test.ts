import { beforeAll, expect, test } from 'vitest'
import { requestBuild } from '../../src/gallery/builds.ts'
import type { Database } from '../../src/gallery/database.ts'
import { insertPoints } from '../../src/gallery/points.ts'
import { findPresentSource } from '../../src/gallery/present-source.ts'
import { beginRefresh, markRefreshing } from '../../src/gallery/refresh.ts'
import { insertRegion } from '../../src/gallery/regions.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, draftRegion, randomPoints } from './rows.ts'

describeOnEachDatabase('the present source of a region', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })

  test('stays the same while the region is built and refreshed from it', async () => {
    const { id } = await insertRegion(db, draftRegion('same'))
    const before = await findPresentSource(db, 'same')
    expect(before.index).toBe(0)
    await insertPoints(db, id, randomPoints(2, createRandom(1)))
    await beginRefresh(db, id, { attribution: '© nobody', vintages: 2 })
    await markRefreshing(db, id, [0, 1])
    await requestBuild(db, id)
    expect(await findPresentSource(db, 'same')).toEqual(before)
  })

  test('is another one with other imagery, and with another attribution', async () => {
    const { id } = await insertRegion(db, draftRegion('moved'))
    const refresh = async (imagery: object, attribution: string) => {
      await beginRefresh(db, id, { imagery, attribution })
      return findPresentSource(db, 'moved')
    }
    const found = [
      await findPresentSource(db, 'moved'),
      await refresh({ kind: 'geotiff' }, '© nobody'),
      await refresh({ kind: 'geotiff' }, '© A'),
      await refresh({ kind: 'xyz' }, '© A'),
    ]
    expect(new Set(found.map(({ stamp }) => stamp)).size).toBe(4)
    expect(found.map(({ index }) => index)).toEqual([0, 0, 1, 1])
  })

  test('of a region that is not there is that of none', async () => {
    await insertRegion(db, draftRegion('there'))
    const { stamp } = await findPresentSource(db, 'nowhere')
    expect((await findPresentSource(db, 'there')).stamp).not.toBe(stamp)
  })
})
