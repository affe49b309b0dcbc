import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPmtiles } from '../../src/imagery/pmtiles.ts'
import { openFileReader } from '../../src/imagery/range-reader.ts'
import type { TileArchive } from '../../src/imagery/tile-archive.ts'
import { encodePmtiles, type ArchivedTile } from '../fixtures/archives.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

const { signal } = new AbortController()
const TILES: ArchivedTile[] = []
for (let x = 0; x < 6; x++) {
  TILES.push({ z: 5, x, y: 7, bytes: Buffer.from(`5/${x}/7`) })
}
TILES.push({ z: 4, x: 1, y: 3, bytes: Buffer.from('4/1/3') })
const PLAN = { tiles: TILES, attribution: 'Some&amp;body', bbox: [-180, 40, -110, 60] } as const

let folder = ''
const open = async (name: string, bytes: Uint8Array): Promise<TileArchive> => {
  await writeFile(join(folder, name), bytes)
  return openPmtiles(await openFileReader(join(folder, name), name))
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-pm-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a PMTiles archive', () => {
  for (const leafSize of [1, 2, 100]) {
    test(`gives each tile through leaf directories of ${leafSize}`, async () => {
      const archive = await open(`leaf-${leafSize}`, encodePmtiles(PLAN, leafSize))
      for (const { z, x, y, bytes } of TILES) {
        expect(Buffer.from((await archive.readTile({ z, x, y }, signal))!)).toEqual(bytes)
      }
      expect(await archive.readTile({ z: 5, x: 7, y: 7 }, signal)).toBeNull()
      expect(await archive.readTile({ z: 9, x: 0, y: 0 }, signal)).toBeNull()
      await archive.close()
    })
  }

  test('says its zooms, attribution and box', async () => {
    const archive = await open('said', encodePmtiles(PLAN))
    expect(archive).toMatchObject({ minZoom: 4, maxZoom: 5, attribution: 'Some&body', etag: null })
    expect(archive.bbox).toEqual([-180, 40, -110, 60])
    await archive.close()
  })

  test('whose directory is damaged says for which tile', async () => {
    const bytes = encodePmtiles(PLAN)
    // The leaves lie behind the root directory and the metadata.
    const leaves = Number(bytes.readBigUInt64LE(40))
    bytes.fill(0xff, leaves, leaves + Number(bytes.readBigUInt64LE(48)))
    const archive = await open('damaged', bytes)
    await expect(archive.readTile({ z: 5, x: 3, y: 7 }, signal)).rejects.toMatchObject({
      code: 'archive-damaged',
      message: expect.stringContaining('5/3/7') as string,
    })
    await archive.close()
  })
})

describe('refuses', () => {
  const version2 = encodePmtiles(PLAN)
  version2[7] = 2
  const whole = encodePmtiles(PLAN)
  const cases = [
    {
      name: 'vector tiles',
      bytes: encodePmtiles({ ...PLAN, tileType: 1 }),
      code: 'archive-vector',
    },
    { name: 'version 2', bytes: version2, code: 'archive-unreadable' },
    { name: 'another file', bytes: Buffer.alloc(500, 'TIFF'), code: 'archive-unreadable' },
    { name: 'an empty file', bytes: Buffer.alloc(0), code: 'archive-unreadable' },
    { name: 'an archive cut off', bytes: whole.subarray(0, -3), code: 'archive-damaged' },
    { name: 'a cut header', bytes: whole.subarray(0, 60), code: 'archive-unreadable' },
    {
      name: 'tiles of unknown type',
      bytes: encodePmtiles({ ...PLAN, tileType: 0 }),
      code: 'archive-unreadable',
    },
  ]
  for (const { name, bytes, code } of cases) {
    test(name, async () => {
      await expect(open(name, bytes)).rejects.toMatchObject({ code })
    })
  }
})

describeWithShared('a real PMTiles archive', () => {
  test('gives WebP tiles of every zoom', async () => {
    const path = sharedPath('data/imagery/mt-whitney-z8-15-webp.pmtiles')
    const archive = await openPmtiles(await openFileReader(path, 'mt-whitney'))
    expect(archive).toMatchObject({ minZoom: 8, maxZoom: 15 })
    const [west, south, east, north] = archive.bbox!
    const [lon, lat] = [(west + east) / 2, (south + north) / 2]
    for (let z = 8; z <= 15; z++) {
      const x = Math.floor((lon / 360 + 0.5) * 2 ** z)
      const y = Math.floor(
        (0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI)) * 2 ** z,
      )
      const tile = await archive.readTile({ z, x, y }, signal)
      expect(await sharp(tile!).metadata()).toMatchObject({ format: 'webp' })
    }
    await archive.close()
  })
})
