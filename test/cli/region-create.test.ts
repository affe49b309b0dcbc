/** A country's region by commands alone: its real extract, imagery from a tile server. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FeatureCollection, Polygon } from 'geojson'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pgliteFolder } from '../databases.ts'
import { drawTile, startTileServer, type TileServer } from '../fixtures/tile-server.ts'
import { paintPhoto, ROOF, WATER } from '../http/town.ts'
import { describeWithShared, sharedPath } from '../shared.ts'
import { runHere, settingsOf } from './run-here.ts'

/** West of it the tiles show water, east of it roofs. */
const SHORE_LON = 9.53

describeWithShared('Liechtenstein from its extract and a tile server', () => {
  let folder = ''
  let tiles: TileServer

  const run = (...args: readonly string[]) =>
    runHere(args, { folder, env: settingsOf(join(folder, 'data')) })
  const create = (name: string, points: number) => {
    const source = { kind: 'xyz', url: tiles.url, maxZoom: 18, attribution: 'synthetic' }
    const imagery = { ...source, requestsPerSecond: 1000, concurrency: 16 }
    const extract = ['--extract', sharedPath('data/osm/liechtenstein.osm.pbf')]
    const sample = ['--points', String(points), '--seed', '1', '--imagery', JSON.stringify(imagery)]
    return run('region', 'create', name, ...extract, ...sample, '--yes')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-cli-'))
    await mkdir(join(folder, 'data'))
    await rename((await pgliteFolder()).dataDir, join(folder, 'data/database'))
    await writeFile(join(folder, 'photo.jpg'), await paintPhoto(WATER))
    const [water, roofs] = await Promise.all([WATER, ROOF].map(paintTile))
    tiles = await startTileServer(({ z, x }) => {
      const body = (x / 2 ** z) * 360 - 180 < SHORE_LON ? water : roofs
      return { headers: { 'content-type': 'image/png' }, body: body ?? new Uint8Array() }
    })
  })
  afterAll(async () => {
    await tiles.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('has exactly as many points as were asked for', async () => {
    const created = await create('liechtenstein', 10_000)
    expect(created).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('created with 10000 points') as unknown,
    })
    const shown = await run('region', 'show', 'liechtenstein')
    expect(JSON.parse(shown.stdout)).toMatchObject({ points: { total: 10_000, pending: 10_000 } })
  })

  // Fewer points: 10,000 ask for some 28,000 tiles, and take a core more than a minute.
  test('is built, and the best cells for a photo lie where the tiles show what it shows', async () => {
    await create('smaller', 400)
    const built = await run('region', 'build', 'smaller')
    expect(built).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('400 of 400') as unknown,
    })
    const asked = ['--region', 'smaller', '--cells', 'square:2km', '--out', 'heat.geojson']
    expect(await run('locate', 'photo.jpg', ...asked)).toMatchObject({ code: 0 })
    const heat = JSON.parse(await readFile(join(folder, 'heat.geojson'), 'utf8')) as Heat
    const best = heat.features.filter(({ properties }) => properties.score === 1)
    expect(best.length).toBeGreaterThan(0)
    expect(best.length).toBeLessThan(heat.features.length)
    for (const { properties } of best) expect(properties.bestLon).toBeLessThan(SHORE_LON)
  })
})

type Heat = FeatureCollection<Polygon, { readonly score: number; readonly bestLon: number }>

/**
 * A tile of one material; a little noise, since one colour alone would mean that there is no
 * imagery.
 */
function paintTile([red, green, blue]: readonly [number, number, number]): Promise<Buffer> {
  return drawTile({ z: 0, x: 0, y: 0 }, (x) => [red, green, blue + (Math.floor(256 * x) % 2)])
}
