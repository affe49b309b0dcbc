/** Builds whose files are exchanged on their server while they are read: once, or all the time. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { regionStats } from '../../src/gallery/stats.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { keepVintages, refreshRegion } from '../../src/journeys/refresh-region.ts'
import { startRangeServer, type RangeServer, type ServedFile } from '../fixtures/range-server.ts'
import { cornerOf, writeRaster } from '../fixtures/rasters.ts'
import { CENTRE } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'
import { skipWaits } from './skip-waits.ts'

const { signal } = new AbortController()
const quiet = { signal, onProgress: () => undefined }
const wait = { firstMs: 20, mostMs: 50 }

describe('files that are exchanged', () => {
  let folder: string
  let world: TestWorld

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-exchanged-'))
    world = await openTestWorld({ models: 'tiny' })
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  const create = async (name: string, imagery: object) =>
    createRegion(
      world,
      {
        name,
        imagery,
        sampling: { kind: 'grid', stepM: 40, whereImagery: false },
        boundary: boundaryFromBbox([8.9985, 47.199, 9.0015, 47.201]),
      },
      { signal, onWarning: () => undefined },
    )
  const stateOf = async (name: string) => {
    const region = await findRegion(world.db, name)
    return { ...region, counts: await countPoints(world.db, region.id) }
  }

  /** A plain picture of the place, or of a part of it, as a file that a server sends. */
  const plainFile = async (level: number, width = 600): Promise<ServedFile> => {
    const path = join(folder, 'plain.tif')
    const plan = { epsg: 32632, centre: CENTRE, width, height: 600, pixelSize: 0.5 }
    const data = new Uint8Array(plan.width * plan.height * 3).fill(level)
    await writeRaster(path, { ...plan, data, samples: 3, corner: cornerOf(plan) })
    return { bytes: await readFile(path), etag: '"1"' }
  }
  const politeness = { requestsPerSecond: 1000, concurrency: 16 }
  /**
   * A file that calls itself another one in each answer, as of several servers that do not agree.
   */
  const unsteady = (file: ServedFile): ServedFile => {
    let count = 0
    return Object.defineProperty({ ...file }, 'etag', { get: () => `"${count++}"` })
  }

  /** A collection of pictures: name, date, west and east end in degrees from the centre. */
  type Item = readonly [name: string, date: string, west: number, east: number]
  const createStac = (name: string, server: RangeServer, items: readonly Item[]) => {
    const features = items.map(([id, date, west, east]) => {
      const { lon, lat } = CENTRE
      const bbox = [lon + west, lat - 0.0013, lon + east, lat + 0.0013]
      const properties = { datetime: `${date}T00:00:00Z` }
      return { type: 'Feature', id, bbox, properties, assets: { visual: { href: `/${id}.tif` } } }
    })
    const collection = JSON.stringify({ type: 'FeatureCollection', features })
    server.files.set('/items.json', { bytes: Buffer.from(collection) })
    const imagery = { kind: 'stac', url: `${server.origin}/items.json`, attribution: 'x' }
    return create(name, { ...imagery, ...politeness })
  }

  test('pause a build, which opens them anew and goes on by itself', async () => {
    const file = await plainFile(90)
    const server = await startRangeServer({ '/ortho.tif': file })
    const url = `${server.origin}/ortho.tif`
    await create('exchanged', { kind: 'cog', urls: [url], attribution: 'x', ...politeness })
    const problems: string[] = []
    const outside: Outside = {
      ...world,
      openSource: async (...asked) => {
        const source = await world.openSource(...asked)
        file.etag = '"2"'
        return source
      },
    }
    const counts = await buildRegion(outside, 'exchanged', {
      signal,
      wait,
      onProgress: ({ problem }) => {
        if (problem !== null) problems.push(problem.code)
      },
    })
    await server.close()
    expect(problems[0]).toBe('file-changed')
    expect(counts).toMatchObject({ pending: 0, leased: 0 })
    expect(counts.unavailable['file-changed']).toBeUndefined()
    expect(counts.embedded).toBeGreaterThan(10)
  })

  test('pause it while they are gone, with nothing marked', async () => {
    const file = await plainFile(90)
    const server = await startRangeServer({ '/ortho.tif': file })
    const imagery = { kind: 'cog', urls: [`${server.origin}/ortho.tif`], attribution: 'x' }
    await create('gone', { ...imagery, ...politeness })
    let openings = 0
    const outside: Outside = {
      ...world,
      openSource: async (...asked) => {
        openings++
        if (openings === 4) server.files.set('/ortho.tif', file)
        const source = await world.openSource(...asked)
        if (openings === 1) server.files.delete('/ortho.tif')
        return source
      },
    }
    const problems: (string | undefined)[] = []
    const counts = await buildRegion(outside, 'gone', {
      signal,
      wait,
      onProgress: ({ problem, counts: now }) => {
        if (problem !== null) problems.push(problem.code, ...Object.keys(now.unavailable))
      },
    })
    await server.close()
    expect(problems.length).toBeGreaterThan(1)
    expect(new Set(problems)).toEqual(new Set(['file-changed']))
    expect(counts).toMatchObject({ pending: 0, leased: 0 })
    expect(counts.unavailable['file-changed']).toBeUndefined()
  })

  test('stop it, with nothing marked, where they are others whenever they are read', async () => {
    const file = await plainFile(90)
    const server = await startRangeServer({ '/ortho.tif': file })
    const imagery = { kind: 'cog', urls: [`${server.origin}/ortho.tif`], attribution: 'x' }
    await create('unsteady', { ...imagery, ...politeness })
    server.files.set('/ortho.tif', unsteady(file))
    const building = buildRegion(world, 'unsteady', { ...quiet, wait })
    await expect(building).rejects.toMatchObject({
      code: 'file-unsteady',
      message: expect.stringContaining('/ortho.tif') as unknown,
    })
    const { state, problem, counts } = await stateOf('unsteady')
    expect([state, problem?.code]).toEqual(['stopped', 'file-unsteady'])
    expect(counts).toMatchObject({ pending: counts.total, unavailable: {} })
    server.files.set('/ortho.tif', file)
    expect(await buildRegion(world, 'unsteady', quiet)).toMatchObject({ pending: 0 })
    await server.close()
  })

  test('of which one of many is never steady cost only its points, and the build ends', async () => {
    const [whole, part] = [await plainFile(90), await plainFile(120, 300)]
    const server = await startRangeServer({ '/whole.tif': whole, '/part.tif': unsteady(part) })
    const { id: region } = await createStac('partly', server, [
      ['whole', '2020-01-01', -0.002, 0.002],
      ['part', '2023-01-01', -0.001, 0.001],
    ])
    const stop = skipWaits(world.db, region)
    const counts = await buildRegion(world, 'partly', { ...quiet, wait }).finally(stop)
    await server.close()
    expect(await stateOf('partly')).toMatchObject({ state: 'built', problem: null })
    expect(counts.unavailable['file-changed']).toBeGreaterThan(3)
    expect(counts.embedded).toBeGreaterThan(10)
  })

  // Of several dates each picture is asked for by its own date first.
  describe.each([1, 2])('with %i dates of each place', (vintages) => {
    test('of which one of many is not there cost only its points, after some tries', async () => {
      const server = await startRangeServer({ '/whole.tif': await plainFile(90) })
      const { id } = await createStac(`missing-${vintages}`, server, [
        ['whole', '2020-01-01', -0.002, 0.002],
        ['newer', '2023-01-01', -0.002, 0],
        ['far', '2020-01-01', 0.002, 0.006],
      ])
      await keepVintages(world, `missing-${vintages}`, vintages)
      const stop = skipWaits(world.db, id)
      const counts = await buildRegion(world, `missing-${vintages}`, { ...quiet, wait }).finally(
        stop,
      )
      const asked = server.requests.filter(({ url }) => url === '/far.tif').length
      await server.close()
      expect(asked).toBeGreaterThan(2)
      expect(await stateOf(`missing-${vintages}`)).toMatchObject({ state: 'built', problem: null })
      expect(counts.unavailable).toMatchObject({ 'file-missing': expect.any(Number) as unknown })
      expect(counts.embedded).toBeGreaterThan(10)
    })

    test('of which none is there pause the build, with nothing marked, until they are', async () => {
      const server = await startRangeServer({})
      await createStac(`absent-${vintages}`, server, [
        ['whole', '2020-01-01', -0.002, 0.002],
        ['older', '2019-01-01', -0.002, 0.002],
      ])
      await keepVintages(world, `absent-${vintages}`, vintages)
      const whole = await plainFile(90)
      const marked: string[] = []
      let pauses = 0
      const counts = await buildRegion(world, `absent-${vintages}`, {
        signal,
        wait,
        onProgress: ({ problem, counts: now }) => {
          marked.push(
            ...Object.keys(now.unavailable).filter((reason) => reason !== 'outside-imagery'),
          )
          if (problem === null || ++pauses < 2) return
          for (const path of ['/whole.tif', '/older.tif']) server.files.set(path, whole)
        },
      })
      await server.close()
      expect([pauses > 1, marked]).toEqual([true, []])
      expect(counts).toMatchObject({ pending: 0, leased: 0 })
      expect(counts.unavailable['file-missing']).toBeUndefined()
      expect(counts.embedded).toBeGreaterThan(10)
    })

    test('of which a newer one is not there leave its place to an older one, and a later refresh gets it', async () => {
      const name = `late-${vintages}`
      const server = await startRangeServer({ '/older.tif': await plainFile(90) })
      const { id } = await createStac(name, server, [
        ['older', '2019-01-01', -0.002, 0.002],
        ['newer', '2023-01-01', -0.002, 0.002],
      ])
      await keepVintages(world, name, vintages)
      const stop = skipWaits(world.db, id)
      const { embedded } = await buildRegion(world, name, { ...quiet, wait }).finally(stop)
      const years = async () => (await regionStats(world.db, id)).patchesByYear
      expect(await years()).toEqual({ 2019: embedded })
      server.files.set('/newer.tif', await plainFile(120))
      const look = { signal, onLook: () => undefined }
      expect((await refreshRegion(world, { name, isAll: false }, look)).waiting).toBe(embedded)
      await buildRegion(world, name, { ...quiet, wait })
      await server.close()
      expect(await years()).toEqual({ 2019: embedded, 2023: embedded })
    })
  })
})
