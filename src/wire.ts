/**
 * Composition root: Config → database, sources, encoders. The only place that builds them.
 * @io disk, network, database, native
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { usualOverheadModel, type Config } from './config.ts'
import type { Encoder } from './embedding/encoder.ts'
import { createEncoder } from './embedding/onnx.ts'
import { ConfigError } from './errors.ts'
import type { Database } from './gallery/database.ts'
import { migrate } from './gallery/migrate.ts'
import { openDatabase } from './gallery/open.ts'
import { stopOrphanedBuilds } from './gallery/orphans.ts'
import { createPack, openPack } from './gallery/pack-file.ts'
import { decodePhoto } from './image/decode.ts'
import { encodeJpeg } from './image/encode.ts'
import type { ImageryConfig } from './imagery/config.ts'
import type { SourceOptions } from './imagery/deps.ts'
import { DiskCache } from './imagery/disk-cache.ts'
import { HostGates } from './imagery/host-gate.ts'
import { readBoundaryRelation } from './roads/read-boundary.ts'
import { readRoadNetwork } from './roads/read-network.ts'

/** The models that come with the program; `src` and `dist` lie equally deep. */
const BUNDLED_MODELS = fileURLToPath(new URL('../models/', import.meta.url))

/** Fonts and rasters take half a second to load, which most commands need neither of. */
const loadPng = () => import('./heatmap/png.ts')
type Png = Awaited<ReturnType<typeof loadPng>>

/**
 * Opens the database (and brings its schema up to date); models are loaded when first asked for.
 * @param env  the process environment: imagery keys are read from it by name
 * @param options.isBrief  for a question or two: a thread for the embedded database would cost more
 *   than it frees
 */
export async function openWorld(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
  { isBrief = false }: { readonly isBrief?: boolean } = {},
) {
  const db = await openGallery(config, isBrief)
  const models = openModels(config)
  const imageryDeps = {
    cache: new DiskCache(join(config.dataDir, 'imagery-cache'), config.imageryCacheMb * 1e6),
    hosts: new HostGates(),
    secrets: env,
    baseDir: process.cwd(),
  }
  // Reads nothing, as nothing is ever written there.
  const noCache = new DiskCache(join(config.dataDir, 'no-cache'), 0)
  return {
    ...models,
    usualModel: usualOverheadModel(env),
    db,
    openSource: async (imagery: ImageryConfig, options: SourceOptions = {}) => {
      const { isFresh = false, signal, stretches } = options
      const { createImagerySource } = await import('./imagery/registry.ts')
      const deps = { ...imageryDeps, ...(isFresh && { cache: noCache }), signal, stretches }
      return createImagerySource(imagery, deps)
    },
    traffic: () => imageryDeps.hosts.traffic,
    trafficByHost: () => imageryDeps.hosts.trafficByHost,
    readRoadNetwork,
    readBoundaryRelation,
    createPack,
    openPack,
    encodeJpeg,
    renderPng: async (...what: Parameters<Png['renderPng']>) =>
      (await loadPng()).renderPng(...what),
    renderCoveragePng: async (...what: Parameters<Png['renderCoveragePng']>) =>
      (await loadPng()).renderCoveragePng(...what),
    threads: config.threads,
    // In a container every process is 1: without the rest a restarted one would renew its dead
    // predecessor's leases.
    workerId: `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
    now: () => new Date(),
    close: async () => {
      await models.close()
      await db.close()
    },
  }
}

/**
 * The database at the newest schema; nothing of it stays open, or keeps the process alive, when
 * that fails.
 */
async function openGallery(config: Config, isBrief: boolean): Promise<Database> {
  const db = await openDatabase(
    config.databaseUrl === ''
      ? { dataDir: join(config.dataDir, 'database'), worker: !isBrief }
      : { url: config.databaseUrl },
  )
  try {
    await migrate(db)
    await stopOrphanedBuilds(db)
    return db
  } catch (error) {
    // What went wrong first is told, not that closing failed too.
    await db.close().catch(() => undefined)
    throw error
  }
}

/** Everything that touches the outside, opened. */
export type World = Awaited<ReturnType<typeof openWorld>>

/** Where the models lie: the configured folder, or the one that comes with the program. */
export function modelsDirOf(config: Config): string {
  return config.modelsDir === '' ? BUNDLED_MODELS : config.modelsDir
}

/** @throws {ConfigError} `model-view` when the model reads the other kind of picture */
async function openEncoder(
  folder: string,
  view: 'ground' | 'overhead',
  sessions: number,
): Promise<Encoder> {
  const encoder = await createEncoder(folder, { sessions })
  const { name, view: found } = encoder.card
  if (found === view) return encoder
  await encoder.close()
  const option = view === 'ground' ? '--photo-model' : '--overhead-model'
  throw new ConfigError(
    'model-view',
    `Expected a model of the ${view} view for ${option}, got ${name}, of the ${found} view`,
    { hint: 'whereabouts models list shows what is installed' },
  )
}

/** The part that needs no database: both models, each loaded when first asked for. */
export function openModels(config: Config) {
  const dir = modelsDirOf(config)
  const names = { ground: config.photoModel, overhead: config.overheadModel }
  const loaded = new Map<string, Promise<Encoder>>()
  return {
    decodePhoto: (bytes: Uint8Array) =>
      decodePhoto(bytes, { maxBytes: config.photoMaxMb * 1_000_000 }),
    encoder: (view: 'ground' | 'overhead'): Promise<Encoder> => {
      const known = loaded.get(view)
      if (known !== undefined) return known
      const encoder = openEncoder(join(dir, names[view]), view, config.threads)
      loaded.set(view, encoder)
      return encoder
    },
    close: async () => {
      for (const encoder of await Promise.allSettled(loaded.values())) {
        if (encoder.status === 'fulfilled') await encoder.value.close()
      }
    },
  }
}
