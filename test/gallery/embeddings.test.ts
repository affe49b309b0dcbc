import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { findEmbeddings, storeBatch } from '../../src/gallery/embeddings.ts'
import { fromHalf, toHalf } from '../../src/gallery/halfvec.ts'
import { claimPoints, countPoints } from '../../src/gallery/points.ts'
import type { EmbeddedPoint } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from './rows.ts'

describeOnEachDatabase('embeddings', (open) => {
  const points = randomPoints(12, createRandom(5))
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const create = async (name: string) => {
    const { id } = await insertRegion(db, draftRegion(name))
    await insertPoints(db, id, points)
    return id
  }
  const store = (regionId: number, embedded: readonly EmbeddedPoint[], worker = 'a') =>
    storeBatch(db, { regionId, modelSha256, worker, embedded, unavailable: [] })

  test('are read back in the order asked for, with logits in half precision', async () => {
    const region = await create('read')
    await store(region, points)
    const found = await findEmbeddings(db, { regionId: region }, [7, 3, 999])
    expect(found).toEqual(
      [7, 3].map((id) => {
        const { lon, lat, capturedOn, reference, patchSha256, logits } = points[id]!
        const halves = logits.map((value) => fromHalf(toHalf(value)))
        return { id, lon, lat, capturedOn, reference, patchSha256, logits: halves }
      }),
    )
  })

  test('stored twice, by one worker or by two, are there once', async () => {
    const region = await create('twice')
    await store(region, points.slice(0, 6))
    const other = points.slice(3, 9).map((point) => ({ ...point, patchSha256: 'f'.repeat(64) }))
    await store(region, other, 'b')
    const rows = await findEmbeddings(
      db,
      { regionId: region },
      points.map(({ id }) => id),
    )
    expect(rows.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(rows.filter((row) => row.patchSha256 === 'f'.repeat(64)).map(({ id }) => id)).toEqual([
      6, 7, 8,
    ])
  })

  test('of many workers at the same time all arrive once', async () => {
    const region = await create('parallel')
    const slices = [0, 2, 4, 6, 8, 1, 3, 5].map((from) => points.slice(from, from + 4).reverse())
    await Promise.all(slices.map((slice, i) => store(region, slice, `worker ${i}`)))
    const rows = await findEmbeddings(
      db,
      { regionId: region },
      points.map(({ id }) => id),
    )
    expect(rows.map(({ id }) => id)).toEqual(points.map(({ id }) => id))
  })

  test('of a point that turned out unavailable meanwhile are left out', async () => {
    const region = await create('unavailable')
    const unavailable = [{ id: 0, reason: 'nodata' }]
    await storeBatch(db, { regionId: region, modelSha256, worker: 'a', embedded: [], unavailable })
    await store(region, points.slice(0, 1), 'b')
    expect(await findEmbeddings(db, { regionId: region }, [0])).toEqual([])
    expect(await countPoints(db, region)).toMatchObject({ embedded: 0, unavailable: { nodata: 1 } })
  })

  test('of another model are refused', async () => {
    const region = await create('model')
    const batch = { regionId: region, worker: 'a', embedded: points, unavailable: [] }
    await expect(storeBatch(db, { ...batch, modelSha256: 'b'.repeat(64) })).rejects.toMatchObject({
      name: 'InputError',
      code: 'model-mismatch',
    })
    expect(await findEmbeddings(db, { regionId: region }, [0, 1])).toEqual([])
  })

  const broken = [
    { name: 'too few logits', logits: new Float32Array(364) },
    { name: 'NaN', logits: new Float32Array(365).fill(NaN, 7, 8) },
    { name: 'infinity', logits: new Float32Array(365).fill(-Infinity, 7, 8) },
    { name: 'a number beyond half precision', logits: new Float32Array(365).fill(65520, 7, 8) },
  ]
  test.each(broken)(
    'with $name are refused before anything is written',
    async ({ name, logits }) => {
      const region = await create(name)
      const embedded = [points[0]!, { ...points[1]!, logits }]
      await expect(store(region, embedded)).rejects.toMatchObject({
        name: 'InputError',
        code: 'embedding-invalid',
      })
      expect(await countPoints(db, region)).toMatchObject({ pending: 12, embedded: 0 })
    },
  )

  test('a batch that fails half-way leaves neither rows nor marks', async () => {
    const region = await create('half')
    await claimPoints(db, { regionId: region, count: 12, leaseS: 60, worker: 'a' })
    const embedded = [...points.slice(0, 5), { ...points[5]!, patchSha256: 'ff' }]
    await expect(store(region, embedded)).rejects.toMatchObject({ code: '23514' })
    expect(await countPoints(db, region)).toMatchObject({ leased: 12, embedded: 0 })
    expect(await findEmbeddings(db, { regionId: region }, [0, 1, 2])).toEqual([])
  })
})
