/** The whole journey on a tiny place whose truth is known: west half water, east half roofs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { iqtL2 } from '../../src/embedding/vector.ts'
import { findEmbeddings } from '../../src/gallery/embeddings.ts'
import { claimPoints, countPoints, retryUnavailable } from '../../src/gallery/points.ts'
import { findRegion, listRegions } from '../../src/gallery/regions.ts'
import { createCellGeometry, parseCells } from '../../src/geo/cells.ts'
import { knownPlace } from '../../src/heatmap/rank.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion, type RegionRequest } from '../../src/journeys/create-region.ts'
import { locatePhoto } from '../../src/journeys/locate-photo.ts'
import { mapBestScenes, searchScene } from '../../src/journeys/search-scene.ts'
import { SCENES } from '../../src/scenes.ts'
import type { Logits, Region } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { CENTRE, encodeExtract, makeTown, type Town } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const signal = new AbortController().signal
const quiet = { signal, onProgress: () => undefined }

/** Smallest distance and number of points of every cell, from all embeddings of a region. */
async function bruteForce(
  world: TestWorld,
  region: Region,
  { cells, logits = new Float32Array() }: { cells: string; logits: Logits | undefined },
): Promise<Map<string, { distance: number; count: number }>> {
  const { total } = await countPoints(world.db, region.id)
  const ids = Array.from({ length: total }, (_, id) => id)
  const geometry = createCellGeometry(parseCells(cells), region.centre)
  const best = new Map<string, { distance: number; count: number }>()
  for (const row of await findEmbeddings(world.db, { regionId: region.id }, ids)) {
    const key = geometry.keyOf(row)
    const known = best.get(key) ?? { distance: Infinity, count: 0 }
    const distance = Math.min(known.distance, iqtL2(logits, row.logits))
    best.set(key, { distance, count: known.count + 1 })
  }
  return best
}

describeOnEachDatabase('a region', (_open, place) => {
  let folder: string
  let town: Town
  let world: TestWorld
  const warnings: string[] = []

  const create = (request: Partial<RegionRequest> & { name: string }) =>
    createRegion(
      world,
      {
        imagery: {
          kind: 'geotiff',
          files: [town.ortho],
          attribution: 'synthetic',
          capturedOn: '2024-05-01',
        },
        sampling: { kind: 'grid', stepM: 40, whereImagery: true },
        boundary: null,
        ...request,
      },
      { signal, onWarning: (message) => warnings.push(message) },
    )
  const locateWater = (cells: string) =>
    locatePhoto(world, {
      photos: [{ name: 'water.jpg', bytes: town.waterPhoto }],
      region: 'grid',
      cells,
      candidateCount: 5,
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-journey-'))
    town = await makeTown(folder)
    world = await openTestWorld({ models: 'tiny', place: await place() })
    await create({ name: 'grid' })
    await buildRegion(world, 'grid', quiet)
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('where imagery is asked for, every grid point gets an embedding', async () => {
    const region = await findRegion(world.db, 'grid')
    const counts = await countPoints(world.db, region.id)
    expect(counts).toMatchObject({ pending: 0, leased: 0, unavailable: {} })
    expect(counts.embedded).toBe(counts.total)
    expect(counts.total).toBeGreaterThan(30)
    expect(region).toMatchObject({ state: 'built', runtime: { executionProvider: 'cpu' } })
  })

  test('the best cells of a photo of water lie in the west', async () => {
    const { heatmap, candidates } = await locateWater('square:50m')
    const good = heatmap.cells.filter((cell) => cell.isGood)
    expect(good.length).toBeGreaterThan(0)
    for (const cell of good) expect(cell.point.lon).toBeLessThan(CENTRE.lon)
    expect(candidates[0]?.sharedScenes).toContain('harbor')
    expect(candidates[0]?.capturedOn).toBe('2024-05-01')
  })

  for (const cells of ['square:50m', 'square:80m@3035', 'h3:11']) {
    test(`the heatmap in ${cells} equals brute force over all points`, async () => {
      const { heatmap, photos } = await locateWater(cells)
      const best = await bruteForce(world, heatmap.region, { cells, logits: photos[0]?.logits })
      expect(heatmap.cells.length).toBe(best.size)
      for (const cell of heatmap.cells) {
        const expected = best.get(cell.key)
        expect(cell.pointCount).toBe(expected?.count)
        expect(Math.abs(cell.distance - (expected?.distance ?? NaN))).toBeLessThan(5e-3)
      }
    })
  }

  test('a known place in the west ranks before one in the east', async () => {
    const { heatmap } = await locateWater('square:50m')
    const west = knownPlace(heatmap, { lon: CENTRE.lon - 0.0015, lat: CENTRE.lat })
    const east = knownPlace(heatmap, { lon: CENTRE.lon + 0.0015, lat: CENTRE.lat })
    if (!west.isSearched || !east.isSearched) throw new Error('both places were searched')
    expect(west.rank).toBeLessThan(east.rank)
    expect(east.betterKm2).toBeGreaterThan(west.betterKm2)
    expect(knownPlace(heatmap, { lon: CENTRE.lon + 0.02, lat: CENTRE.lat }).isSearched).toBe(false)
  })

  test('a scene by alias is found where it is, and minus turns the map round', async () => {
    const search = { region: 'grid', cells: 'square:50m', candidateCount: 3 }
    const harbour = await searchScene(world, { ...search, expression: 'harbour' })
    const houses = await searchScene(world, {
      ...search,
      expression: 'residential neighborhood - harbor',
    })
    expect(harbour.heatmap.cells[0]?.point.lon).toBeLessThan(CENTRE.lon)
    expect(houses.heatmap.cells[0]?.point.lon).toBeGreaterThan(CENTRE.lon)
  })

  test('the best scene of every cell is water in the west and houses in the east', async () => {
    const { cells } = await mapBestScenes(world, { region: 'grid', cells: 'square:50m' })
    const west = cells.filter((cell) => cell.point.lon < CENTRE.lon - 0.0009)
    const east = cells.filter((cell) => cell.point.lon > CENTRE.lon + 0.0009)
    expect(west.length * east.length).toBeGreaterThan(0)
    const water = new Set(['harbor', 'ocean', 'lake/natural', 'river', 'pier', 'coast'])
    for (const cell of west) expect(water).toContain(cell.scene)
    for (const cell of east) expect(water).not.toContain(cell.scene)
  })

  test('scenes that the model never learned from labelled ground win no cell', async () => {
    const encoder = await world.encoder('overhead')
    const ocean = SCENES.findIndex(({ name }) => name === 'ocean')
    const card = { ...encoder.card, taughtScenes: [ocean] }
    const outside = { ...world, encoder: () => Promise.resolve({ ...encoder, card }) }
    const { cells } = await mapBestScenes(outside, { region: 'grid', cells: 'square:50m' })
    expect(new Set(cells.map(({ scene }) => scene))).toEqual(new Set(['ocean']))
  })

  test('a scene is not searched for with the figures of another model than the region was built with', async () => {
    const encoder = await world.encoder('overhead')
    const card = { ...encoder.card, sha256: 'f'.repeat(64) }
    const outside = { ...world, encoder: () => Promise.resolve({ ...encoder, card }) }
    const search = { region: 'grid', cells: 'square:50m', candidateCount: 1 }
    const refused = { code: 'model-mismatch' }
    await expect(searchScene(outside, { ...search, expression: 'harbor' })).rejects.toMatchObject(
      refused,
    )
    await expect(mapBestScenes(outside, search)).rejects.toMatchObject(refused)
  })

  test('a scene that no labelled ground taught is found where patches look like photos of it', async () => {
    const search = { region: 'grid', cells: 'square:50m', candidateCount: 1 }
    const { id } = await findRegion(world.db, 'grid')
    const [shown] = await findEmbeddings(world.db, { regionId: id }, [3])
    const encoder = await world.encoder('overhead')
    const card = { ...encoder.card, taughtScenes: [0] }
    const prototype = () => Promise.resolve(shown?.logits ?? new Float32Array())
    const outside = { ...world, encoder: () => Promise.resolve({ ...encoder, card, prototype }) }
    const { heatmap } = await searchScene(outside, { ...search, expression: 'igloo' })
    expect(heatmap.question).toMatchObject({ untaught: ['igloo'], byPhotos: 'like-it' })
    expect(heatmap.best).toBe(0)
  })

  test('road points come from the extract: exactly as many as asked, and its hash is kept', async () => {
    const region = await create({
      name: 'roads',
      sampling: { kind: 'roads', extract: town.extract, points: 25, seed: 7 },
    })
    expect((await countPoints(world.db, region.id)).total).toBe(25)
    expect(region.sampling).toMatchObject({ kind: 'roads', seed: 7 })
    expect(region.sampling).toHaveProperty('extractSha256', expect.stringMatching(/^[0-9a-f]{64}$/))
    expect(warnings.at(-1)).toMatch(/bounding box/)
  })

  test('without a boundary, roads that leave the box of the extract are cut at it', async () => {
    const extract = join(folder, 'narrow.osm.pbf')
    await writeFile(extract, encodeExtract([8.997, 47.198, 9.003, 47.2]))
    const read = (boundary: 'header' | null) =>
      world.readRoadNetwork(extract, { boundary, threads: 0, signal })
    const [box, whole] = [await read('header'), await read(null)]
    expect(box.totalMm / whole.totalMm).toBeCloseTo(0.5, 2)
  })

  test('points beyond the imagery are counted by reason and tried again on demand', async () => {
    const region = await create({
      name: 'beyond',
      sampling: { kind: 'grid', stepM: 80, whereImagery: false },
    })
    const counts = await buildRegion(world, 'beyond', quiet)
    expect(counts.unavailable['outside-imagery']).toBeGreaterThan(0)
    expect(await retryUnavailable(world.db, region.id)).toBe(counts.unavailable['outside-imagery'])
    expect(await buildRegion(world, 'beyond', quiet)).toEqual(counts)
  })

  test('another model is refused and nothing is written', async () => {
    const region = await create({ name: 'other-model' })
    const encoder = await world.encoder('overhead')
    const other = { ...encoder, card: { ...encoder.card, sha256: 'f'.repeat(64) } }
    const outside = { ...world, encoder: async () => other }
    await expect(buildRegion(outside, 'other-model', quiet)).rejects.toMatchObject({
      code: 'model-mismatch',
    })
    expect((await countPoints(world.db, region.id)).embedded).toBe(0)
  })

  test('a build that is stopped gives its points back and the next one finishes', async () => {
    const region = await create({ name: 'stopped' })
    const controller = new AbortController()
    const outside = {
      ...world,
      openSource: async (imagery: Parameters<typeof world.openSource>[0]) => {
        const source = await world.openSource(imagery)
        const patch: typeof source.patch = async (at, size, stop) => {
          controller.abort()
          return source.patch(at, size, stop)
        }
        return { ...source, patch, close: () => source.close() }
      },
    }
    await buildRegion(outside, 'stopped', { ...quiet, signal: controller.signal })
    const stopped = await countPoints(world.db, region.id)
    expect(stopped).toMatchObject({ leased: 0, embedded: 0, pending: stopped.total })
    expect(await buildRegion(world, 'stopped', quiet)).toMatchObject({ embedded: stopped.total })
  })

  test('a build takes over what a worker held that fell silent', async () => {
    const region = await create({ name: 'silent' })
    const lease = { regionId: region.id, count: 5, leaseS: 0.5, worker: 'gone' }
    expect((await claimPoints(world.db, lease)).length).toBe(5)
    const counts = await buildRegion(world, 'silent', quiet)
    expect(counts.embedded).toBe(counts.total)
  })

  const bad: { name: string; request: Partial<RegionRequest> & { name: string }; code: string }[] =
    [
      { name: 'a name with a space', request: { name: 'my town' }, code: 'region-name' },
      { name: 'a name that is taken', request: { name: 'grid' }, code: 'region-exists' },
      {
        name: 'an extract that is not there',
        request: {
          name: 'x',
          sampling: { kind: 'roads', extract: '/none.osm.pbf', points: 1, seed: 1 },
        },
        code: 'extract-not-found',
      },
      {
        name: 'a boundary without imagery',
        request: {
          name: 'x',
          boundary: {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [0.01, 0],
                [0.01, 0.01],
                [0, 0.01],
                [0, 0],
              ],
            ],
          },
        },
        code: 'region-empty',
      },
      {
        name: 'patches without a list of patches',
        request: { name: 'x', sampling: { kind: 'patches' } },
        code: 'patches-missing',
      },
    ]
  test('where imagery is asked for, a grid without a point is told what has to lie in it', async () => {
    const sampling = { kind: 'grid', stepM: 5000, whereImagery: true } as const
    await expect(create({ name: 'coarse', sampling })).rejects.toMatchObject({
      code: 'region-empty',
      hint: expect.stringMatching(/5000 m .* whole patch .* smaller step/) as unknown,
    })
  })

  for (const { name, request, code } of bad) {
    test(`${name} is refused as ${code} and leaves no region behind`, async () => {
      const before = (await listRegions(world.db)).length
      await expect(create(request)).rejects.toMatchObject({ code })
      expect((await listRegions(world.db)).length).toBe(before)
    })
  }
})
