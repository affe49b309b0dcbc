import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readModel } from '../../src/embedding/model-files.ts'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { readPrototype } from '../../src/embedding/prototypes.ts'

const tiny = fileURLToPath(new URL('../../models/tiny/overhead', import.meta.url))
const CLASSES = 365
let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'whereabouts-prototypes-'))
  await cp(tiny, dir, { recursive: true })
  const values = Float32Array.from({ length: CLASSES ** 2 }, (_, i) => i / 8)
  const bytes = Buffer.from(values.buffer)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const card = JSON.parse(await readFile(join(tiny, 'model.json'), 'utf8')) as object
  const prototypes = { file: 'prototypes.f32', sha256, of: 'tiny/photo', scenes: [2] }
  await writeFile(join(dir, 'prototypes.f32'), bytes)
  await writeFile(join(dir, 'model.json'), JSON.stringify({ ...card, prototypes }))
})
afterEach(() => rm(dir, { recursive: true }))

test('row s of the file is the prototype of scene s', async () => {
  const { prototypesPath } = await readModel(dir)
  expect(await readPrototype(prototypesPath ?? '', 2)).toEqual(
    Float32Array.from({ length: CLASSES }, (_, c) => (2 * CLASSES + c) / 8),
  )
})

test('an encoder has prototypes where its card names them', async () => {
  const [withThem, without] = [
    await createEncoder(dir, { sessions: 1 }),
    await createEncoder(tiny, { sessions: 1 }),
  ]
  expect((await withThem.prototype?.(364))?.at(-1)).toBe((CLASSES ** 2 - 1) / 8)
  expect('prototype' in without).toBe(false)
  await Promise.all([withThem.close(), without.close()])
})

test('a file of another length is found, whatever its checksum', async () => {
  const bytes = (await readFile(join(dir, 'prototypes.f32'))).subarray(4)
  await writeFile(join(dir, 'prototypes.f32'), bytes)
  const card = await readFile(join(dir, 'model.json'), 'utf8')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { prototypes } = JSON.parse(card) as { prototypes: { sha256: string } }
  await writeFile(join(dir, 'model.json'), card.replace(prototypes.sha256, sha256))
  await expect(readModel(dir)).rejects.toMatchObject({
    code: 'model-corrupt',
    message: 'Expected 532900 bytes for prototypes.f32, got 532896',
  })
})

test('a changed byte, or no such file, is found when the model is read', async () => {
  const path = join(dir, 'prototypes.f32')
  const bytes = await readFile(path)
  bytes[1000] = (bytes[1000] ?? 0) ^ 1
  await writeFile(path, bytes)
  await expect(readModel(dir)).rejects.toMatchObject({
    code: 'model-corrupt',
    message: expect.stringContaining('prototypes.f32') as string,
  })
  await rm(path)
  await expect(readModel(dir)).rejects.toMatchObject({ code: 'model-unknown' })
})
