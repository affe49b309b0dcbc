import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expandFiles } from '../../src/cli/expand-files.ts'
import { readImagery } from '../../src/cli/region-request.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-expand-'))
  await mkdir(join(folder, 'ortho', '2019'), { recursive: true })
  const names = [
    'ortho/b.tif',
    'ortho/a.TIF',
    'ortho/c.tiff',
    'ortho/a.tif.aux.xml',
    'ortho/2019/d.tif',
    'odd [1].tif',
  ]
  for (const name of names) await writeFile(join(folder, name), '')
})
afterAll(() => rm(folder, { recursive: true }))

const shown = (files: readonly string[]) => files.map((file) => relative(folder, file))

describe('expandFiles', () => {
  const CASES = [
    { name: 'a file', of: 'ortho/b.tif', files: ['ortho/b.tif'] },
    { name: 'a file that is not there: for its reader to say', of: 'x.tif', files: ['x.tif'] },
    { name: 'a file that looks like a pattern', of: 'odd [1].tif', files: ['odd [1].tif'] },
    {
      name: 'a folder: its GeoTIFFs, not those of folders in it',
      of: 'ortho',
      files: ['ortho/a.TIF', 'ortho/b.tif', 'ortho/c.tiff'],
    },
    { name: 'a pattern', of: 'ortho/*.tif', files: ['ortho/a.TIF', 'ortho/b.tif'] },
    { name: 'alternatives', of: 'ortho/{b,c}.*', files: ['ortho/b.tif', 'ortho/c.tiff'] },
    {
      name: 'folders of any depth',
      of: 'ortho/**/[bd].tif',
      files: ['ortho/2019/d.tif', 'ortho/b.tif'],
    },
  ]
  for (const { name, of, files } of CASES)
    test(name, async () => {
      expect(shown(await expandFiles(join(folder, of)))).toEqual(files)
    })

  test('a pattern or a folder without any is refused', async () => {
    for (const of of ['ortho/*.jp2', 'nowhere/*.tif', 'empty']) {
      await mkdir(join(folder, 'empty'), { recursive: true })
      await expect(expandFiles(join(folder, of))).rejects.toMatchObject({
        code: 'file-unreadable',
        message: expect.stringMatching(/^Expected files like .*, got none$/) as unknown,
      })
    }
  })
})

test('a source of imagery names folders and patterns, dated or not, and what it means is stored', async () => {
  const ortho = join(folder, 'ortho')
  expect(await readImagery(ortho)).toEqual({
    kind: 'geotiff',
    files: ['a.TIF', 'b.tif', 'c.tiff'].map((name) => join(ortho, name)),
  })
  const files = [join(ortho, '2019'), { file: join(ortho, '?.tif'), capturedOn: '2023-05-01' }, 7]
  expect(await readImagery(JSON.stringify({ kind: 'geotiff', files }))).toEqual({
    kind: 'geotiff',
    files: [
      join(ortho, '2019', 'd.tif'),
      { file: join(ortho, 'a.TIF'), capturedOn: '2023-05-01' },
      { file: join(ortho, 'b.tif'), capturedOn: '2023-05-01' },
      7,
    ],
  })
})
