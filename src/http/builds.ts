/**
 * Builds that run inside the server: started, watched and stopped by name; they outlive the
 * request.
 */
import type { Logger } from 'pino'
import { InputError, NotFoundError } from '../errors.ts'
import type { Region } from '../types.ts'
import type { BuildProgress } from '../journeys/build-progress.ts'
import { buildRegion } from '../journeys/build-region.ts'
import type { Outside } from '../journeys/outside.ts'
import { toProblem, type Problem } from './problem.ts'

/** What is known of the latest build of a region in this process. */
export interface BuildStatus {
  /** Another process may delete the region and make one of the same name. */
  readonly regionId: number
  readonly state: 'running' | 'stopping' | 'stopped' | 'failed' | 'finished'
  readonly startedAt: string
  readonly progress: BuildProgress | null
  readonly problem: Problem | null
}

interface Build {
  readonly controller: AbortController
  readonly settled: Promise<void>
}

/** The builds of one process. */
export class Builds {
  readonly #outside: Outside
  readonly #log: Logger
  readonly #running = new Map<string, Build>()
  readonly #statuses = new Map<string, BuildStatus>()

  constructor(outside: Outside, log: Logger) {
    this.#outside = outside
    this.#log = log
  }

  /** @throws {InputError} `region-busy` while the region is being built here */
  start({ id: regionId, name: region }: Pick<Region, 'id' | 'name'>): void {
    this.refuseWhileRunning(region)
    const controller = new AbortController()
    const startedAt = this.#outside.now().toISOString()
    const fresh = { regionId, startedAt, progress: null, problem: null }
    this.#statuses.set(region, { ...fresh, state: 'running' })
    this.#log.info({ region }, 'build started')
    const settled = this.#run(region, controller.signal)
    this.#running.set(region, { controller, settled })
  }

  /** Stops and gives the leases back. @throws {NotFoundError} `build-not-found` */
  async stop(region: string): Promise<void> {
    const build = this.#running.get(region)
    if (build === undefined) {
      throw new NotFoundError(
        'build-not-found',
        `Expected a running build of region "${region}" in this process, got none`,
      )
    }
    this.#change(region, { state: 'stopping' })
    build.controller.abort()
    await build.settled
  }

  /** For the end of the process; resolves when no build runs. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((region) => this.stop(region)))
  }

  statusOf(region: string): BuildStatus | null {
    return this.#statuses.get(region) ?? null
  }

  /** Of all regions, as they are now. */
  statuses(): ReadonlyMap<string, BuildStatus> {
    return new Map(this.#statuses)
  }

  isRunning(region: string): boolean {
    return this.#running.has(region)
  }

  /** @throws {InputError} `region-busy` */
  refuseWhileRunning(region: string): void {
    if (!this.#running.has(region)) return
    throw new InputError(
      'region-busy',
      `Expected region "${region}" at rest, got one being built`,
      {
        hint: `wait for the end, or stop it: DELETE /v1/regions/${region}/build`,
      },
    )
  }

  /** Drops what is known of a region that is no more. */
  forget(region: string): void {
    this.#statuses.delete(region)
  }

  async #run(region: string, signal: AbortSignal): Promise<void> {
    try {
      const counts = await buildRegion(this.#outside, region, {
        signal,
        onProgress: (progress) => this.#change(region, { progress }),
      })
      this.#change(region, { state: signal.aborted ? 'stopped' : 'finished' })
      this.#log.info({ region, embedded: counts.embedded, total: counts.total }, 'build ended')
    } catch (error) {
      this.#change(region, { state: 'failed', problem: toProblem(error) })
      this.#log.error({ region, err: error }, 'build failed')
    } finally {
      this.#running.delete(region)
    }
  }

  #change(region: string, part: Partial<BuildStatus>): void {
    const status = this.#statuses.get(region)
    if (status !== undefined) this.#statuses.set(region, { ...status, ...part })
  }
}
