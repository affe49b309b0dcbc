import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openMbtiles } from '../../src/imagery/mbtiles.ts'
import { writeMbtiles, type ArchivedTile } from '../fixtures/archives.ts'

const { signal } = new AbortController()
const tileOf = (z: number, x: number, y: number): ArchivedTile => ({
  z,
  x,
  y,
  bytes: Buffer.from(`${z}/${x}/${y}`),
})
const TILES = [tileOf(3, 4, 1), tileOf(4, 8, 2), tileOf(4, 9, 2), tileOf(4, 8, 3)]

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-mb-'))
  writeMbtiles(join(folder, 'a.mbtiles'), {
    tiles: TILES,
    attribution: '<a href="https://x">&copy; Somebody</a>',
    bbox: [0, 40, 45, 70],
  })
})
afterAll(() => rm(folder, { recursive: true }))

describe('an MBTiles archive', () => {
  test('gives each tile by its place from the north-west, and null where it has none', async () => {
    const archive = openMbtiles(join(folder, 'a.mbtiles'))
    for (const { z, x, y, bytes } of TILES) {
      expect(Buffer.from((await archive.readTile({ z, x, y }, signal))!)).toEqual(bytes)
    }
    expect(await archive.readTile({ z: 4, x: 9, y: 3 }, signal)).toBeNull()
    expect(await archive.readTile({ z: 5, x: 0, y: 0 }, signal)).toBeNull()
    await archive.close()
  })

  test('says its zooms, attribution as text, and box', async () => {
    const archive = openMbtiles(join(folder, 'a.mbtiles'))
    expect(archive).toMatchObject({ minZoom: 3, maxZoom: 4, attribution: '© Somebody' })
    expect(archive.bbox).toEqual([0, 40, 45, 70])
    await archive.close()
  })

  test('is read by several at once, whatever lock lies beside it, and locks nothing there', async () => {
    const readOnly = join(folder, 'read-only')
    await mkdir(readOnly)
    writeMbtiles(join(readOnly, 'a.mbtiles'), { tiles: TILES })
    // What a killed reader that locks beside the file would leave.
    await mkdir(join(readOnly, 'a.mbtiles.lock'))
    await chmod(readOnly, 0o555)
    const archives = [1, 2, 3].map(() => openMbtiles(join(readOnly, 'a.mbtiles')))
    const tiles = await Promise.all(
      archives.map((one) => one.readTile({ z: 3, x: 4, y: 1 }, signal)),
    )
    expect(tiles.map((tile) => String(Buffer.from(tile!)))).toEqual(['3/4/1', '3/4/1', '3/4/1'])
    await Promise.all(archives.map((archive) => archive.close()))
    await chmod(readOnly, 0o755)
    expect(readdirSync(readOnly)).toEqual(['a.mbtiles', 'a.mbtiles.lock'])
  })

  test('leaves nothing in the temporary folder', async () => {
    const before = process.env['TMPDIR']
    const own = await mkdtemp(join(folder, 'tmp-'))
    // Other tests open archives at the same time: this one looks at a folder of its own.
    process.env['TMPDIR'] = own
    try {
      const archive = openMbtiles(join(folder, 'a.mbtiles'))
      expect(readdirSync(own).length).toBe(1)
      await archive.close()
      await archive.close()
      expect(() => openMbtiles(join(folder, 'none.mbtiles'))).toThrow(/no file/)
      writeFileSync(join(folder, 'text.mbtiles'), 'nothing of the kind '.repeat(100))
      expect(() => openMbtiles(join(folder, 'text.mbtiles'))).toThrow()
      expect(readdirSync(own)).toEqual([])
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
  })

  test('with a bad page says which tile cannot be read', async () => {
    const path = join(folder, 'cut.mbtiles')
    const bytes = Buffer.alloc(20_000, 1)
    writeMbtiles(path, { tiles: [1, 2, 3, 4].map((x) => ({ z: 4, x, y: 2, bytes })) })
    const archive = openMbtiles(path)
    await truncate(path, 30_000)
    await expect(archive.readTile({ z: 4, x: 4, y: 2 }, signal)).rejects.toMatchObject({
      code: 'archive-damaged',
      message: expect.stringContaining('4/4/2') as string,
    })
    await archive.close()
  })
})

describe('refuses', () => {
  const empty = (path: string, sql: string): void => {
    const database = new sqlite.Database(path)
    database.exec(sql)
    database.close()
  }
  const cases: { name: string; make: (path: string) => void; code: string; says: RegExp }[] = [
    {
      name: 'vector tiles',
      make: (path) => writeMbtiles(path, { tiles: TILES, format: 'pbf' }),
      code: 'archive-vector',
      says: /raster tiles, got vector/,
    },
    {
      name: 'tiles of an unknown format',
      make: (path) => writeMbtiles(path, { tiles: TILES, format: 'tiff' }),
      code: 'archive-unreadable',
      says: /format "tiff"/,
    },
    {
      name: 'an archive without tiles',
      make: (path) => writeMbtiles(path, { tiles: [] }),
      code: 'archive-unreadable',
      says: /without tiles/,
    },
    {
      name: 'another SQLite database',
      make: (path) => empty(path, 'create table cats (name text)'),
      code: 'archive-unreadable',
      says: /tables of MBTiles/,
    },
    {
      name: 'a file that is no database',
      make: (path) => writeFileSync(path, 'nothing of the kind '.repeat(100)),
      code: 'archive-unreadable',
      says: /MBTiles|SQLite/,
    },
  ]
  for (const { name, make, code, says } of cases) {
    test(name, () => {
      const path = join(folder, `${name}.mbtiles`)
      make(path)
      expect(existsSync(path)).toBe(true)
      let error: unknown
      try {
        openMbtiles(path)
      } catch (thrown) {
        error = thrown
      }
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) as string })
    })
  }
})
