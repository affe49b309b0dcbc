import { expect, test } from 'vitest'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveConfig } from '../src/config.ts'
import { openDatabase } from '../src/gallery/open.ts'
import { openModels, openWorld } from '../src/wire.ts'
import { describeOnEachDatabase } from './databases.ts'
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

describeOnEachDatabase('a world whose database cannot be brought up to date', (_open, place) => {
  test('leaves neither connections nor the lock of the folder behind, so that the process can end', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'whereabouts-test-'))
    const where = await place()
    if ('dataDir' in where) await rename(where.dataDir, join(dataDir, 'database'))
    const moved = 'url' in where ? where : { dataDir: join(dataDir, 'database') }
    const newer = await openDatabase(moved)
    await newer.withClient((client) =>
      client.script(
        "insert into migrations (name, sha256, breaking) values ('9999_new.sql', '', true)",
      ),
    )
    await newer.close()
    const config = resolveConfig({ dataDir, ...('url' in where && { databaseUrl: where.url }) }, {})
    await expect(openWorld(config, {})).rejects.toMatchObject({ code: 'database-too-new' })
    const after = await openDatabase(moved)
    const others = () =>
      after.withClient((client) =>
        client.query(
          `select from pg_stat_activity
            where datname = current_database() and application_name = 'whereabouts'
              and pid <> pg_backend_pid()`,
        ),
      )
    // A server's process ends a moment after its connection.
    await expect.poll(others, { timeout: 20_000 }).toEqual([])
    await after.close()
    await rm(dataDir, { recursive: true })
  })
})

test('a file in the place of the data folder is told as a database that cannot be opened, not as a bug', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-test-'))
  const dataDir = join(folder, 'file')
  await writeFile(dataDir, '')
  await expect(openWorld(resolveConfig({ dataDir }, {}), {})).rejects.toMatchObject({
    code: 'database-unavailable',
  })
  await rm(folder, { recursive: true })
})
