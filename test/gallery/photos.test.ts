import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { deletePhoto, findPhoto, upsertPhoto } from '../../src/gallery/photos.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, modelSha256, randomLogits } from './rows.ts'

describeOnEachDatabase('photos', (open) => {
  let db: Database
  beforeAll(async () => {
    db = await open()
  })
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
    const stored = await upsertPhoto(db, photo(sha('aa00')))
    expect(stored).toEqual({
      ...photo(sha('aa00')),
      createdAt: expect.stringMatching(/Z$/) as unknown,
    })
    expect(await findPhoto(db, sha('aa00'))).toEqual(stored)
  })

  test('the same bytes again replace what was known and keep the date', async () => {
    const { createdAt } = await upsertPhoto(db, photo(sha('ab00')))
    const again = { ...photo(sha('ab00')), name: 'pier.jpg', perceptualHash: null, expiresAt: null }
    expect(await upsertPhoto(db, again)).toEqual({ ...again, createdAt })
  })

  test('a photo is found by the beginning of its id, if that is unique and long enough', async () => {
    await upsertPhoto(db, photo(sha('cccccccc1')))
    await upsertPhoto(db, photo(sha('cccccccc2')))
    expect((await findPhoto(db, 'cccccccc2')).sha256).toBe(sha('cccccccc2'))
    await expect(findPhoto(db, 'cccccccc')).rejects.toMatchObject({ code: 'photo-ambiguous' })
    await expect(findPhoto(db, 'ccccccc')).rejects.toMatchObject({ code: 'photo-not-found' })
    await expect(findPhoto(db, "' or true --")).rejects.toMatchObject({ code: 'photo-not-found' })
  })

  test('a deleted photo is gone', async () => {
    await upsertPhoto(db, photo(sha('dd00')))
    expect((await findPhoto(db, sha('dd00'))).sha256).toBe(sha('dd00'))
    await deletePhoto(db, sha('dd00'))
    await expect(findPhoto(db, sha('dd00'))).rejects.toMatchObject({ code: 'photo-not-found' })
    await expect(deletePhoto(db, sha('dd00'))).rejects.toMatchObject({ code: 'photo-not-found' })
  })
})
