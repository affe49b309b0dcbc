/** A worker that is still opening a region's source while the region is stopped, refreshed from another one, and built. */
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
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { cornerOf, drawRaster, waves, writeRaster } from '../fixtures/rasters.ts'
import { CENTRE } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const { signal } = new AbortController()
const quiet = { signal, onProgress: () => undefined }
const plan = { epsg: 32632, centre: CENTRE, width: 600, height: 600, pixelSize: 0.5 }

describeOnEachDatabase('a source that is opened', (_open, place) => {
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

  test('while the region takes another one is not built from, nor are its levels kept', async () => {
    const { id } = await create('moved', imageryOf('Old'))
    // As of a region from before levels were recorded: they are measured while the source is opened.
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
})
