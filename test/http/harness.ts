/**
 * The application as `serve` makes it, over the tiny place and the tiny models; and short ways to
 * ask it.
 */
import { realpath, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createApp, type App } from '../../src/http/app.ts'
import { Builds } from '../../src/http/builds.ts'
import type { AppDeps } from '../../src/http/deps.ts'
import { createPhotoFiles } from '../../src/http/photo-files.ts'
import type { DatabasePlace } from '../../src/gallery/open.ts'
import { openTestWorld, type TestWorld } from '../world.ts'
import { makeTown, type Town } from './town.ts'

const PHOTO_MAX_BYTES = 200_000

/** Short ways to ask an application. */
export interface Client {
  readonly app: App
  get(path: string, headers?: Record<string, string>): Promise<Response>
  post(path: string, body?: unknown): Promise<Response>
  remove(path: string): Promise<Response>
  upload(photo: Uint8Array): Promise<Response>
}

/** A running application without a port. */
export interface Harness extends Client {
  readonly world: TestWorld
  readonly deps: AppDeps
  readonly town: Town
  readonly folder: string
  /** What was logged, one JSON object a line. */
  readonly logLines: string[]
  close(): Promise<void>
}

/** Asks an application without a port. */
export function clientOf(app: App): Client {
  const request = async (path: string, init?: RequestInit) => app.request(path, init)
  return {
    app,
    get: (path, headers = {}) => request(path, { headers }),
    post: (path, body) =>
      request(path, {
        method: 'POST',
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      }),
    remove: (path) => request(path, { method: 'DELETE' }),
    upload: (photo) => {
      const form = new FormData()
      form.set('photo', new Blob([new Uint8Array(photo)]), 'holiday at 52.1 4.3.jpg')
      return request('/v1/photos', { method: 'POST', body: form })
    },
  }
}

/** Opens the application on a migrated database. */
export async function openHarness(place: DatabasePlace): Promise<Harness> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'whereabouts-http-')))
  const town = await makeTown(folder)
  const world = await openTestWorld({ models: 'tiny', place })
  const logLines: string[] = []
  const log = pino({ base: null }, { write: (line: string) => logLines.push(line) })
  const deps: AppDeps = {
    outside: world,
    photoFiles: createPhotoFiles(join(folder, 'photos')),
    photoDays: 30,
    builds: new Builds(world, log),
    allowed: { dirs: [folder], hosts: [], baseDir: folder, realpath: (path) => realpath(path) },
    hostNames: ['localhost'],
    photoMaxBytes: PHOTO_MAX_BYTES,
    version: '0.0.0-test',
    log,
  }
  return {
    ...clientOf(createApp(deps)),
    world,
    deps,
    town,
    folder,
    logLines,
    close: async () => {
      await deps.builds.stopAll()
      await world.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The region of the tiny place: a grid over its raster. */
export function gridRegion(name: string, town: Town, stepM = 60) {
  return {
    name,
    imagery: { kind: 'geotiff', files: [town.ortho], attribution: 'synthetic' },
    sampling: { kind: 'grid', stepM, whereImagery: true },
  }
}

/** Asks until the build of a region is over. */
export async function waitForBuild(client: Client, name: string) {
  for (;;) {
    const region = (await (await client.get(`/v1/regions/${name}`)).json()) as RegionAnswer
    if (region.build?.state !== 'running') return region
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The part of a region's answer that tests look at. */
export interface RegionAnswer {
  readonly state: string
  readonly points: {
    readonly total: number
    readonly pending: number
    readonly leased: number
    readonly embedded: number
  }
  readonly build: {
    readonly state: string
    readonly pointsDone: number
    readonly problem: { readonly code: string } | null
  } | null
}

/** The part of a problem that tests look at. */
export interface ProblemAnswer {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly hint?: string
  readonly facts?: Record<string, unknown>
}
