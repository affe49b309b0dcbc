import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import {
  deletePhoto,
  findPhoto,
  removeStrays,
  updateLogits,
  upsertPhoto,
  type PhotoRecord,
} from '../../src/gallery/photos.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, modelSha256, randomLogits } from './rows.ts'

describeOnEachDatabase('photos', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
  const noBytes = () => Promise.resolve()
  const upsert = (record: PhotoRecord) => upsertPhoto(db, record)
  const photo = (sha256: string) => ({
    sha256,
    name: 'harbour.jpg',
    width: 4000,
    height: 3000,
    logits: randomLogits(createRandom(1), 40),
    modelSha256,
    perceptualHash: -(2n ** 63n),
    expiresAt: '2030-01-01T00:00:00.000Z',
  })
  const sha = (digits: string) => digits.padEnd(64, '0')

  test('a photo is found as it was stored, float for float', async () => {
    const stored = await upsert(photo(sha('aa00')))
    expect(stored).toEqual({
      ...photo(sha('aa00')),
      createdAt: expect.stringMatching(/Z$/) as unknown,
    })
    expect(await findPhoto(db, sha('aa00'))).toEqual(stored)
  })

  test('the same bytes again replace what was known and keep the date', async () => {
    const { createdAt } = await upsert(photo(sha('ab00')))
    const again = { ...photo(sha('ab00')), name: 'pier.jpg', perceptualHash: null, expiresAt: null }
    expect(await upsert(again)).toEqual({ ...again, createdAt })
  })

  test('a photo is found by the beginning of its id, if that is unique and long enough', async () => {
    await upsert(photo(sha('cccccccc1')))
    await upsert(photo(sha('cccccccc2')))
    expect((await findPhoto(db, 'cccccccc2')).sha256).toBe(sha('cccccccc2'))
    await expect(findPhoto(db, 'cccccccc')).rejects.toMatchObject({ code: 'photo-ambiguous' })
    await expect(findPhoto(db, 'ccccccc')).rejects.toMatchObject({ code: 'photo-not-found' })
    await expect(findPhoto(db, "' or true --")).rejects.toMatchObject({ code: 'photo-not-found' })
  })

  test('a deleted photo is gone', async () => {
    await upsert(photo(sha('dd00')))
    expect((await findPhoto(db, sha('dd00'))).sha256).toBe(sha('dd00'))
    await deletePhoto(db, sha('dd00'), noBytes)
    await expect(findPhoto(db, sha('dd00'))).rejects.toMatchObject({ code: 'photo-not-found' })
    await expect(deletePhoto(db, sha('dd00'), noBytes)).rejects.toMatchObject({
      code: 'photo-not-found',
    })
  })

  test('a photo whose bytes cannot be removed is still there', async () => {
    const fail = () => Promise.reject(new Error('disk says no'))
    await upsert(photo(sha('ee00')))
    await expect(deletePhoto(db, sha('ee00'), fail)).rejects.toThrow('disk says no')
    expect((await findPhoto(db, sha('ee00'))).sha256).toBe(sha('ee00'))
  })

  test('of some files those without a row are removed, and no others', async () => {
    await upsert(photo(sha('ad00')))
    const removed: string[] = []
    const remove = async (sha256: string) => void removed.push(sha256)
    const files = [sha('ad00'), sha('ad01'), sha('ad02')]
    expect(await removeStrays(db, files, remove)).toBe(2)
    expect(removed.sort()).toEqual([sha('ad01'), sha('ad02')])
  })

  test('logits of another model change nothing else, and bring no removed photo back', async () => {
    const stored = await upsert(photo(sha('ff00')))
    const other = { logits: randomLogits(createRandom(2), 40), modelSha256: 'f'.repeat(64) }
    const changed = await updateLogits(db, { sha256: sha('ff00'), ...other })
    expect(changed).toEqual({ ...stored, ...other })
    await deletePhoto(db, sha('ff00'), noBytes)
    await expect(updateLogits(db, { sha256: sha('ff00'), ...other })).rejects.toMatchObject({
      code: 'photo-not-found',
    })
  })
})
