/**
 * A place that was flown twice: west water, east roofs; in the newer picture it is the other way
 * round.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestBuild, stopBuild } from '../../src/gallery/builds.ts'
import { findEmbeddings } from '../../src/gallery/embeddings.ts'
import { countPoints, type PointCounts } from '../../src/gallery/points.ts'
import { findDatePolicy, findKnownVintages } from '../../src/gallery/refresh.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { regionStats } from '../../src/gallery/stats.ts'
import type { BuildProgress } from '../../src/journeys/build-progress.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { checkSample } from '../../src/journeys/check-sample.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { toImageryDates, type DatesRequest } from '../../src/journeys/imagery-dates.ts'
import { locatePhoto } from '../../src/journeys/locate-photo.ts'
import type { Outside, View } from '../../src/journeys/outside.ts'
import { exportRegion, importRegion } from '../../src/journeys/pack-region.ts'
import { keepVintages, refreshRegion } from '../../src/journeys/refresh-region.ts'
import { settleBuild } from '../../src/journeys/request-build.ts'
import { renderHeatmap } from '../../src/journeys/render-heatmap.ts'
import { coverRegion } from '../../src/journeys/region-coverage.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { CENTRE, encodeOrtho, makeTown, ROOF, WATER, type Town } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const { signal } = new AbortController()
const quiet = { signal, onProgress: () => undefined }
const look = { signal, onLook: () => undefined }

describeOnEachDatabase('a region whose imagery is renewed', (_open, place) => {
  let folder: string
  let town: Town
  let newer: string
  let world: TestWorld

  const imageryOf = (...files: { file: string; capturedOn: string }[]) => ({
    kind: 'geotiff',
    files,
    attribution: 'synthetic',
  })
  const older = () => ({ file: town.ortho, capturedOn: '2020-05-01' })
  const latest = () => ({ file: newer, capturedOn: '2023-07' })
  const create = (name: string, imagery: unknown) =>
    createRegion(
      world,
      {
        name,
        imagery,
        sampling: { kind: 'grid', stepM: 60, whereImagery: true },
        boundary: null,
      },
      { signal, onWarning: () => undefined },
    )
  const build = (name: string) => buildRegion(world, name, quiet)
  const refresh = (name: string, imagery?: unknown, isAll = false) =>
    refreshRegion(world, { name, isAll, ...(imagery !== undefined && { imagery }) }, look)
  /** Longitude of the best place for a photo of water. */
  const findWater = async (region: string, dates: DatesRequest = {}) => {
    const photos = [{ name: 'water.jpg', bytes: town.waterPhoto }]
    const request = { photos, region, cells: 'square:60m', candidateCount: 3 }
    const found = await locatePhoto(world, { ...request, dates: toImageryDates(dates) })
    return { ...found, lon: found.heatmap.cells[0]?.point.lon ?? NaN }
  }
  const vintagesOf = async (name: string, id = 0) => {
    const region = await findRegion(world.db, name)
    const known = await findKnownVintages(world.db, region.id, [id])
    return known.get(id)?.map(({ capturedOn }) => capturedOn)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-refresh-'))
    town = await makeTown(folder)
    newer = join(folder, 'newer.tif')
    await writeFile(newer, encodeOrtho(ROOF, WATER))
    world = await openTestWorld({ models: 'tiny', place: await place() })
    await create('town', imageryOf(older()))
    await build('town')
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('waits for nothing while the source has nothing newer', async () => {
    const { waiting, looked } = await refresh('town')
    expect(waiting).toBe(0)
    expect(looked).toBeGreaterThan(10)
  })

  test('gets the newer date of every point, keeps the older, and each can be searched', async () => {
    const { id } = await findRegion(world.db, 'town')
    const { waiting, looked } = await refresh('town', imageryOf(older(), latest()))
    expect(waiting).toBe(looked)
    const during = await findWater('town')
    expect(during.lon).toBeLessThan(CENTRE.lon)
    expect(during.heatmap).toMatchObject({ pointCount: looked, pendingCount: 0 })
    const covered = await coverRegion(world, { name: 'town', cells: 'square:1km' })
    const sum = (of: 'embedded' | 'open') => covered.cells.reduce((all, cell) => all + cell[of], 0)
    expect([sum('embedded'), sum('open')]).toEqual([looked, 0])
    expect(await build('town')).toMatchObject({ embedded: looked, pending: 0, unavailable: {} })
    expect(await vintagesOf('town')).toEqual(['2023-07', '2020-05-01'])
    expect(await regionStats(world.db, id)).toMatchObject({
      embedded: looked,
      patchesByYear: { 2020: looked, 2023: looked },
      capturedBetween: ['2023-07', '2023-07'],
    })
    const now = await findWater('town')
    expect(now.lon).toBeGreaterThan(CENTRE.lon)
    expect(now.candidates[0]?.capturedOn).toBe('2023-07')
    expect(now.heatmap.capturedBetween).toEqual(['2023-07', '2023-07'])
    const then = await findWater('town', { imageryTo: '2021' })
    expect(then.lon).toBeLessThan(CENTRE.lon)
    expect(then.candidates[0]?.capturedOn).toBe('2020-05-01')
    expect(then.heatmap).toMatchObject({
      pointCount: looked,
      capturedBetween: ['2020-05-01', '2020-05-01'],
      dates: { to: '2021', leftOut: { otherDate: 0, undated: 0 } },
    })
    expect((await findWater('town', { photoDate: '2020-09-01' })).lon).toBeLessThan(CENTRE.lon)
    expect((await findWater('town', { photoDate: '2022-09-01' })).lon).toBeGreaterThan(CENTRE.lon)
    expect(await refresh('town')).toMatchObject({ waiting: 0 })
    expect((await findDatePolicy(world.db, id)).refreshedAt).not.toBeNull()
  })

  test('a span without imagery says which years there are', async () => {
    await expect(findWater('town', { imageryFrom: '2024' })).rejects.toMatchObject({
      code: 'imagery-of-dates',
      hint: expect.stringMatching(/2020 \(\d+\), 2023/) as unknown,
    })
  })

  test('is refused while a build is under way', async () => {
    const { id } = await create('busy', imageryOf(older()))
    const { embedded } = await build('busy')
    await requestBuild(world.db, id)
    await expect(refresh('busy', imageryOf(older(), latest()))).rejects.toMatchObject({
      code: 'region-building',
      hint: expect.stringContaining('region stop busy') as unknown,
    })
    expect((await findRegion(world.db, 'busy')).imagery).toMatchObject(imageryOf(older()))
    await stopBuild(world.db, id)
    expect((await refresh('busy', imageryOf(older(), latest()))).waiting).toBe(embedded)
  })

  test('is refused, and changes nothing, when a build begins while its source is opened', async () => {
    const { id } = await create('begun', imageryOf(older()))
    await build('begun')
    const meanwhile = {
      ...world,
      openSource: async (...asked: Parameters<TestWorld['openSource']>) => {
        await requestBuild(world.db, id)
        return world.openSource(...asked)
      },
    }
    const request = { name: 'begun', imagery: imageryOf(latest()), isAll: false, vintages: 2 }
    await expect(refreshRegion(meanwhile, request, look)).rejects.toMatchObject({
      code: 'region-building',
    })
    expect((await findRegion(world.db, 'begun')).imagery).toMatchObject(imageryOf(older()))
    expect(await findDatePolicy(world.db, id)).toEqual({ vintages: 1, refreshedAt: null })
  })

  test('is refused, and changes nothing, with a model that is not that of its rows', async () => {
    const { id } = await findRegion(world.db, 'town')
    const before = [await findDatePolicy(world.db, id), await countPoints(world.db, id)]
    const encoder = async (view: View) => {
      const own = await world.encoder(view)
      return { ...own, card: { ...own.card, sha256: 'f'.repeat(64) } }
    }
    const other = { ...world, encoder }
    const request = { name: 'town', isAll: true, vintages: 2 }
    const refused = { code: 'model-mismatch' }
    await expect(refreshRegion(other, request, look)).rejects.toMatchObject(refused)
    const wish = { vintages: 2, retry: true, isHere: true } as const
    await expect(settleBuild(other, 'town', wish)).rejects.toMatchObject(refused)
    expect([await findDatePolicy(world.db, id), await countPoints(world.db, id)]).toEqual(before)
    // Others may build it.
    expect(await settleBuild(other, 'town', { vintages: 1 })).toMatchObject({ warnings: [] })
  })

  test('takes its dates along in a pack', async () => {
    const path = join(folder, 'dated.parquet')
    await exportRegion(world, { name: 'town', path, program: '' }, quiet)
    await importRegion(world, { path, name: 'copy' }, quiet)
    const photo = { imageryTo: '2021' }
    const [ours, theirs] = [await findWater('town', photo), await findWater('copy', photo)]
    expect(theirs.heatmap.cells).toEqual(ours.heatmap.cells)
    expect((await findWater('copy')).heatmap.cells).toEqual((await findWater('town')).heatmap.cells)
  })

  test('built for two dates has both at once, and no more', async () => {
    await create('both', imageryOf(older(), latest()))
    await build('both')
    expect(await vintagesOf('both')).toEqual(['2023-07'])
    await keepVintages(world, 'both', 2)
    expect((await refresh('both')).waiting).toBeGreaterThan(10)
    await build('both')
    expect(await vintagesOf('both')).toEqual(['2023-07', '2020-05-01'])
  })

  test('a newer picture that has no data there costs no point what it has', async () => {
    await create('hole', imageryOf(older()))
    const { embedded } = await build('hole')
    const empty = join(folder, 'empty.tif')
    await writeFile(empty, encodeOrtho([0, 0, 0], [0, 0, 0]))
    const holes = { ...imageryOf({ ...latest(), file: empty }), nodata: 0 }
    expect((await refresh('hole', holes, true)).waiting).toBe(embedded)
    const told: PointCounts[] = []
    const onProgress = ({ counts }: BuildProgress) => void told.push(counts)
    const built = await buildRegion(world, 'hole', { signal, onProgress })
    expect(built).toMatchObject({ embedded, pending: 0, unavailable: {} })
    expect(told.at(-1)).toMatchObject({ embedded, pending: 0, unavailable: {} })
    expect(await vintagesOf('hole')).toEqual(['2020-05-01'])
  })

  test('points outside the newer imagery are told as such, and do not wait', async () => {
    await create('half', imageryOf(older()))
    const { embedded } = await build('half')
    const half = join(folder, 'half.tif')
    await writeFile(half, encodeOrtho(ROOF, WATER, 200))
    for (const dated of [true, false]) {
      const imagery = dated
        ? imageryOf({ ...latest(), file: half })
        : { ...imageryOf(), files: [half] }
      const { looked, waiting, uncovered, isDated } = await refresh('half', imagery)
      expect([looked, isDated]).toEqual([embedded, dated])
      expect(uncovered).toBeGreaterThan(5)
      expect(waiting).toBe(embedded - uncovered)
      await build('half')
    }
  })

  test('from another source both are named, each once, for as long as rows of both are there', async () => {
    const from = (attribution: string) => ({ ...imageryOf(older(), latest()), attribution })
    const attributionOf = async (name: string) => (await findRegion(world.db, name)).attribution
    await create('named', { ...imageryOf(older()), attribution: '© Old' })
    await refresh('named', from('© Unused'))
    expect(await attributionOf('named')).toBe('© Unused')
    await build('named')
    await refresh('named', from('© New'))
    expect(await attributionOf('named')).toBe('© New; © Unused')
    await refresh('named', from('© Unused'))
    expect(await attributionOf('named')).toBe('© Unused')
    // The same source may name somebody else by now.
    const openSource: Outside['openSource'] = (config, options) =>
      world.openSource({ ...config, attribution: '© Renamed' }, options)
    const renamed = { ...world, openSource }
    await refreshRegion(renamed, { name: 'named', isAll: false }, look)
    expect(await attributionOf('named')).toBe('© Renamed; © Unused')
  })

  test('as a whole from another source names that alone once it is built, also after a pack', async () => {
    const from = (attribution: string, file: string) => ({
      kind: 'geotiff',
      files: [file],
      attribution,
    })
    const named = async (name: string) => {
      const { heatmap } = await findWater(name)
      const { bytes } = await renderHeatmap(world, heatmap, 'geojson')
      const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)
      return /"attribution": *"([^"]*)"/.exec(text)?.[1]
    }
    await create('whole', from('© First', town.ortho))
    await build('whole')
    await refresh('whole', from('© Second', newer), true)
    expect(await named('whole')).toBe('© Second; © First')
    const path = join(folder, 'whole.parquet')
    const follow = { signal, onProgress: () => undefined }
    await exportRegion(world, { name: 'whole', path, program: '1' }, follow)
    await build('whole')
    expect(await named('whole')).toBe('© Second')
    // A date of a third source stands beside that of the second, and nothing of the first is left.
    await refresh('whole', { ...imageryOf(latest()), attribution: '© Third' })
    await build('whole')
    expect(await named('whole')).toBe('© Third; © Second')
    await importRegion(world, { path, name: 'carried' }, follow)
    expect(await named('carried')).toBe('© Second; © First')
    await build('carried')
    expect(await named('carried')).toBe('© Second; © First')
    await refresh('carried', from('© Second', newer), true)
    await build('carried')
    expect(await named('carried')).toBe('© Second')
  })

  test('of a source without dates: a sample tells what changed, and all can be embedded again', async () => {
    const file = join(folder, 'changing.tif')
    const undated = { kind: 'geotiff', files: [file], attribution: 'synthetic' }
    await writeFile(file, encodeOrtho(WATER, ROOF))
    const { id } = await create('changing', undated)
    const { total } = await build('changing')
    expect(await checkSample(world, { name: 'changing', count: 7 }, signal)).toMatchObject({
      changed: 0,
      gone: 0,
    })
    const several = { name: 'changing', isAll: false, vintages: 3 }
    await expect(refreshRegion(world, several, look)).rejects.toMatchObject({
      code: 'refresh-undated',
    })
    expect(await findDatePolicy(world.db, id)).toEqual({ vintages: 1, refreshedAt: null })
    await writeFile(file, encodeOrtho(ROOF, WATER))
    const { checked, changed } = await checkSample(world, { name: 'changing', count: 7 }, signal)
    expect(checked).toBeGreaterThan(3)
    expect(checked).toBeLessThanOrEqual(7)
    expect(changed).toBe(checked)
    expect(await refresh('changing', undefined, true)).toMatchObject({
      looked: total,
      waiting: total,
    })
    await build('changing')
    const all = Array.from({ length: total }, (_, point) => point)
    expect((await findEmbeddings(world.db, { regionId: id }, all)).length).toBe(total)
    expect((await findWater('changing')).lon).toBeGreaterThan(CENTRE.lon)
    expect((await countPoints(world.db, id)).embedded).toBe(total)
    // One row per point again: it is scanned as fast as before.
    expect((await findDatePolicy(world.db, id)).refreshedAt).toBeNull()
  })
})
