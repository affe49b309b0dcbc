import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import {
  claimPoints,
  countPoints,
  releasePoints,
  retryUnavailable,
} from '../../src/gallery/points.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('points', (open) => {
  const points = randomPoints(20, createRandom(3))
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const create = async (name: string) => {
    const { id } = await insertRegion(db, draftRegion(name))
    await insertPoints(db, id, points)
    return id
  }
  const claim = (regionId: number, worker: string, { count = 5, leaseS = 60 } = {}) =>
    claimPoints(db, { regionId, worker, count, leaseS })
  const idsOf = (claimed: readonly { id: number }[]) => claimed.map(({ id }) => id)

  test('are claimed lowest id first, as they were inserted, until none is left', async () => {
    const region = await create('order')
    const claimed = await claim(region, 'a')
    expect(claimed).toEqual(
      points
        .slice(0, 5)
        .map(({ id, lon, lat }) => ({ id, lon, lat, failures: 0, hasWaited: false })),
    )
    expect(idsOf(await claim(region, 'a', { count: 100 }))).toEqual(idsOf(points.slice(5)))
    expect(await claim(region, 'a')).toEqual([])
  })

  test('go to one worker each when many claim at the same time', async () => {
    const region = await create('many')
    const claims = await Promise.all(Array.from({ length: 6 }, () => claim(region, 'same')))
    const ids = idsOf(claims.flat())
    expect(ids.length).toBe(new Set(ids).size)
    expect(claims.every((claimed) => claimed.length <= 5)).toBe(true)
  })

  test('are claimed again when the lease has run out, and the attempts are counted', async () => {
    const region = await create('expired')
    await claim(region, 'a', { leaseS: 0 })
    expect(idsOf(await claim(region, 'a'))).toEqual([0, 1, 2, 3, 4])
    const rows = await db.withClient((client) =>
      client.query('select attempts from points where region = $1 and id < 6 order by id', [
        region,
      ]),
    )
    expect(rows.map(({ attempts }) => attempts)).toEqual([2, 2, 2, 2, 2, 0])
  })

  test('of another worker stay its own on a server; an embedded database has no other', async () => {
    const region = await create('others')
    await claim(region, 'a')
    const next = db.kind === 'pglite' ? [0, 1, 2, 3, 4] : [5, 6, 7, 8, 9]
    expect(idsOf(await claim(region, 'b'))).toEqual(next)
  })

  test('are given back by the worker that holds them, and by no other', async () => {
    const region = await create('release')
    await claim(region, 'a')
    await releasePoints(db, { regionId: region, pointIds: [0, 1], worker: 'b' })
    expect(await countPoints(db, region)).toMatchObject({ pending: 15, leased: 5 })
    await releasePoints(db, { regionId: region, pointIds: [0, 1], worker: 'a' })
    expect(await countPoints(db, region)).toMatchObject({ pending: 17, leased: 3 })
  })

  test('are counted by state and reason', async () => {
    const region = await create('counted')
    await claim(region, 'a')
    await storeBatch(db, {
      regionId: region,
      modelSha256,
      worker: 'a',
      embedded: points.slice(0, 2),
      unavailable: [
        { id: 2, reason: 'nodata' },
        { id: 3, reason: 'outside-imagery' },
      ],
    })
    expect(await countPoints(db, region)).toEqual({
      total: 20,
      pending: 15,
      leased: 1,
      embedded: 2,
      unavailable: { nodata: 1, 'outside-imagery': 1 },
    })
    expect(await retryUnavailable(db, region, ['nodata', 'no-such-reason'])).toBe(1)
    expect(await countPoints(db, region)).toMatchObject({ unavailable: { 'outside-imagery': 1 } })
    expect(await retryUnavailable(db, region)).toBe(1)
    expect(await countPoints(db, region)).toMatchObject({ pending: 17, unavailable: {} })
  })

  test('are refused whole where one has an id that a heatmap could not tell from another', async () => {
    const { id } = await insertRegion(db, draftRegion('too-large'))
    const refused = insertPoints(db, id, [
      { ...points[0]!, id: 0 },
      { ...points[0]!, id: 2 ** 27 },
    ])
    await expect(refused).rejects.toMatchObject({ name: 'InputError', code: 'region-too-large' })
    expect(await countPoints(db, id)).toMatchObject({ total: 0 })
  })

  test('of an unknown region are none', async () => {
    expect(await countPoints(db, 999)).toMatchObject({ total: 0, unavailable: {} })
    expect(await claim(999, 'a')).toEqual([])
  })
})
