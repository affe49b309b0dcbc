/** A real outside for journey tests: embedded database, real sources, tiny or real models. */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveConfig } from '../src/config.ts'
import type { DatabasePlace } from '../src/gallery/open.ts'
import { openWorld, type World } from '../src/wire.ts'
import { pgliteFolder } from './databases.ts'

export type TestWorld = World

const tiny = {
  modelsDir: fileURLToPath(new URL('../models/tiny/', import.meta.url)),
  photoModel: 'photo',
  overheadModel: 'overhead',
}

/**
 * Opens a world in a fresh folder; `close` removes it.
 * `place`: a migrated database; an embedded one is moved into the folder. By default a new one.
 */
export async function openTestWorld(options: {
  readonly models: 'tiny' | 'real'
  readonly place?: DatabasePlace
  readonly overheadModel?: string | undefined
  /** Sessions of each model; one is the fastest to start. */
  readonly threads?: number
}): Promise<TestWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'whereabouts-test-'))
  const place = options.place ?? (await pgliteFolder())
  if ('dataDir' in place) await rename(place.dataDir, join(dataDir, 'database'))
  const config = resolveConfig(
    {
      dataDir,
      threads: String(options.threads ?? 1),
      ...('url' in place && { databaseUrl: place.url }),
      ...(options.models === 'tiny' && tiny),
      ...(options.overheadModel !== undefined && { overheadModel: options.overheadModel }),
    },
    {},
  )
  const world = await openWorld(config, process.env, { isBrief: true })
  return {
    ...world,
    close: async () => {
      await world.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
