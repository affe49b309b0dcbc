import { createHash } from 'node:crypto'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { startPhotoExpiry } from '../../src/http/photo-expiry.ts'
import { expirePhotos, removeStrayPhotos } from '../../src/journeys/expire-photos.ts'
import { findKeptPhoto, forgetPhoto, type PhotoFiles } from '../../src/journeys/keep-photo.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { clientOf, openHarness, type Harness } from './harness.ts'

describeOnEachDatabase('photos that are kept for a time', (_open, place) => {
  let http: Harness
  beforeAll(async () => {
    http = await openHarness(await place())
  })
  afterAll(() => http.close())

  /** The server at a moment, and for how long it keeps photos. */
  const at = (now: string, photoDays: number) => {
    const outside = { ...http.deps.outside, now: () => new Date(now) }
    const deps = { ...http.deps, outside, photoDays }
    return { deps, client: clientOf(createApp(deps)) }
  }
  const upload = async (now: string, photoDays: number, photo: Uint8Array) => {
    const response = await at(now, photoDays).client.upload(photo)
    return (await response.json()) as { id: string; expiresAt: string | null }
  }
  const expire = async (now: string) => {
    await startPhotoExpiry(at(now, 1).deps, http.deps.log, 3_600_000)()
  }
  const statusOf = async (id: string) => (await http.get(`/v1/photos/${id}`)).status
  const files = () => readdir(join(http.folder, 'photos'))
  const withFiles = (deps: Harness['deps'], changed: Partial<PhotoFiles>) => ({
    ...deps,
    photoFiles: { ...deps.photoFiles, ...changed },
  })

  test('are removed when it is over, bytes and all, others not', async () => {
    const short = await upload('2026-03-01T12:00:00.000Z', 0.5, http.town.waterPhoto)
    const long = await upload('2026-03-01T12:00:00.000Z', 0, http.town.roofPhoto)
    expect([short.expiresAt, long.expiresAt]).toEqual(['2026-03-02T00:00:00.000Z', null])
    await expire('2026-03-01T23:59:59.000Z')
    expect(await statusOf(short.id)).toBe(200)
    await expire('2026-03-02T00:00:00.000Z')
    expect(await statusOf(short.id)).toBe(404)
    expect(await statusOf(long.id)).toBe(200)
    expect(await files()).toEqual([long.id])
    expect(http.logLines.filter((line) => line.includes('photos expired')).length).toBe(1)
  })

  test('are kept for as long again when they are uploaded again', async () => {
    const first = await upload('2026-03-01T00:00:00.000Z', 1, http.town.waterPhoto)
    const again = await upload('2026-03-01T20:00:00.000Z', 1, http.town.waterPhoto)
    expect([again.id, again.expiresAt]).toEqual([first.id, '2026-03-02T20:00:00.000Z'])
    await expire('2026-03-02T10:00:00.000Z')
    expect(await statusOf(first.id)).toBe(200)
  })

  test('are still known when their bytes could not be removed, so that the next time removes them', async () => {
    const { id } = await upload('2026-03-01T00:00:00.000Z', 1, http.town.waterPhoto)
    const { deps } = at('2026-03-03T00:00:00.000Z', 1)
    const remove = () => Promise.reject(new Error('disk says no'))
    const photoFiles = { ...deps.photoFiles, remove }
    await expect(expirePhotos({ ...deps, photoFiles })).rejects.toThrow('disk says no')
    expect(await statusOf(id)).toBe(200)
    expect(await expirePhotos(deps)).toBe(1)
    expect([await statusOf(id), (await files()).includes(id)]).toEqual([404, false])
  })

  test('are removed though another one before them cannot be', async () => {
    const first = await upload('2026-03-01T00:00:00.000Z', 1, http.town.waterPhoto)
    const second = await upload('2026-03-01T01:00:00.000Z', 1, http.town.roofPhoto)
    const { deps } = at('2026-03-05T00:00:00.000Z', 1)
    const remove: PhotoFiles['remove'] = (id) =>
      id === first.id ? Promise.reject(new Error('disk says no')) : deps.photoFiles.remove(id)
    const expiring = expirePhotos({ ...deps, photoFiles: { ...deps.photoFiles, remove } })
    await expect(expiring).rejects.toThrow('disk says no')
    expect([await statusOf(first.id), await statusOf(second.id)]).toEqual([200, 404])
    await expirePhotos(deps)
  })

  test('leave no bytes when they are removed just after they have got their row', async () => {
    const has: PhotoFiles['has'] = async (id) => {
      await forgetPhoto(http.deps, id)
      return http.deps.photoFiles.has(id)
    }
    const uploader = clientOf(createApp(withFiles(http.deps, { has })))
    const { id } = (await (await uploader.upload(http.town.waterPhoto)).json()) as { id: string }
    expect([await statusOf(id), (await files()).filter((name) => name.startsWith(id))]).toEqual([
      404,
      [],
    ])
  })

  /**
   * A step that lasts: others can begin meanwhile, and would be done before it ends if nothing held
   * them back.
   */
  const lasting = () => {
    const starts: (() => void)[] = []
    const begun = new Promise<void>((resolve) => starts.push(resolve))
    const last = async () => {
      for (const start of starts) start()
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    return { begun, last }
  }
  const FIRST = '2026-03-01T00:00:00.000Z'
  const OVER = '2026-03-02T00:00:00.000Z'

  test('stand with their bytes when they are uploaded again just as their time is over', async () => {
    const { id } = await upload(FIRST, 1, http.town.waterPhoto)
    const { begun, last } = lasting()
    const write: PhotoFiles['write'] = async (sha256, bytes) => {
      await http.deps.photoFiles.write(sha256, bytes)
      await last()
    }
    const uploader = clientOf(createApp(withFiles(at(OVER, 1).deps, { write })))
    const uploading = uploader.upload(http.town.waterPhoto)
    await begun
    await expire(OVER)
    expect((await uploading).status).toBe(201)
    expect([await statusOf(id), (await files()).includes(id)]).toEqual([200, true])
  })

  test('stand with their bytes when they are uploaded again while they are removed', async () => {
    for (const removing of [expirePhotos, forgetPhoto]) {
      const { id } = await upload(FIRST, 1, http.town.waterPhoto)
      const { begun, last } = lasting()
      const remove: PhotoFiles['remove'] = async (sha256) => {
        await last()
        await http.deps.photoFiles.remove(sha256)
      }
      const removed = removing(withFiles(at(OVER, 1).deps, { remove }), id)
      await begun
      await upload(OVER, 1, http.town.waterPhoto)
      await removed
      expect([await statusOf(id), (await files()).includes(id)]).toEqual([200, true])
    }
  })

  test('keep the newest end of their time when another model embeds them again meanwhile', async () => {
    const { id } = await upload(FIRST, 1, http.town.waterPhoto)
    const { deps } = at(FIRST, 1)
    await http.world.db.withClient((client) =>
      client.query(`update photos set model_sha256 = repeat('0', 64) where sha256 = $1`, [id]),
    )
    let later: string | null = null
    const read: PhotoFiles['read'] = async (sha256) => {
      const bytes = await http.deps.photoFiles.read(sha256)
      later = (await upload(OVER, 7, bytes)).expiresAt
      return bytes
    }
    await findKeptPhoto(withFiles(deps, { read }), id)
    const found = (await (await http.get(`/v1/photos/${id}`)).json()) as { expiresAt: string }
    expect([found.expiresAt, later]).toEqual([later, '2026-03-09T00:00:00.000Z'])
  })

  test('are not there when their bytes cannot be written', async () => {
    const write: PhotoFiles['write'] = () => Promise.reject(new Error('disk says no'))
    const uploader = clientOf(createApp(withFiles(at(FIRST, 1).deps, { write })))
    const photo = await sharp(http.town.roofPhoto).negate().png().toBuffer()
    expect((await uploader.upload(photo)).status).toBe(500)
    expect(await statusOf(createHash('sha256').update(photo).digest('hex'))).toBe(404)
  })

  test('leave bytes without a row, or half of them, when the server dies: after an hour those are removed', async () => {
    const { id } = await upload(OVER, 0, http.town.waterPhoto)
    const folder = join(http.folder, 'photos')
    const [stray, half, fresh] = ['a'.repeat(64), `${'b'.repeat(64)}.77`, 'c'.repeat(64)]
    const now = Date.now()
    const writtenMinutesAgo = async (name: string, minutes: number) => {
      await writeFile(join(folder, name), 'bytes')
      const at = new Date(now - minutes * 60_000)
      await utimes(join(folder, name), at, at)
    }
    await writtenMinutesAgo(stray, 61)
    await writtenMinutesAgo(`${stray}.unsettled`, 61)
    await writtenMinutesAgo(`${fresh}.unsettled`, 59)
    await writtenMinutesAgo(`${id}.unsettled`, 61)
    await writtenMinutesAgo(half, 61)
    await writtenMinutesAgo(fresh, 59)
    await utimes(join(folder, id), 0, 0)
    await expire(new Date(now).toISOString())
    const left = await files()
    expect([id, stray, half, fresh].map((name) => left.includes(name))).toEqual([
      true,
      false,
      false,
      true,
    ])
    expect(left).not.toContain(`${id}.unsettled`)
    await removeStrayPhotos(at(new Date(now + 61 * 60_000).toISOString(), 1).deps)
    expect(await files()).not.toContain(fresh)
  })

  test('of another database that lie in the same folder stay', async () => {
    const { id } = await upload(OVER, 0, http.town.waterPhoto)
    const folder = join(http.folder, 'photos')
    await utimes(join(folder, id), 0, 0)
    await http.world.db.withClient((client) =>
      client.query('delete from photos where sha256 = $1', [id]),
    )
    await expire(new Date().toISOString())
    const left = await files()
    expect([left.includes(id), left.includes(`${id}.unsettled`)]).toEqual([true, false])
  })

  test('are looked for again and again, and after a time that failed', async () => {
    const { id } = await upload('2026-03-01T00:00:00.000Z', 1, http.town.waterPhoto)
    let looks = 0
    const { deps } = at('2026-03-02T00:00:00.000Z', 1)
    const outside = {
      ...deps.outside,
      now: () => {
        if (++looks === 1) throw new Error('no clock')
        return new Date('2026-03-03T00:00:00.000Z')
      },
    }
    const end = startPhotoExpiry({ ...deps, outside }, http.deps.log, 10)
    while ((await statusOf(id)) !== 404) await new Promise((resolve) => setTimeout(resolve, 10))
    await end()
    expect(looks).toBeGreaterThan(1)
    expect(http.logLines.some((line) => line.includes('no clock'))).toBe(true)
  })
})
