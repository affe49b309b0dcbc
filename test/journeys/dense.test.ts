/**
 * Dense builds against patch-by-patch ones, on a place where the tiny model knows the answer of
 * every patch.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { requestBuild, stopBuild } from '../../src/gallery/builds.ts'
import { findEmbeddings, type StoredEmbedding } from '../../src/gallery/embeddings.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { locatePhoto } from '../../src/journeys/locate-photo.ts'
import { makeSheet } from '../../src/journeys/make-sheet.ts'
import { keepVintages, refreshRegion } from '../../src/journeys/refresh-region.ts'
import { searchScene } from '../../src/journeys/search-scene.ts'
import { requestDense } from '../../src/journeys/request-dense.ts'
import type { LonLat } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { paintPhoto, WATER } from '../http/town.ts'
import { openTestWorld, type TestWorld } from '../world.ts'
import { drawDensePlace, gridRequest } from './dense-place.ts'

const signal = new AbortController().signal
const quiet = { signal, onProgress: () => undefined }
const tinyOverhead = fileURLToPath(new URL('../../models/tiny/overhead', import.meta.url))

describeOnEachDatabase('a dense build', (_open, place) => {
  let folder: string
  let file: string
  let world: TestWorld

  const create = (name: string, stepM: number) =>
    createRegion(world, gridRequest(name, file, stepM), { signal, onWarning: () => undefined })
  const rowsOf = async (name: string): Promise<StoredEmbedding[]> => {
    const { id } = await findRegion(world.db, name)
    const { total } = await countPoints(world.db, id)
    return findEmbeddings(
      world.db,
      { regionId: id },
      Array.from({ length: total }, (_, point) => point),
    )
  }
  const reasonsOf = async (name: string) => {
    const { id } = await findRegion(world.db, name)
    return world.db.withClient((client) =>
      client.query<{ id: number; reason: string | null }>(
        'select id, reason from points where region = $1 order by id',
        [id],
      ),
    )
  }
  const digest = (rows: readonly StoredEmbedding[]) => {
    const hash = createHash('sha256')
    for (const { logits, ...row } of rows) hash.update(JSON.stringify(row)).update(logits)
    return hash.digest('hex')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-dense-'))
    file = await drawDensePlace(folder)
    world = await openTestWorld({ models: 'tiny', threads: 2, place: await place() })
    await create('single', 16)
    await buildRegion(world, 'single', quiet)
    await create('dense', 16)
    await requestDense(world, 'dense', null)
    await buildRegion(world, 'dense', quiet)
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('finds the same points available, and the others missing for the same reasons', async () => {
    const [single, dense] = [await reasonsOf('single'), await reasonsOf('dense')]
    expect(dense).toEqual(single)
    const reasons = new Set(dense.map(({ reason }) => reason))
    expect(reasons).toEqual(new Set([null, 'nodata', 'outside-imagery']))
  })

  test('gives every patch the logits that it has alone, where the model sees nothing beyond it', async () => {
    const [single, dense] = [await rowsOf('single'), await rowsOf('dense')]
    expect(dense.length).toBeGreaterThan(250)
    const misses = dense.map(({ id, logits }, i) => {
      expect(id).toBe(single[i]!.id)
      return Math.max(...logits.map((value, c) => Math.abs(value - single[i]!.logits[c]!)))
    })
    // Up to a tenth of a patch at the hole is filled: with the mean colour of the patch, or of the
    // window.
    expect(Math.max(...misses)).toBeLessThan(0.3)
    expect(misses.filter((miss) => miss > 0.05).length).toBeLessThan(misses.length / 10)
  })

  test('says in each row which part of which window it is; its pixels have the stored hash', async () => {
    const { imagery } = gridRequest('dense', file, 16)
    const source = await world.openSource(parseImageryConfig(imagery))
    const rows = await rowsOf('dense')
    for (const { reference, patchSha256, capturedOn } of rows.filter((_, i) => i % 60 === 0)) {
      const { centre, windowPx, square, distanceM } = reference.dense!
      expect(distanceM).toBeLessThan(0.1)
      expect([windowPx, capturedOn, reference.items]).toEqual([640, '2024-05-06', [file]])
      const at = { lon: centre[0], lat: centre[1] }
      const { image } = await source.window!(at, { px: windowPx, gsd: 0.5 }, signal)
      const pixels = Array.from({ length: 224 }, (_, y) => {
        const from = ((square[1] + y) * windowPx + square[0]) * 3
        return image.data.subarray(from, from + 224 * 3)
      })
      expect(createHash('sha256').update(Buffer.concat(pixels)).digest('hex')).toBe(patchSha256)
    }
    await source.close()
  })

  test('is the same to the byte in pieces, in another order and on one session', async () => {
    const region = await create('pieces', 16)
    await requestDense(world, 'pieces', 16)
    const hold = (until: string) =>
      world.db.withClient((client) =>
        client.query(`update points set retry_at = ${until} where region = $1 and id % 3 = 0`, [
          region.id,
        ]),
      )
    const one = await createEncoder(tinyOverhead, { sessions: 1 })
    const slow: Outside = { ...world, encoder: async () => one }
    const stop = new AbortController()
    await hold(`now() + interval '1 hour'`)
    await buildRegion(slow, 'pieces', {
      signal: stop.signal,
      onProgress: ({ counts }) => void (counts.embedded > 0 && stop.abort()),
    })
    expect((await countPoints(world.db, region.id)).pending).toBeGreaterThan(100)
    await hold('null')
    await buildRegion(slow, 'pieces', quiet)
    await one.close()
    expect(digest(await rowsOf('pieces'))).toBe(digest(await rowsOf('dense')))
  })

  test('of a grid of 10 m takes the nearest patch for each point, and says how far it is', async () => {
    await create('ten', 10)
    await requestDense(world, 'ten', 16)
    await buildRegion(world, 'ten', quiet)
    const distances = (await rowsOf('ten')).map(({ reference }) => reference.dense!.distanceM)
    expect(distances.length).toBeGreaterThan(600)
    expect(Math.max(...distances)).toBeLessThan(11.4)
    expect(Math.min(...distances)).toBeLessThan(0.1)
  })

  test('loses no point at the border of the imagery whose own patch is whole', async () => {
    await create('border', 13)
    await requestDense(world, 'border', 16)
    await buildRegion(world, 'border', quiet)
    const { id } = await findRegion(world.db, 'border')
    const missing = await world.db.withClient((client) =>
      client.query<LonLat>(
        `select lon, lat from points where region = $1 and state = 'unavailable'`,
        [id],
      ),
    )
    const { imagery } = gridRequest('border', file, 13)
    const source = await world.openSource(parseImageryConfig(imagery))
    const lost = []
    for (const point of missing) {
      const patch = await source.patch(point, { px: 224, gsd: 0.5 }, signal).catch(() => null)
      if (patch !== null) lost.push(point)
    }
    await source.close()
    expect(missing.length).toBeGreaterThan(300)
    expect(lost).toEqual([])
    const distances = (await rowsOf('border')).map(({ reference }) => reference.dense!.distanceM)
    expect(Math.max(...distances)).toBeLessThan(22.7)
  })

  test('of a grid of 10 m lists a patch as one candidate, at the point nearest to it', async () => {
    const query = { region: 'ten', cells: 'square:10m', expression: 'harbor', candidateCount: 12 }
    const { heatmap, candidates } = await searchScene(world, query)
    const patches = candidates.map(({ reference }) => JSON.stringify(reference.dense!.square))
    const centres = candidates.map(({ reference }, i) =>
      [reference.dense!.centre, patches[i]].join(),
    )
    expect(new Set(centres).size).toBe(12)
    // Without that, neighbours would be among them: each patch is taken by more than two points.
    const best = heatmap.cells.slice(0, 12).map(({ point }) => point.id)
    const rows = new Map((await rowsOf('ten')).map((row) => [row.id, row]))
    expect(new Set(best.map((id) => rows.get(id)!.patchSha256)).size).toBeLessThan(12)
    const rankOf = new Map(heatmap.cells.map(({ point, rank }) => [point.id, rank]))
    for (const { patchSha256, reference, rank, point } of candidates) {
      const sharing = heatmap.cells.slice(0, 48).filter(({ point }) => {
        const { dense } = rows.get(point.id)!.reference
        const isSame = dense!.square.join() === reference.dense!.square.join()
        return isSame && rows.get(point.id)!.patchSha256 === patchSha256
      })
      const nearest = sharing.map(({ point }) => rows.get(point.id)!.reference.dense!.distanceM)
      expect(reference.dense!.distanceM).toBeLessThanOrEqual(Math.min(...nearest) + 1e-9)
      expect(rank).toBe(rankOf.get(point.id))
    }
  })

  test('at 8 m reads four shifted maps: every point of a grid of 8 m has a patch of its own', async () => {
    await create('eight', 8)
    expect(await requestDense(world, 'eight', 8)).toBe(8)
    await buildRegion(world, 'eight', quiet)
    const rows = await rowsOf('eight')
    expect(Math.max(...rows.map(({ reference }) => reference.dense!.distanceM))).toBeLessThan(0.1)
    // Against patches cut alone.
    const source = await world.openSource(parseImageryConfig(gridRequest('eight', file, 8).imagery))
    const encoder = await world.encoder('overhead')
    const some = rows.filter(({ lat }, i) => i % 25 === 0 && lat < 47.2)
    expect(some.length).toBeGreaterThan(5)
    for (const { lon, lat, logits } of some) {
      const { image } = await source.patch({ lon, lat }, { px: 224, gsd: 0.5 }, signal)
      const alone = await encoder.encode([image])
      logits.forEach((value, c) => expect(Math.abs(value - alone[c]!)).toBeLessThan(0.05))
    }
    await source.close()
  })

  test('goes on densely when nothing is said, and is never mixed with other rows', async () => {
    expect((await findRegion(world.db, 'dense')).runtime).toMatchObject({ denseM: 16 })
    await expect(requestDense(world, 'dense', 8)).rejects.toMatchObject({ code: 'dense-mixed' })
    await expect(requestDense(world, 'single', 16)).rejects.toMatchObject({
      code: 'dense-mixed',
      hint: expect.stringContaining('region delete single`') as unknown,
    })
    expect(await requestDense(world, 'dense', 16)).toBe(16)
  })

  test('is refused while a build patch by patch is under way, before its first row too', async () => {
    const { id } = await create('begun', 16)
    await requestBuild(world.db, id)
    const refused = {
      code: 'region-building',
      hint: expect.stringContaining('stop begun') as unknown,
    }
    await expect(requestDense(world, 'begun', 16)).rejects.toMatchObject(refused)
    await stopBuild(world.db, id)
    const meanwhile: Outside = {
      ...world,
      openSource: async (...asked) => {
        await requestBuild(world.db, id)
        return world.openSource(...asked)
      },
    }
    await expect(requestDense(meanwhile, 'begun', 16)).rejects.toMatchObject(refused)
    expect((await findRegion(world.db, 'begun')).runtime).toBeNull()
    await stopBuild(world.db, id)
    expect(await requestDense(world, 'begun', 16)).toBe(16)
    await requestBuild(world.db, id)
    expect(await requestDense(world, 'begun', 16)).toBe(16)
  })

  test('shows the patches of its candidates again, unchanged', async () => {
    const located = await locatePhoto(world, {
      photos: [{ name: 'water.jpg', bytes: await paintPhoto(WATER) }],
      region: 'ten',
      cells: 'square:50m',
      candidateCount: 3,
    })
    expect(located.candidates).toHaveLength(3)
    const sheet = await makeSheet(world, located, null)
    expect(sheet).toContain('dense: a patch every 16 m')
    expect(sheet).not.toContain('has changed')
    expect(sheet).not.toContain('not available now')
  })

  test('holds one date of each place: several, and a refresh, are refused', async () => {
    const refused = { code: 'dense-dates' }
    await expect(keepVintages(world, 'dense', 2)).rejects.toMatchObject(refused)
    const refresh = { name: 'dense', isAll: true }
    await expect(
      refreshRegion(world, refresh, { signal, onLook: () => undefined }),
    ).rejects.toMatchObject(refused)
    await create('dated', 16)
    await keepVintages(world, 'dated', 2)
    await expect(requestDense(world, 'dated', 16)).rejects.toMatchObject(refused)
  })

  test('is refused where there is none, with the reason', async () => {
    await create('coarse', 100)
    await expect(requestDense(world, 'coarse', 16)).rejects.toMatchObject({ code: 'dense-grid' })
    await create('odd', 16)
    await expect(requestDense(world, 'odd', 12)).rejects.toMatchObject({ code: 'dense-spacing' })
    const encoder = await world.encoder('overhead')
    const { logits } = encoder.card.outputs
    const flat = { ...encoder, card: { ...encoder.card, outputs: { logits } } }
    const outside: Outside = { ...world, encoder: async () => flat }
    await expect(requestDense(outside, 'odd', 16)).rejects.toMatchObject({
      code: 'model-without-map',
    })
    const openSource: Outside['openSource'] = async (imagery) => {
      const opened = await world.openSource(imagery)
      const { attribution, ...source } = opened
      return {
        ...source,
        attribution,
        patch: () => Promise.reject(new Error()),
        close: () => opened.close(),
      }
    }
    await expect(requestDense({ ...world, openSource }, 'odd', 16)).rejects.toMatchObject({
      code: 'imagery-without-windows',
    })
    expect((await findRegion(world.db, 'odd')).runtime).toBeNull()
  })
})
