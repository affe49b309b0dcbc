import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPhotoFiles } from '../../src/http/photo-files.ts'

const ID = 'ab'.repeat(32)
const bytes = new Uint8Array(1_000_000).fill(7)
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-photo-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the files of photos', () => {
  test('take the same photo many times at once', async () => {
    const files = createPhotoFiles(folder)
    await Promise.all(Array.from({ length: 12 }, () => files.write(ID, bytes)))
    await files.settle(ID)
    expect(Buffer.compare(await files.read(ID), bytes)).toBe(0)
    expect(await readdir(folder)).toEqual([ID])
  })

  test('are rid of what a write that failed left aside, when unsettled ones are listed', async () => {
    const files = createPhotoFiles(folder)
    await mkdir(join(folder, ID))
    await expect(files.write(ID, bytes)).rejects.toThrow()
    expect((await readdir(folder)).length).toBe(3)
    expect(await files.listUnsettled(new Date(Date.now() + 1000))).toEqual([ID])
    expect(await readdir(folder)).toEqual([ID, `${ID}.unsettled`])
  })
})
