/** A real outside for journey tests: embedded database, real sources, tiny or real models. */
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveConfig } from '../src/config.ts'
import { openWorld, type World } from '../src/wire.ts'
import { pgliteFolder } from './databases.ts'

export type TestWorld = World

const tiny = {
  modelsDir: fileURLToPath(new URL('../models/tiny/', import.meta.url)),
  photoModel: 'photo',
  overheadModel: 'overhead',
}

/**
 * Opens a world in a fresh folder, or on the PostgreSQL database at `url`; `close` removes the folder.
 * `databaseDir`: a migrated embedded database, which is moved into it; by default a new one.
 */
export async function openTestWorld(options: {
  readonly models: 'tiny' | 'real'
  readonly url?: string
  readonly databaseDir?: string
  readonly overheadModel?: string | undefined
  /** Sessions of each model; one is the fastest to start. */
  readonly threads?: number
}): Promise<TestWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'whereabouts-test-'))
  if (options.url === undefined) {
    const databaseDir = options.databaseDir ?? (await pgliteFolder()).dataDir
    await rename(databaseDir, join(dataDir, 'database'))
  }
  const config = resolveConfig(
    {
      dataDir,
      threads: String(options.threads ?? 1),
      ...(options.url !== undefined && { databaseUrl: options.url }),
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
