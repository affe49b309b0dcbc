import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TileCache } from '../../src/imagery/tile-cache.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-tiles-'))
})
afterEach(() => rm(folder, { recursive: true }))

const tile = (x: number): { z: number; x: number; y: number } => ({ z: 9, x, y: 1 })

describe('TileCache', () => {
  test('gives back what was written, to another process too', async () => {
    const bytes = new Uint8Array([10, 13, 0, 255])
    await new TileCache(folder, 1e6).write(tile(1), { bytes, etag: '"a"' })
    const stored = await new TileCache(folder, 1e6).read(tile(1))
    expect([...stored!.bytes]).toEqual([...bytes])
    expect(stored!.etag).toBe('"a"')
  })

  test('does not take a missing or broken file for a tile', async () => {
    const cache = new TileCache(folder, 1e6)
    expect(await cache.read(tile(1))).toBeUndefined()
    await cache.write(tile(1), { bytes: new Uint8Array(3), etag: null })
    await writeFile(join(folder, '9/1/1.tile'), 'half a hea')
    expect(await cache.read(tile(1))).toBeUndefined()
  })

  test('stays within its limit and leaves no temporary file', async () => {
    const cache = new TileCache(folder, 10_000)
    for (let x = 0; x < 30; x++)
      await cache.write(tile(x), { bytes: new Uint8Array(1000), etag: null })
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    expect(files.length).toBeLessThanOrEqual(10)
    expect(files.length).toBeGreaterThanOrEqual(7)
    expect(files.every(({ name }) => name.endsWith('.tile'))).toBe(true)
    expect(await cache.read(tile(29))).toBeDefined()
  })
})
