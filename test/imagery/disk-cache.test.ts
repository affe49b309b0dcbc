import { mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DiskCache, type Stored } from '../../src/imagery/disk-cache.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-cache-'))
})
afterEach(() => rm(folder, { recursive: true }))

const answer = (bytes: Uint8Array): Stored => ({
  head: { status: 200, headers: { etag: '"a"' }, freshUntil: 5 },
  bytes,
})

async function listFiles(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
}

describe('DiskCache', () => {
  test('gives back what was written, to another process too', async () => {
    await new DiskCache(folder, 1e6).write('a', answer(new Uint8Array([10, 13, 0, 255])))
    const stored = await new DiskCache(folder, 1e6).read('a')
    expect([...stored!.bytes]).toEqual([10, 13, 0, 255])
    expect(stored!.head).toMatchObject({ status: 200, headers: { etag: '"a"' }, freshUntil: 5 })
  })

  test('does not take a missing, broken or shortened file for an answer', async () => {
    const cache = new DiskCache(folder, 1e6)
    expect(await cache.read('a')).toBeUndefined()
    await cache.write('a', answer(new Uint8Array(3)))
    const [path = ''] = await listFiles()
    await writeFile(path, 'half a hea')
    expect(await cache.read('a')).toBeUndefined()
    await writeFile(path, '{"key":"a","byteCount":3,"status":200}\n12')
    expect(await cache.read('a')).toBeUndefined()
  })

  test('goes on when somebody has emptied the folder', async () => {
    const cache = new DiskCache(folder, 1e6)
    await cache.write('a', answer(new Uint8Array(3)))
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
    expect(await cache.read('a')).toBeUndefined()
    await cache.write('a', answer(new Uint8Array([7])))
    expect([...(await cache.read('a'))!.bytes]).toEqual([7])
  })

  test('stays within its limit and leaves no temporary file', async () => {
    const cache = new DiskCache(folder, 10_000)
    for (let x = 0; x < 30; x++) await cache.write(`tile ${x}`, answer(new Uint8Array(900)))
    const files = await listFiles()
    expect(files.length).toBeLessThanOrEqual(10)
    expect(files.length).toBeGreaterThanOrEqual(7)
    expect(files.filter((path) => path.endsWith('.tmp'))).toEqual([])
    expect(await cache.read('tile 29')).toBeDefined()
  })

  test('keeps what was used lately, not what was written lately', async () => {
    const cache = new DiskCache(folder, 5000)
    await cache.write('old', answer(new Uint8Array(900)))
    const [path = ''] = await listFiles()
    const yesterday = Date.now() / 1000 - 86_400
    await utimes(path, yesterday, yesterday)
    for (let x = 0; x < 3; x++) await cache.write(`tile ${x}`, answer(new Uint8Array(900)))
    for (const one of await listFiles()) {
      if (one !== path) await utimes(one, yesterday + 3600, yesterday + 3600)
    }
    expect(await cache.read('old')).toBeDefined()
    for (let x = 3; x < 6; x++) await cache.write(`tile ${x}`, answer(new Uint8Array(900)))
    expect(await cache.read('old')).toBeDefined()
    expect(await cache.read('tile 0')).toBeUndefined()
  })

  test('two processes that write and sweep the same folder do not trip over each other', async () => {
    const caches = [new DiskCache(folder, 8000), new DiskCache(folder, 8000)]
    const writes = Array.from({ length: 40 }, (_, x) =>
      caches[x % 2]!.write(`tile ${x}`, answer(new Uint8Array(900))),
    )
    await Promise.all(writes)
    for (const path of await listFiles()) expect(path).not.toMatch(/\.tmp$/)
    expect((await listFiles()).length).toBeLessThanOrEqual(18)
  })

  test('goes on where it cannot sweep, and sweeps when it can again', async () => {
    // Together their paths are longer than any path may be, so that the folder cannot be listed to
    // its end.
    const long = join(...Array.from({ length: 10 }, () => 'x'.repeat(250)))
    const inner = join(folder, long)
    await mkdir(join(folder, 'aside', long), { recursive: true })
    await mkdir(inner, { recursive: true })
    const cache = new DiskCache(inner, 5000)
    await rename(join(folder, 'aside'), join(inner, 'aside'))
    for (let x = 0; x < 8; x++) await cache.write(`tile ${x}`, answer(new Uint8Array(900)))
    expect(await cache.read('tile 0')).toBeDefined()
    await rename(join(inner, 'aside'), join(folder, 'aside'))
    await cache.write('tile 8', answer(new Uint8Array(900)))
    expect((await listFiles()).length).toBeLessThan(6)
    expect(await cache.read('tile 8')).toBeDefined()
  })

  test('a limit of nothing keeps nothing', async () => {
    const cache = new DiskCache(folder, 0)
    await cache.write('a', answer(new Uint8Array(3)))
    expect(await listFiles()).toEqual([])
  })
})
