import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveConfig } from '../../src/config.ts'
import { refuseMixedModels } from '../../src/journeys/refuse-mixed.ts'
import type { Region } from '../../src/types.ts'
import { openModels } from '../../src/wire.ts'

let modelsDir = ''
let models: ReturnType<typeof openModels>
let others: ReturnType<typeof openModels>
beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'whereabouts-mixed-'))
  await cp(fileURLToPath(new URL('../../models/tiny/', import.meta.url)), modelsDir, {
    recursive: true,
  })
  for (const name of ['photo', 'overhead']) {
    const other = join(modelsDir, `other-${name}`)
    await cp(join(modelsDir, name), other, { recursive: true })
    const card = JSON.parse(await readFile(join(other, 'model.json'), 'utf8')) as object
    const changed = { ...card, name: `other-${name}`, logitSpace: 'places365-resnet18' }
    await writeFile(join(other, 'model.json'), JSON.stringify(changed))
  }
  const open = (photoModel: string, overheadModel: string) =>
    openModels(resolveConfig({ modelsDir, photoModel, overheadModel, threads: '1' }, {}))
  models = open('other-photo', 'overhead')
  others = open('other-photo', 'other-overhead')
})
afterAll(async () => {
  await Promise.all([models.close(), others.close()])
  await rm(modelsDir, { recursive: true })
})

async function regionOf(sha256?: string): Promise<Region> {
  const { card } = await models.encoder('overhead')
  return { name: 'town', model: { name: card.name, sha256: sha256 ?? card.sha256 } } as Region
}

test('a photo model of another space is refused, with both names, both spaces and the way out', async () => {
  await expect(refuseMixedModels(models, await regionOf())).rejects.toMatchObject({
    name: 'InputError',
    code: 'model-space',
    message:
      'Expected a photo model of space "whereabouts" for tiny/overhead, got other-photo of space "places365-resnet18"',
    hint: expect.stringContaining('--photo-model') as string,
  })
})

test('two models of one space are let through, whatever its name', async () => {
  await expect(refuseMixedModels(others, await regionOf())).resolves.toBeUndefined()
})

test('a region that another overhead model made is refused: its space is unknown', async () => {
  const region = await regionOf('0'.repeat(64))
  await expect(refuseMixedModels(others, region)).rejects.toMatchObject({ code: 'model-mismatch' })
})
