import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFileReader } from '../../src/imagery/range-reader.ts'

const { signal } = new AbortController()
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-ranges-'))
  await writeFile(join(folder, 'a'), '0123456789')
})
afterAll(() => rm(folder, { recursive: true }))

describe('a file on disk', () => {
  const CASES: [offset: number, length: number, text: string][] = [
    [0, 3, '012'],
    [4, 2, '45'],
    [8, 100, '89'],
    // What a damaged tag may ask for: no room is made for it.
    [8, 2 ** 50, '89'],
    [10, 5, ''],
    [2 ** 40, 5, ''],
  ]
  for (const [offset, length, text] of CASES) {
    test(`gives what there is of ${offset}+${length}`, async () => {
      const reader = await openFileReader(join(folder, 'a'), 'a')
      expect(Buffer.from(await reader.read(offset, length, signal)).toString()).toBe(text)
      await reader.close()
    })
  }

  test('is named as its user named it, also when it is not there', async () => {
    await expect(openFileReader(join(folder, 'none'), './none')).rejects.toMatchObject({
      code: 'file-unreadable',
      message: 'Expected a readable file, got ./none',
    })
  })

  test('is refused where it is a folder, which opens but cannot be read', async () => {
    await mkdir(join(folder, 'adir'))
    await expect(openFileReader(join(folder, 'adir'), './adir')).rejects.toMatchObject({
      name: 'InputError',
      code: 'file-unreadable',
      message: expect.stringContaining('./adir') as string,
    })
  })

  test('that is cut short after it was opened is told as exchanged, not as damaged', async () => {
    await writeFile(join(folder, 'cut'), '0123456789')
    const reader = await openFileReader(join(folder, 'cut'), './cut')
    await writeFile(join(folder, 'cut'), '0123')
    expect((await reader.read(0, 4, signal)).length).toBe(4)
    await expect(reader.read(2, 6, signal)).rejects.toMatchObject({
      name: 'UpstreamError',
      code: 'file-changed',
      message: expect.stringContaining('./cut') as string,
    })
    await reader.close()
    await expect(reader.read(0, 1, signal)).rejects.toMatchObject({ code: 'file-changed' })
  })

  test('is not read for those who have given up', async () => {
    const reader = await openFileReader(join(folder, 'a'), 'a')
    await expect(reader.read(0, 1, AbortSignal.abort())).rejects.toThrow()
    expect(await reader.size(signal)).toBe(10)
    await reader.close()
  })
})
