/**
 * A region whose imagery is stretched by what was measured on its files, which are overwritten by
 * others later.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findEmbeddings, type StoredEmbedding } from '../../src/gallery/embeddings.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { findStretches, forgetStretchesOn } from '../../src/gallery/stretches.ts'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { checkSample } from '../../src/journeys/check-sample.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { cutAgain } from '../../src/journeys/cut-again.ts'
import { locatePhoto } from '../../src/journeys/locate-photo.ts'
import { makeSheet } from '../../src/journeys/make-sheet.ts'
import { exportRegion, importRegion } from '../../src/journeys/pack-region.ts'
import { createProbe } from '../../src/journeys/probe-imagery.ts'
import { refreshRegion } from '../../src/journeys/refresh-region.ts'
import { openRegionSource } from '../../src/journeys/region-source.ts'
import { describeRegion } from '../../src/journeys/region-status.ts'
import type { Region } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { startRangeServer } from '../fixtures/range-server.ts'
import { cornerOf, drawRaster, waves, writeRaster } from '../fixtures/rasters.ts'
import { CENTRE, paintPhoto, ROOF } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const { signal } = new AbortController()
const quiet = { signal, onProgress: () => undefined }
const plan = { epsg: 32632, centre: CENTRE, width: 600, height: 600, pixelSize: 0.5 }
/** No patch around it reaches the first rows of the picture. */
const INSIDE = [8.999, 47.1994, 9.001, 47.2006] as const
const LIT_ROWS = 30

describeOnEachDatabase('imagery stretched by what is measured', (_open, place) => {
  let folder: string
  let world: TestWorld
  let drawn: Uint8Array
  /** The picture as it is, or with rows as bright as can be where no patch shows them. */
  const writePicture = async (file: string, { isLit = false } = {}): Promise<void> => {
    const data = drawn.slice()
    if (isLit) data.fill(255, 0, LIT_ROWS * plan.width * 3)
    await writeRaster(file, { ...plan, data, samples: 3, corner: cornerOf(plan) })
  }
  const newPicture = async (name: string): Promise<string> => {
    const file = join(folder, `${name}.tif`)
    await writePicture(file)
    return file
  }
  const imageryOf = (file: string) => ({ kind: 'geotiff', files: [file], stretch: 'percentile' })
  const create = (name: string, imagery: object, stepM = 40) =>
    createRegion(
      world,
      {
        name,
        imagery,
        sampling: { kind: 'grid', stepM, whereImagery: false },
        boundary: boundaryFromBbox([...INSIDE]),
      },
      { signal, onWarning: () => undefined },
    )
  const stretchesOf = async (name: string) =>
    findStretches(world.db, (await findRegion(world.db, name)).id)
  const forget = async (name: string) => {
    const { id } = await findRegion(world.db, name)
    await world.db.transaction((client) => forgetStretchesOn(client, id))
  }
  const rowsOf = async (name: string) => {
    const { id } = await findRegion(world.db, name)
    const { total } = await countPoints(world.db, id)
    const ids = Array.from({ length: total }, (_, point) => point)
    return findEmbeddings(world.db, { regionId: id }, ids)
  }
  const cutHash = async (source: ImagerySource, row: StoredEmbedding) => {
    const { reference } = row
    const { data } = await cutAgain(source, { point: row, reference }, { px: 224, gsd: 0.5 })
    return createHash('sha256').update(data).digest('hex')
  }
  /** A source that begins afresh opens its files once more, and knows what it measured on them. */
  const expectOneMeasurement = async (region: Region) => {
    const kept: string[] = []
    const watched: TestWorld = {
      ...world,
      openSource: (imagery, { stretches, ...options } = {}) => {
        if (stretches === undefined) throw new Error('no memory')
        const keep: typeof stretches.keep = (file, measured) => {
          kept.push(file)
          return stretches.keep(file, measured)
        }
        return world.openSource(imagery, { ...options, stretches: { ...stretches, keep } })
      },
    }
    const source = await openRegionSource(watched, region)
    const fresh = source.fresh?.()
    if (fresh === undefined) throw new Error('Expected a source that can begin afresh')
    await source.patch(CENTRE, { px: 224, gsd: 0.5 }, signal)
    await fresh.patch(CENTRE, { px: 224, gsd: 0.5 }, signal)
    expect(kept).toHaveLength(1)
    await fresh.close()
    await source.close()
  }
  const patchesOf = async (name: string) => (await rowsOf(name)).map((row) => row.patchSha256)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-stretch-'))
    drawn = drawRaster(plan, waves).map((value) => value / 4)
    world = await openTestWorld({ models: 'tiny', place: await place() })
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('goes on as it was created, although the file would measure otherwise now', async () => {
    const file = await newPicture('resumed')
    await create('whole', imageryOf(file), 8)
    await buildRegion(world, 'whole', quiet)
    await create('resumed', imageryOf(file), 8)
    const stop = new AbortController()
    const begun = await buildRegion(world, 'resumed', {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    })
    expect(begun.pending).toBeGreaterThan(0)
    await writePicture(file, { isLit: true })
    await buildRegion(world, 'resumed', quiet)
    expect(await patchesOf('resumed')).toEqual(await patchesOf('whole'))
    // Measured anew, the patches are others: the comparison above can fail.
    const source = await world.openSource(parseImageryConfig(imageryOf(file)))
    const [row] = await rowsOf('whole')
    expect(row && (await cutHash(source, row))).not.toBe(row?.patchSha256)
    await source.close()
  })

  test('is cut again for a sheet, a check and a probe as it was built', async () => {
    const file = await newPicture('again')
    await create('again', imageryOf(file))
    await buildRegion(world, 'again', quiet)
    await writePicture(file, { isLit: true })
    const photos = [{ name: 'roof.jpg', bytes: await paintPhoto(ROOF) }]
    const request = { photos, region: 'again', cells: 'square:40m', candidateCount: 2 }
    const located = await locatePhoto(world, request)
    const sample = { name: 'again', count: 3 }
    const changed = 'the imagery has changed since the build'
    expect(await makeSheet(world, located, null)).not.toContain(changed)
    expect(await checkSample(world, sample, signal)).toMatchObject({ changed: 0, gone: 0 })
    const anew: TestWorld = {
      ...world,
      openSource: (imagery) => world.openSource(imagery),
    }
    // Measured anew it is another picture: the comparisons above can fail.
    expect(await makeSheet(anew, located, null)).toContain(changed)
    expect(await checkSample(anew, sample, signal)).toMatchObject({ same: 0, gone: 0 })

    const region = await findRegion(world.db, 'again')
    const source = await openRegionSource(world, region)
    const known: unknown[] = []
    const watched: TestWorld = {
      ...world,
      openSource: (imagery, options) => {
        known.push(options?.stretches?.find(file))
        return world.openSource(imagery, options)
      },
    }
    const size = { px: 224, gsd: 0.5 }
    expect(await createProbe(watched, { region, source, size })(signal)).toBeNull()
    expect(known).toEqual([(await stretchesOf('again'))[file]])
    await source.close()
  })

  test('is told with its region, and carried along by a pack', async () => {
    const file = await newPicture('packed')
    await create('packed', imageryOf(file))
    const stretches = await stretchesOf('packed')
    expect(Object.keys(stretches)).toEqual([file])
    expect((await describeRegion(world, 'packed')).stretches).toEqual(stretches)
    const path = join(folder, 'packed.parquet')
    const follow = { signal, onProgress: () => undefined }
    const { manifest } = await exportRegion(world, { name: 'packed', path, program: '1' }, follow)
    expect(manifest.region.stretches).toEqual(stretches)
    await importRegion(world, { path, name: 'unpacked' }, follow)
    expect(await stretchesOf('unpacked')).toEqual(stretches)
  })

  test('is measured anew as another source, and not when the same one is named again', async () => {
    const file = await newPicture('renewed')
    const look = { signal, onLook: () => undefined }
    await create('renewed', imageryOf(file))
    await buildRegion(world, 'renewed', quiet)
    const before = await stretchesOf('renewed')
    await writePicture(file, { isLit: true })
    const again = { name: 'renewed', isAll: true, imagery: imageryOf(file) }
    await refreshRegion(world, again, look)
    await buildRegion(world, 'renewed', quiet)
    expect(await stretchesOf('renewed')).toEqual(before)
    const imagery = { ...imageryOf(file), nodata: 0 }
    await refreshRegion(world, { ...again, imagery }, look)
    const renewed = await stretchesOf('renewed')
    expect(Object.keys(renewed)).toEqual([file])
    expect(renewed).not.toEqual(before)
    // The build need not measure it once more.
    await writePicture(file)
    await buildRegion(world, 'renewed', quiet)
    expect(await stretchesOf('renewed')).toEqual(renewed)
  })

  test('of a region from before is recorded by its next build, and by nobody who only looks', async () => {
    const file = await newPicture('older')
    await create('older', imageryOf(file))
    const measured = await stretchesOf('older')
    await forget('older')
    const source = await openRegionSource(world, await findRegion(world.db, 'older'))
    await source.close()
    expect(await stretchesOf('older')).toEqual({})
    await buildRegion(world, 'older', quiet)
    expect(await stretchesOf('older')).toEqual(measured)
  })

  test('in pictures that STAC items list is recorded when a build opens them', async () => {
    await newPicture('listed')
    const [west, south, east, north] = [8.99, 47.19, 9.01, 47.21]
    const item = {
      type: 'Feature',
      id: 'one',
      bbox: [west, south, east, north],
      properties: { datetime: '2024-01-01T00:00:00Z' },
      assets: { visual: { href: './listed.tif' } },
    }
    const list = join(folder, 'items.json')
    await writeFile(list, JSON.stringify({ type: 'FeatureCollection', features: [item] }))
    const imagery = { kind: 'stac', file: list, stretch: 'percentile', attribution: 'synthetic' }
    await create('listed', imagery)
    expect(await stretchesOf('listed')).toEqual({})
    await expectOneMeasurement(await findRegion(world.db, 'listed'))
    await buildRegion(world, 'listed', quiet)
    expect(Object.keys(await stretchesOf('listed'))).toEqual([join(folder, 'listed.tif')])
    await writePicture(join(folder, 'listed.tif'), { isLit: true })
    await create('relisted', imagery)
    await buildRegion(world, 'relisted', quiet)
    expect(await stretchesOf('relisted')).not.toEqual(await stretchesOf('listed'))
  })

  test('in signed pictures is recorded without the signature, and found when that is renewed', async () => {
    const picture = await newPicture('signed')
    const server = await startRangeServer({ '/a.tif': await readFile(picture) })
    const list = join(folder, 'signed.json')
    const sign = (query: string) =>
      writeFile(
        list,
        JSON.stringify({
          type: 'FeatureCollection',
          features: [
            {
              type: 'Feature',
              id: 'one',
              bbox: [8.99, 47.19, 9.01, 47.21],
              properties: { datetime: '2024-01-01T00:00:00Z' },
              assets: { visual: { href: `${server.origin}/a.tif?${query}` } },
            },
          ],
        }),
      )
    await sign('se=2026-01-01&sig=FIRST')
    const source = { kind: 'stac', file: list, hosts: [server.host], requestsPerSecond: 1000 }
    const imagery = { ...source, stretch: 'percentile', attribution: 'synthetic' }
    await create('signed', imagery)
    await buildRegion(world, 'signed', quiet)
    const name = `${server.origin}/a.tif`
    expect(Object.keys(await stretchesOf('signed'))).toEqual([name])
    const rows = await rowsOf('signed')
    expect(new Set(rows.map(({ reference }) => reference.items.join()))).toEqual(new Set([name]))

    // The picture would measure otherwise now: only levels on record give the same pixels.
    await writePicture(picture, { isLit: true })
    server.files.get('/a.tif')!.bytes = await readFile(picture)
    await sign('se=2027-01-01&sig=SECOND')
    expect(await checkSample(world, { name: 'signed', count: 9 }, signal)).toMatchObject({
      changed: 0,
      gone: 0,
    })
    const refresh = { name: 'signed', isAll: false }
    const found = await refreshRegion(world, refresh, { signal, onLook: () => undefined })
    expect(found).toMatchObject({ waiting: 0, isDated: true })
    expect(server.requests.at(-1)?.url).toContain('sig=SECOND')

    // As rows from before have it.
    await world.db.withClient((client) =>
      client.query('update stretches set file = file || $1 where file = $2', ['?sig=OLD', name]),
    )
    expect(Object.keys((await describeRegion(world, 'signed')).stretches ?? {})).toEqual([name])
    const pack = { name: 'signed', path: join(folder, 'signed.parquet'), program: '1' }
    const { manifest } = await exportRegion(world, pack, { signal, onProgress: () => undefined })
    expect(Object.keys(manifest.region.stretches ?? {})).toEqual([name])
    const { changed } = await checkSample(world, { name: 'signed', count: 9 }, signal)
    expect(changed).toBe(0)
    await server.close()
  })

  test('with levels that are given has nothing to record', async () => {
    const file = await newPicture('given')
    const stretch = { low: [0, 0, 0], high: [90, 90, 90] }
    await create('given', { kind: 'geotiff', files: [file], stretch })
    await buildRegion(world, 'given', quiet)
    expect(await stretchesOf('given')).toEqual({})
    expect(await describeRegion(world, 'given')).not.toHaveProperty('stretches')
  })
})
