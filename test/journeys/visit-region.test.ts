/**
 * A worker that is still at it while the region is stopped and built otherwise: from another
 * source, densely, of more dates.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestBuild, stopBuild } from '../../src/gallery/builds.ts'
import { findEmbeddings } from '../../src/gallery/embeddings.ts'
import { beginRefresh } from '../../src/gallery/refresh.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { findStretches, forgetStretchesOn } from '../../src/gallery/stretches.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { buildRegion, endBuild } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { settleBuild } from '../../src/journeys/request-build.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { cornerOf, drawRaster, waves, writeRaster } from '../fixtures/rasters.ts'
import { CENTRE } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'
import { drawDensePlace, gridRequest } from './dense-place.ts'

const { signal } = new AbortController()
const quiet = { signal, onProgress: () => undefined }
const smallBoundary = boundaryFromBbox([9.0005, 47.1988, 9.002, 47.2])
const plan = { epsg: 32632, centre: CENTRE, width: 600, height: 600, pixelSize: 0.5 }

describeOnEachDatabase('a build that was begun', (_open, place) => {
  let folder: string
  let world: TestWorld
  const imageryOf = (name: string) => ({
    kind: 'geotiff',
    files: [join(folder, `${name}.tif`)],
    stretch: 'percentile',
    attribution: `© ${name}`,
  })
  const create = (name: string, imagery: object) =>
    createRegion(
      world,
      {
        name,
        imagery,
        sampling: { kind: 'grid', stepM: 40, whereImagery: false },
        boundary: boundaryFromBbox([8.999, 47.1994, 9.001, 47.2006]),
      },
      { signal, onWarning: () => undefined },
    )
  const rowsOf = async (name: string) => {
    const { id } = await findRegion(world.db, name)
    return findEmbeddings(world.db, { regionId: id }, [0, 1, 2, 3, 4, 5])
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-visit-'))
    const data = drawRaster(plan, waves)
    const picture = { ...plan, samples: 3, corner: cornerOf(plan) }
    await writeRaster(join(folder, 'Old.tif'), { ...picture, data })
    await writeRaster(join(folder, 'New.tif'), { ...picture, data: data.map((v) => 255 - v) })
    world = await openTestWorld({ models: 'tiny', place: await place() })
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('from a source that the region takes no more stores nothing of it, nor its levels', async () => {
    const { id } = await create('moved', imageryOf('Old'))
    // As of a region from before levels were recorded: they are measured while the source is
    // opened.
    await world.db.transaction((client) => forgetStretchesOn(client, id))
    const opened: unknown[] = []
    const openSource: Outside['openSource'] = async (config, options) => {
      opened.push(config)
      if (opened.length === 1) {
        await stopBuild(world.db, id)
        const imagery = imageryOf('New')
        expect(await beginRefresh(world.db, id, { imagery, attribution: '© New' })).toBe(true)
        await requestBuild(world.db, id)
      }
      return world.openSource(config, options)
    }
    const built = await buildRegion({ ...world, openSource }, 'moved', quiet)
    expect(built).toMatchObject({ embedded: built.total, pending: 0 })
    expect(opened).toMatchObject([imageryOf('Old'), imageryOf('New')])

    await create('new', imageryOf('New'))
    await buildRegion(world, 'new', quiet)
    const [rows, news] = [await rowsOf('moved'), await rowsOf('new')]
    expect(rows).toHaveLength(6)
    expect(rows.map((row) => row.patchSha256)).toEqual(news.map((row) => row.patchSha256))
    expect(rows.map(({ reference }) => reference)).toEqual(
      news.map(({ reference }) => ({ ...reference, source: 1 })),
    )
    expect((await findRegion(world.db, 'moved')).attribution).toBe('© New')
    expect(Object.keys(await findStretches(world.db, id))).toEqual(imageryOf('New').files)
  })

  /** A worker whose first patches come when they are released. */
  const slowly = () => {
    let release = () => {}
    let begin = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const hasBegun = new Promise<void>((resolve) => (begin = resolve))
    const openSource: Outside['openSource'] = async (...asked) => {
      const source = await world.openSource(...asked)
      return {
        attribution: source.attribution,
        patch: async (...place) => {
          begin()
          await released
          return source.patch(...place)
        },
        vintages: (...place) => source.vintages!(...place),
        window: (...place) => source.window!(...place),
        close: () => source.close(),
      }
    }
    return { outside: { ...world, openSource }, hasBegun, release }
  }

  test('patch by patch while the region is stopped and begun densely gives it dense rows alone', async () => {
    const file = await drawDensePlace(folder)
    const request = { ...gridRequest('dense', file, 16), boundary: smallBoundary }
    const { id } = await createRegion(world, request, { signal, onWarning: () => undefined })
    const { outside, hasBegun, release } = slowly()
    const building = buildRegion(outside, 'dense', quiet)
    await hasBegun
    await endBuild(world, 'dense')
    expect(await settleBuild(world, 'dense', { denseM: 16 })).toMatchObject({ denseM: 16 })
    await requestBuild(world.db, id)
    release()
    const { embedded, pending } = await building
    expect([embedded > 30, pending]).toEqual([true, 0])
    const references = await world.db.withClient((client) =>
      client.query<{ isDense: boolean; count: number }>(
        `select reference ? 'dense' as "isDense", count(*)::integer as count
           from embeddings where region = $1 group by 1`,
        [id],
      ),
    )
    expect(references).toEqual([{ isDense: true, count: embedded }])
  })

  test('of one date while two of each place are asked for gives every point both', async () => {
    const file = await drawDensePlace(folder)
    const dates = ['2024-05-06', '2023-01-01']
    const files = dates.map((capturedOn) => ({ file, capturedOn }))
    const imagery = { kind: 'geotiff', files }
    const request = { ...gridRequest('dates', file, 40), boundary: smallBoundary, imagery }
    const { id } = await createRegion(world, request, { signal, onWarning: () => undefined })
    const { outside, hasBegun, release } = slowly()
    const building = buildRegion(outside, 'dates', quiet)
    await hasBegun
    expect(await settleBuild(world, 'dates', { vintages: 2 })).toMatchObject({ warnings: [] })
    release()
    const { embedded } = await building
    const rows = await world.db.withClient((client) =>
      client.query(
        `select vintage, count(*)::integer as count
           from embeddings where region = $1 group by 1 order by 1 desc`,
        [id],
      ),
    )
    expect(rows).toEqual(dates.map((vintage) => ({ vintage, count: embedded })))
  })
})
