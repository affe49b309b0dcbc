/**
 * The whole build of a region on PGlite, as something to be measured: claim, cut, embed, store.
 * @io disk, database
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as Config from '../../src/config.ts'
import { deleteRegion } from '../../src/gallery/regions.ts'
import type * as BuildRegion from '../../src/journeys/build-region.ts'
import type * as CreateRegion from '../../src/journeys/create-region.ts'
import type * as RequestDense from '../../src/journeys/request-dense.ts'
import { writeSampleTown } from '../../src/sample/folder.ts'
import type { Boundary } from '../../src/types.ts'
import type * as Wire from '../../src/wire.ts'

/**
 * What `npm run build` made: tsx gives every closure a name whenever it is made, 4–8 % of the CPU
 * time of a build.
 */
const built = (file: string) => import(new URL(`../../dist/${file}.js`, import.meta.url).href)
const { resolveConfig } = (await built('config')) as typeof Config
const { openWorld } = (await built('wire')) as typeof Wire
const { buildRegion } = (await built('journeys/build-region')) as typeof BuildRegion
const { createRegion } = (await built('journeys/create-region')) as typeof CreateRegion
const { requestDense } = (await built('journeys/request-dense')) as typeof RequestDense

/** A grid over imagery, fine enough for at least 1,500 patches. */
export interface Place {
  readonly name: string
  /** As a region's `imagery`. */
  readonly imagery: { readonly kind: string; readonly [field: string]: unknown }
  readonly stepM: number
  /** Absent: all of the imagery, which knows where it is. */
  readonly boundary?: Boundary
  /** Patches every so many metres, from whole windows; absent: patch by patch. */
  readonly denseM?: number
}

/** What one build took; CPU time of all threads. */
export interface Built {
  readonly patchCount: number
  readonly seconds: number
  readonly cpuMs: number
}

export type WholeBuild = Awaited<ReturnType<typeof openWholeBuild>>

/** Opens an empty database with the model, on so many sessions. */
export async function openWholeBuild(model: string, sessions = availableParallelism()) {
  const folder = await mkdtemp(join(tmpdir(), 'whereabouts-bench-'))
  const options = {
    dataDir: join(folder, 'data'),
    threads: String(sessions),
    overheadModel: model,
  }
  const world = await openWorld(resolveConfig(options, {}), {})
  const signal = new AbortController().signal
  return {
    /** Draws the sample town, 0.5 m/px: needs no `../shared`. */
    town: async () => {
      const { orthophoto } = await writeSampleTown(join(folder, 'town'), { seed: 1 })
      const imagery = { kind: 'geotiff', files: [orthophoto] }
      return { name: 'sample town, 0.5 m/px, EPSG:32631', imagery, stepM: 24 }
    },
    build: async ({ imagery, stepM, boundary, denseM }: Place): Promise<Built> => {
      const whereImagery = imagery.kind === 'geotiff'
      const sampling = { kind: 'grid', stepM, whereImagery } as const
      const request = { name: 'bench', imagery, sampling, boundary: boundary ?? null }
      await createRegion(world, request, { signal, onWarning: () => undefined })
      if (denseM !== undefined) await requestDense(world, 'bench', denseM)
      const startedAt = performance.now()
      const before = process.cpuUsage()
      const counts = await buildRegion(world, 'bench', { signal, onProgress: () => undefined })
      const { user, system } = process.cpuUsage(before)
      const seconds = (performance.now() - startedAt) / 1000
      await deleteRegion(world.db, 'bench')
      if (counts.embedded < 1500) {
        throw new Error(`Expected at least 1,500 patches, got ${counts.embedded}`)
      }
      return { patchCount: counts.embedded, seconds, cpuMs: (user + system) / 1000 }
    },
    /** Requests to hosts of imagery so far. */
    requests: () => world.traffic().requests,
    close: async () => {
      await world.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
