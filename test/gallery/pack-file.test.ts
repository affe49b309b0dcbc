import {
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { createPack, openPack } from '../../src/gallery/pack-file.ts'
import type { PackRow } from '../../src/gallery/pack-columns.ts'
import { makeManifest, makeRows, packBbox } from './packs.ts'

const signal = new AbortController().signal
const groups = [makeRows(0, 40), makeRows(40, 3), makeRows(43, 5, 'unavailable')]
let folder: string
let path: string

async function writePack(to: string): Promise<void> {
  const pack = await createPack(to)
  for (const rows of groups) await pack.write(rows)
  await pack.finish(makeManifest(), packBbox)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whereabouts-pack-'))
  path = join(folder, 'region.parquet')
  await writePack(path)
})
afterAll(() => rm(folder, { recursive: true }))

async function codeOf(file: string): Promise<unknown> {
  return openPack(file, { signal }).then(
    async (pack) => {
      await pack.close()
      return 'opened'
    },
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )
}

test('a pack is read back as it was written, row group by row group', async () => {
  const pack = await openPack(path, { signal })
  const read = []
  for await (const rows of pack.rows()) read.push(rows)
  await pack.close()
  expect(read).toEqual(groups)
  expect(pack.rowCount).toBe(48)
  expect(pack.manifest).toEqual(makeManifest())
})

test('rows of points with several dates come in row groups of 4096 rows, points cut apart or not', async () => {
  const many = join(folder, 'many.parquet')
  const rows = makeRows(0, 4100).map((row, i) => ({
    ...row,
    id: Math.floor(i / 3),
    embedding: { ...row.embedding!, vintage: String(2020 + (i % 3)) },
  }))
  const writer = await createPack(many)
  await writer.write(rows)
  await writer.finish(makeManifest(), packBbox)
  const reader = await openPack(many, { signal })
  const read = []
  for await (const group of reader.rows()) read.push(group)
  await reader.close()
  expect(read.map((group) => group.length)).toEqual([4096, 4])
  expect(read.flat().map(({ id, embedding }) => [id, embedding?.vintage])).toEqual(
    rows.map(({ id, embedding }) => [id, embedding.vintage]),
  )
})

test('the same rows make the same bytes', async () => {
  const other = join(folder, 'other.parquet')
  await writePack(other)
  expect(await readFile(other)).toEqual(await readFile(path))
})

test('a pack takes the place of a file alone, never of a folder or a device', async () => {
  const device = join(folder, 'device')
  await symlink('/dev/null', device)
  for (const out of [folder, device]) {
    await expect(createPack(out)).rejects.toMatchObject({ code: 'file-unwritable' })
  }
  expect((await lstat(device)).isSymbolicLink()).toBe(true)
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
  await rm(device)
})

test('a pack put in the place of a link goes into the file behind it', async () => {
  const [real, link] = [join(folder, 'real.parquet'), join(folder, 'link.parquet')]
  await writeFile(real, 'before')
  await symlink('real.parquet', link)
  await writePack(link)
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect(await readFile(real)).toEqual(await readFile(path))
})

test('a pack can have a name as long as names can be', async () => {
  const long = join(folder, 'x'.repeat(255))
  await writePack(long)
  expect(await codeOf(long)).toBe('opened')
})

test('a flipped bit anywhere in the file is noticed', async () => {
  const bytes = await readFile(path)
  const broken = join(folder, 'broken.parquet')
  // Every byte of the ends, where the seal lies, and a sample of pages and structure between.
  const isEnd = (at: number) => at < 8 || at >= bytes.length - 180
  const missed: number[] = []
  for (let at = 0; at < bytes.length; at += isEnd(at) ? 1 : 337) {
    const flipped = Buffer.from(bytes)
    flipped[at]! ^= 1 << (at % 8)
    await writeFile(broken, flipped)
    const code = await codeOf(broken)
    if (code !== 'pack-damaged' && code !== 'pack-foreign') missed.push(at)
  }
  expect(missed).toEqual([])
})

test('a file that was cut off is refused, wherever', async () => {
  const { length } = await readFile(path)
  for (const size of [0, 3, 12, 1000, Math.floor(length / 2), length - 9, length - 1]) {
    const cut = join(folder, 'cut.parquet')
    await writeFile(cut, await readFile(path))
    await truncate(cut, size)
    expect(await codeOf(cut), `${size} bytes`).toBe('pack-damaged')
  }
})

test('a Parquet file of somebody else is refused as foreign', async () => {
  const foreign = join(folder, 'foreign.parquet')
  const bytes = parquetWriteBuffer({
    columnData: [{ name: 'id', data: [1, 2], type: 'INT32' }],
  })
  await writeFile(foreign, Buffer.from(bytes))
  expect(await codeOf(foreign)).toBe('pack-foreign')
  expect(await codeOf(join(folder, 'nowhere.parquet'))).toBe('file-unreadable')
})

test('a folder and a file of another format are refused as foreign', async () => {
  const table = join(folder, 'heat.csv')
  await writeFile(table, 'cell,rank\n0,1\n')
  expect(await codeOf(table)).toBe('pack-foreign')
  expect(await codeOf(folder)).toBe('pack-foreign')
})

test('a pack of a later version is refused with what to do', async () => {
  const later = join(folder, 'later.parquet')
  const pack = await createPack(later)
  await pack.finish({ ...makeManifest(), version: 2 }, null)
  await expect(openPack(later, { signal })).rejects.toMatchObject({
    code: 'pack-version',
    hint: expect.stringContaining('newer version') as unknown,
  })
})

const ring = [
  [9, 47],
  [10, 47],
  [10, 48],
]
const open = { type: 'Polygon' as const, coordinates: [[...ring, [9, 48]]] }
for (const { what, change, code } of [
  {
    what: 'a grid without a step',
    change: { sampling: { kind: 'grid' } as never },
    code: 'pack-damaged',
  },
  { what: 'a ring that is open', change: { boundary: open }, code: 'boundary-invalid' },
]) {
  test(`a manifest of ${what} is refused`, async () => {
    const path = join(folder, 'manifest.parquet')
    const pack = await createPack(path)
    const manifest = makeManifest()
    await pack.finish({ ...manifest, region: { ...manifest.region, ...change } }, null)
    await expect(openPack(path, { signal })).rejects.toMatchObject({ code })
  })
}

const faults = [
  { name: 'NaN among the logits', change: { logits: new Float32Array(365).fill(NaN, 9, 10) } },
  { name: 'too few logits', change: { logits: new Float32Array(364) } },
  { name: 'a position that is no number', change: { x: NaN } },
  { name: 'an id that a heatmap could not tell from another', change: {}, id: 2 ** 27 },
]
test.each(faults)('$name in a sealed file are refused', async ({ change, id = 0 }) => {
  const faulty = join(folder, 'faulty.parquet')
  const pack = await createPack(faulty)
  const [row] = makeRows(0, 1)
  await pack.write([{ ...row!, id, embedding: { ...row!.embedding!, ...change } }])
  await pack.finish(makeManifest(), packBbox)
  const reader = await openPack(faulty, { signal })
  await expect(reader.rows().next()).rejects.toMatchObject({ code: 'pack-damaged' })
  await reader.close()
})

test('a point that comes twice is refused', async () => {
  const twice = join(folder, 'twice.parquet')
  const pack = await createPack(twice)
  await pack.write(makeRows(0, 3))
  await pack.write(makeRows(1, 1))
  await pack.finish(makeManifest(), packBbox)
  const reader = await openPack(twice, { signal })
  const rows = reader.rows()
  expect((await rows.next()).done).toBe(false)
  await expect(rows.next()).rejects.toMatchObject({ code: 'pack-damaged' })
  await reader.close()
})

const [row] = makeRows(0, 1)
const embedding = row!.embedding!
for (const { what, rows } of [
  {
    what: 'a reason that is no code',
    rows: [{ ...row!, state: 'unavailable', reason: '=HYPERLINK("x"),y', embedding: null }],
  },
  {
    what: 'a text that no database can hold',
    rows: [{ ...row!, embedding: { ...embedding, vintage: '2020\0' } }],
  },
  {
    what: 'no reference',
    rows: [{ ...row!, embedding: { ...embedding, reference: null as never } }],
  },
  {
    what: 'a point that is built and has no imagery',
    rows: [row!, { ...row!, state: 'unavailable', reason: 'nodata', embedding: null }],
  },
] satisfies { what: string; rows: PackRow[] }[]) {
  test(`rows of ${what} are refused`, async () => {
    const path = join(folder, 'odd.parquet')
    const pack = await createPack(path)
    await pack.write(rows)
    await pack.finish(makeManifest(), packBbox)
    const reader = await openPack(path, { signal })
    await expect(reader.rows().next()).rejects.toMatchObject({ code: 'pack-damaged' })
    await reader.close()
  })
}

test('until a pack is finished the file of that name stays, and a discarded one leaves nothing', async () => {
  const place = join(folder, 'kept')
  await writeFile(place, 'before')
  const pack = await createPack(place)
  await pack.write(makeRows(0, 4))
  expect(await readFile(place, 'utf8')).toBe('before')
  await pack.discard()
  expect(await readFile(place, 'utf8')).toBe('before')
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
})

test('a folder that is not there is told', async () => {
  await expect(createPack(join(folder, 'no', 'such.parquet'))).rejects.toMatchObject({
    code: 'file-unwritable',
  })
})

test('checking stops when it is asked to', async () => {
  const stopped = AbortSignal.abort()
  await expect(openPack(path, { signal: stopped })).rejects.toMatchObject({ name: 'AbortError' })
})
