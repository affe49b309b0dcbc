import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DENSE_MODEL, OPTIONS } from '../../src/config.ts'
import { listModels, readModel } from '../../src/embedding/model-files.ts'

const models = fileURLToPath(new URL('../../models/', import.meta.url))
let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'whereabouts-models-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** A copy of a tiny model that a test may damage. */
async function copy(name: string): Promise<string> {
  const to = join(dir, name)
  await cp(join(models, 'tiny/photo'), to, { recursive: true })
  return to
}

const names = [
  'overhead-densenet-6',
  'overhead-mobilenetv2',
  'overhead-mobilenetv2-10',
  'photo-mobilenetv2',
  'photo-mobilenetv2-3',
  'tiny/overhead',
  'tiny/photo',
]
for (const name of names) {
  test(`${name} is the file that its card describes`, async () => {
    const { card, onnxPath } = await readModel(join(models, name))
    expect(card.name).toBe(name)
    expect((await readFile(onnxPath)).length).toBe(card.bytes)
  })
}

test('the models that the program names come with it', () => {
  const named = [DENSE_MODEL, OPTIONS.overheadModel.default, OPTIONS.photoModel.default]
  expect(names).toEqual(expect.arrayContaining(named))
})

test('all models are listed by name', async () => {
  const list = await listModels(models)
  expect(list.map(({ card }) => card.name)).toEqual(names)
})

test('a changed byte is found', async () => {
  const model = await copy('changed')
  const onnx = join(model, 'model.onnx')
  const bytes = await readFile(onnx)
  bytes[5000] = (bytes[5000] ?? 0) ^ 1
  await writeFile(onnx, bytes)
  await expect(readModel(model)).rejects.toMatchObject({
    name: 'BadDataError',
    code: 'model-corrupt',
  })
})

test('a longer file is found', async () => {
  const model = await copy('longer')
  await appendFile(join(model, 'model.onnx'), 'x')
  await expect(readModel(model)).rejects.toMatchObject({
    code: 'model-corrupt',
    message: 'Expected 13848 bytes for model.onnx, got 13849',
  })
})

test('a card without its file, and a folder without a card, are not found', async () => {
  const model = await copy('alone')
  await rm(join(model, 'model.onnx'))
  const unknown = { name: 'NotFoundError', code: 'model-unknown' }
  await expect(readModel(model)).rejects.toMatchObject(unknown)
  await expect(readModel(join(dir, 'nowhere'))).rejects.toMatchObject(unknown)
  await expect(listModels(join(dir, 'nowhere'))).rejects.toMatchObject(unknown)
})

test('a card that is not JSON is refused with its beginning', async () => {
  const model = await copy('text')
  await writeFile(join(model, 'model.json'), 'version https://git-lfs')
  await expect(readModel(model)).rejects.toMatchObject({
    name: 'ConfigError',
    code: 'model-card',
    message: expect.stringContaining('version https://git-lfs') as string,
  })
})
