import { expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { resolveConfig } from '../src/config.ts'
import { openModels } from '../src/wire.ts'
import { openTestWorld } from './world.ts'

test('two worlds of one process have different names in the work queue, as two containers with pid 1 must', async () => {
  const worlds = await Promise.all([
    openTestWorld({ models: 'tiny' }),
    openTestWorld({ models: 'tiny' }),
  ])
  const [first, second] = worlds.map(({ workerId }) => workerId)
  await Promise.all(worlds.map((world) => world.close()))
  expect(first).not.toBe(second)
})

test('a model of the other view is refused by name, before it reads a picture', async () => {
  const modelsDir = fileURLToPath(new URL('../models/tiny/', import.meta.url))
  const models = openModels(
    resolveConfig({ modelsDir, photoModel: 'overhead', overheadModel: 'photo' }, {}),
  )
  for (const [view, option, name] of [
    ['ground', '--photo-model', 'tiny/overhead'],
    ['overhead', '--overhead-model', 'tiny/photo'],
  ] as const) {
    await expect(models.encoder(view)).rejects.toMatchObject({
      code: 'model-view',
      message: expect.stringContaining(`for ${option}, got ${name}, of the`) as unknown,
    })
  }
  await models.close()
})
