/**
 * Builds that are held up, stopped, shared; the tiny place, and imagery that is disturbed on its
 * way.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { formatProgress } from '../../src/cli/build-report.ts'
import { InputError, UpstreamError } from '../../src/errors.ts'
import { requestBuild, stopBuild } from '../../src/gallery/builds.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import type { BuildProgress } from '../../src/journeys/build-progress.ts'
import { buildRegion, detachBuild, endBuild, retryPoints } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { describeBuild, describeRegion } from '../../src/journeys/region-status.ts'
import { workRegions, type WorkOptions } from '../../src/journeys/work-regions.ts'
import type { RoadPoint } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { makeTown, type Town } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const { signal } = new AbortController()
const quiet = { signal, onProgress: () => undefined }
const wait = { firstMs: 20, mostMs: 50 }

/** What others wait for until it is opened. */
function gate() {
  let open = (): void => undefined
  const opens = new Promise<void>((resolve) => (open = resolve))
  return { opens, open: () => open() }
}

describeOnEachDatabase('a build', (_open, place) => {
  let folder: string
  let town: Town
  let world: TestWorld

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-work-'))
    town = await makeTown(folder)
    world = await openTestWorld({ models: 'tiny', place: await place() })
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  const create = async (
    name: string,
    imagery: object = { kind: 'geotiff', files: [town.ortho] },
    stepM = 40,
  ) =>
    createRegion(
      world,
      {
        name,
        imagery,
        sampling: { kind: 'grid', stepM, whereImagery: imagery === undefined },
        boundary: boundaryFromBbox([8.9985, 47.199, 9.0015, 47.201]),
      },
      { signal, onWarning: () => undefined },
    )

  /** The world, with something between us and the imagery. */
  const disturbed = (disturb: (id: number) => void | Promise<void>): Outside => ({
    ...world,
    openSource: async (imagery) => {
      const source = await world.openSource(imagery)
      const patch: ImagerySource['patch'] = async (at, size, stop) => {
        await disturb((at as RoadPoint).id)
        return source.patch(at, size, stop)
      }
      return { attribution: source.attribution, patch, close: () => source.close() }
    },
  })

  const stateOf = async (name: string) => {
    const region = await findRegion(world.db, name)
    return { ...region, counts: await countPoints(world.db, region.id) }
  }

  test('waits while a host is down, says so, marks nothing, and goes on by itself', async () => {
    await create('outage')
    let isDown = true
    const outside = disturbed(() => {
      if (!isDown) return
      throw new UpstreamError('host-down', 'Expected answers from tiles.test, got none', {
        facts: { host: 'tiles.test', failure: 'ECONNREFUSED' },
      })
    })
    const pauses: BuildProgress[] = []
    const onProgress = (progress: BuildProgress) => {
      if (progress.problem !== null) pauses.push(progress)
    }
    const building = buildRegion(outside, 'outage', { signal, onProgress, wait })
    while (pauses.length < 3) await new Promise((resolve) => setTimeout(resolve, 10))
    const paused = await stateOf('outage')
    expect(paused).toMatchObject({ state: 'building', problem: { code: 'host-down' } })
    expect(paused.counts).toMatchObject({ embedded: 0, unavailable: {} })
    expect(describeBuild(world, await describeRegion(world, 'outage'))).toMatch(
      /^paused \(.*tiles\.test/,
    )
    isDown = false
    const counts = await building
    expect(counts).toMatchObject({ embedded: counts.total, unavailable: {} })
    expect(await stateOf('outage')).toMatchObject({ state: 'built', problem: null })
    expect(pauses[0]).toMatchObject({ region: 'outage', done: 0, problem: { code: 'host-down' } })
  })

  test('goes on after its wait, although the clock was set back by an hour meanwhile', async () => {
    await create('set-back')
    let shiftMs = 0
    const outside = disturbed(() => {
      if (shiftMs === 0) throw new UpstreamError('host-down', 'no answer')
    })
    const onProgress = ({ problem }: BuildProgress) => {
      if (problem !== null) shiftMs = -3_600_000
    }
    const shifted = { ...outside, now: () => new Date(Date.now() + shiftMs) }
    const counts = await buildRegion(shifted, 'set-back', { signal, onProgress, wait })
    expect(counts).toMatchObject({ embedded: counts.total })
    expect(shiftMs).toBeLessThan(0)
  })

  test('stops with the message when the source refuses us, and is not taken up again by itself', async () => {
    await create('refused')
    const outside = disturbed(() => {
      throw new UpstreamError('tiles-refused', 'Fetching imagery failed: GET x → 403')
    })
    await expect(buildRegion(outside, 'refused', { ...quiet, wait })).rejects.toThrow('403')
    const state = await stateOf('refused')
    expect(state).toMatchObject({ state: 'stopped', problem: { code: 'tiles-refused' } })
    expect(state.counts).toMatchObject({ pending: state.counts.total, unavailable: {} })
    expect(describeBuild(world, await describeRegion(world, 'refused'))).toMatch(
      /403.*region build refused/,
    )
    await workRegions(world, { ...quiet, names: null, isOnce: true, onError: () => undefined })
    expect((await stateOf('refused')).counts.embedded).toBe(0)
    expect(await buildRegion(world, 'refused', quiet)).toMatchObject({ pending: 0 })
  })

  test('gives up a point whose picture is broken each time, with the reason, and ends', async () => {
    const { id: region } = await create('broken')
    let tries = 0
    const outside = disturbed((id) => {
      if (id !== 3) return
      tries++
      throw new UpstreamError('tiles-unavailable', 'Expected a picture, got half of one')
    })
    // The waits between the tries are skipped.
    const hurry = setInterval(() => {
      void world.db.withClient((client) =>
        client.query('update points set retry_at = null where region = $1', [region]),
      )
    }, 30)
    const counts = await buildRegion(outside, 'broken', { ...quiet, wait })
    clearInterval(hurry)
    expect(tries).toBe(3)
    expect(counts.unavailable).toEqual({ 'tiles-unavailable': 1 })
    expect(counts.embedded).toBe(counts.total - 1)
    expect(await retryPoints(world, 'broken', ['tiles-unavailable'])).toBe(1)
    const retried = await buildRegion(world, 'broken', quiet)
    expect(retried).toMatchObject({ embedded: retried.total, unavailable: {} })
  })

  test('does not claim a broken point again before its wait is over', async () => {
    const { id: region } = await create('patient')
    const outside = disturbed((id) => {
      if (id === 3) throw new UpstreamError('tiles-unavailable', 'half a picture')
    })
    const controller = new AbortController()
    let waiting: BuildProgress['waiting']
    const onProgress = (progress: BuildProgress) => {
      waiting = progress.waiting
      if (waiting === undefined) return
      expect(formatProgress(progress)).toMatch(
        /waiting for 1 points with broken pictures, tried again from \d\d:\d\d:\d\d UTC/,
      )
      controller.abort()
    }
    await buildRegion(outside, 'patient', { signal: controller.signal, onProgress, wait })
    const rows = await world.db.withClient((client) =>
      client.query(
        `select state, failures, attempts, retry_at > now() as "isLater"
           from points where region = $1 and id = 3`,
        [region],
      ),
    )
    expect(rows).toEqual([{ state: 'pending', failures: 1, attempts: 1, isLater: true }])
    expect(waiting).toMatchObject({ putOff: 1, leased: 0 })
    expect(Date.parse(waiting?.nextTryAt ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  test('on a network that never answers is stopped at once, and gives everything back', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/{z}/{x}/{y}`
    await create('silent', { kind: 'xyz', url, attribution: 'x', maxZoom: 18, timeoutS: 60 })
    const controller = new AbortController()
    server.once('request', () => controller.abort())
    const startedAt = performance.now()
    await buildRegion(world, 'silent', { ...quiet, signal: controller.signal })
    // The source itself would wait for a minute.
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    const { state, counts } = await stateOf('silent')
    expect({ state, leased: counts.leased, pending: counts.pending }).toEqual({
      state: 'stopped',
      leased: 0,
      pending: counts.total,
    })
    expect(describeBuild(world, await describeRegion(world, 'silent'))).toMatch(
      /^stopped, continue with/,
    )
    server.closeAllConnections()
    server.close()
  })

  test('ends when somebody else stops it', async () => {
    await create('elsewhere')
    let isAsked = false
    const outside = disturbed(async (id) => {
      if (isAsked || id !== 0) return
      isAsked = true
      await endBuild(world, 'elsewhere')
    })
    await buildRegion(outside, 'elsewhere', { ...quiet, wait })
    const { state, counts } = await stateOf('elsewhere')
    expect({ state, leased: counts.leased }).toEqual({ state: 'stopped', leased: 0 })
  })

  const once = (more: Partial<WorkOptions> = {}): WorkOptions => ({
    ...quiet,
    names: null,
    isOnce: true,
    onError: (error) => {
      throw error
    },
    ...more,
  })

  test('that was asked for is done by a worker, those that were not are left alone', async () => {
    const { id } = await create('asked')
    await create('not-asked')
    await requestBuild(world.db, id)
    const seen = new Set<string>()
    await workRegions(world, once({ onProgress: ({ region }) => void seen.add(region) }))
    expect([...seen]).toEqual(['asked'])
    expect(await stateOf('asked')).toMatchObject({ state: 'built' })
    expect(await stateOf('not-asked')).toMatchObject({ state: 'created' })
  })

  test('that waits for its host does not keep a worker from another region', async () => {
    const down = await create('down')
    const up = await create('up')
    await requestBuild(world.db, down.id)
    await requestBuild(world.db, up.id)
    const controller = new AbortController()
    const outside: Outside = {
      ...world,
      openSource: async (imagery) => {
        // The older region is looked at first.
        if ((await findRegion(world.db, 'up')).state === 'building' && !isFirstDone) {
          isFirstDone = true
          throw new UpstreamError('host-down', 'no answer')
        }
        return world.openSource(imagery)
      },
    }
    let isFirstDone = false
    const onProgress = ({ region, counts }: BuildProgress) => {
      if (region === 'up' && counts.embedded === counts.total) controller.abort()
    }
    const long = { firstMs: 60_000, mostMs: 60_000 }
    await workRegions(outside, once({ signal: controller.signal, onProgress, wait: long }))
    expect(await stateOf('down')).toMatchObject({
      state: 'building',
      problem: { code: 'host-down' },
      counts: { embedded: 0 },
    })
    const { counts } = await stateOf('up')
    expect(counts.embedded).toBe(counts.total)
    await stopBuild(world.db, down.id)
    await stopBuild(world.db, up.id)
  })

  test('is left to others by a worker that has another model or was told other regions', async () => {
    const { id } = await create('left')
    await requestBuild(world.db, id)
    const encoder = await world.encoder('overhead')
    const other = { ...encoder, card: { ...encoder.card, sha256: 'f'.repeat(64) } }
    const told: string[] = []
    const onError = (error: unknown, region: string) =>
      void told.push(`${region} ${(error as UpstreamError).code}`)
    await workRegions({ ...world, encoder: async () => other }, once({ onError }))
    expect(told).toEqual(['left model-mismatch'])
    await workRegions(world, once({ names: ['another'] }))
    expect(await stateOf('left')).toMatchObject({ state: 'building', counts: { embedded: 0 } })
    await stopBuild(world.db, id)
  })

  test('is left to workers on a server; an embedded database has none', async () => {
    const { id } = await create('detached')
    if (world.db.kind === 'pglite') {
      await expect(detachBuild(world, 'detached')).rejects.toMatchObject({
        code: 'workers-need-server',
      })
      return
    }
    await detachBuild(world, 'detached')
    expect(describeBuild(world, await describeRegion(world, 'detached'))).toMatch(
      /^waits for workers/,
    )
    await stopBuild(world.db, id)
  })

  test('is left to the others by a worker that loses its files, and goes on', async () => {
    const { id } = await create('lost', undefined, 8)
    await requestBuild(world.db, id)
    // Leases of other names are void on the embedded database.
    const nameOf = (name: string) => (world.db.kind === 'pglite' ? 'one' : name)
    const [lost, stored, over] = [gate(), gate(), gate()]

    let isBegun = false
    const steady = disturbed(async () => (isBegun ? over.opens : lost.opens))
    const others = workRegions(
      { ...steady, workerId: nameOf('steady') },
      once({
        wait,
        onProgress: ({ done }) => {
          isBegun = done > 0
          if (isBegun) stored.open()
        },
      }),
    )

    let [isCut, openings] = [false, 0]
    const losing: Outside = {
      ...disturbed(() => {
        if (isCut) throw new UpstreamError('host-down', 'the disk went away')
      }),
      workerId: nameOf('losing'),
    }
    const openSource: Outside['openSource'] = async (imagery) => {
      if (!isCut) return losing.openSource(imagery)
      if (openings++ > 0) await stored.opens
      throw new InputError('file-unreadable', 'Expected a readable file, got ortho.tif')
    }
    const told: unknown[] = []
    await workRegions(
      { ...losing, openSource },
      once({
        wait: { firstMs: 1, mostMs: 1 },
        onError: (error) => void told.push(error),
        onProgress: ({ done, problem }) => {
          isCut ||= done > 0
          if (problem?.code === 'file-changed') lost.open()
        },
      }),
    )
    const { state } = await stateOf('lost')
    over.open()
    await others
    expect(told).toMatchObject([
      { code: 'file-unsteady', message: expect.stringContaining('ortho.tif') as unknown },
    ])
    expect(state).toBe('building')
    const { counts } = await stateOf('lost')
    expect(await stateOf('lost')).toMatchObject({ state: 'built', problem: null })
    expect(counts).toMatchObject({ embedded: counts.total, unavailable: {} })
  })

  test('by several at a time does every point once', async () => {
    const { id } = await create('shared')
    await requestBuild(world.db, id)
    // The embedded database holds leases of other names void: there all are one process.
    const nameOf = (i: number) => (world.db.kind === 'pglite' ? 'one' : `worker ${i}`)
    await Promise.all(
      [1, 2, 3].map((i) => workRegions({ ...world, workerId: nameOf(i) }, once({ wait }))),
    )
    const { state, counts } = await stateOf('shared')
    expect({ state, embedded: counts.embedded }).toEqual({ state: 'built', embedded: counts.total })
    const [row] = await world.db.withClient((client) =>
      client.query<{ attempts: number }>(
        'select sum(attempts)::integer as attempts from points where region = $1',
        [id],
      ),
    )
    expect(row?.attempts).toBe(counts.total)
  })
})
