import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import { writeSampleTown } from '../../src/sample/folder.ts'

const dir = mkdtempSync(join(tmpdir(), 'whereabouts-sample-'))
afterAll(() => rmSync(dir, { recursive: true }))

const options = { seed: 1, sizeM: 60, photos: ['field'] }
const read = (file: string): string => readFileSync(join(dir, file), 'utf8')

test('writeSampleTown writes a folder that names its files and calls itself synthetic', async () => {
  const folder = await writeSampleTown(dir, options)
  expect(folder.isReused).toBe(false)
  expect(JSON.parse(readFileSync(folder.imagery, 'utf8'))).toEqual({
    kind: 'geotiff',
    files: [folder.orthophoto],
    attribution: 'Synthetic orthophoto, Whereabouts sample town',
    capturedOn: '2026-05-01',
  })
  expect(read('README.txt')).toMatch(/SYNTHETIC/)
  const [photo] = folder.photos
  expect(photo?.places.length).toBeGreaterThan(0)
  expect(await sharp(photo?.file).metadata()).toMatchObject({ width: 1024, height: 768 })
})

test('writeSampleTown reuses a complete folder of the same options', async () => {
  const folder = await writeSampleTown(dir, options)
  expect(folder.isReused).toBe(true)
  expect(folder.photos.map(({ name }) => name)).toEqual(['field'])
})

test('writeSampleTown makes a folder anew when a file is damaged, with the same bytes', async () => {
  const before = read('.complete.json')
  truncateSync(join(dir, 'town.osm.pbf'), 100)
  expect((await writeSampleTown(dir, options)).isReused).toBe(false)
  expect(read('.complete.json')).toBe(before)
})

test('writeSampleTown makes a folder anew for another seed', async () => {
  const before = read('.complete.json')
  expect((await writeSampleTown(dir, { ...options, seed: 2 })).isReused).toBe(false)
  expect(read('.complete.json')).not.toBe(before)
})
