import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FeatureCollection, Polygon } from 'geojson'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, type DatabasePlace } from '../../src/gallery/open.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { readAddress, start, type Running } from '../fixtures/program.ts'
import { drawTile, startTileServer, type TileServer } from '../fixtures/tile-server.ts'
import { CENTRE, makeTown, ROOF, WATER, type Town } from './town.ts'

const models = [
  '--models-dir',
  'models/tiny',
  '--photo-model',
  'photo',
  '--overhead-model',
  'overhead',
]

describeOnEachDatabase('a national heatmap by script', (_open, place) => {
  let folder = ''
  let town: Town
  let tiles: TileServer
  let isHanging = false
  let server: Running
  let api = ''
  let database: DatabasePlace

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'whereabouts-national-')))
    town = await makeTown(folder)
    await writeFile(join(folder, 'photo.jpg'), town.waterPhoto)
    // Water in the west, roofs in the east.
    tiles = await startTileServer(async (tile) => {
      if (isHanging) await new Promise(() => {})
      // A little noise: a tile of one colour would mean that there is no imagery.
      const body = await drawTile(tile, (x) => {
        const [red, green, blue] = x * 360 - 180 < CENTRE.lon ? WATER : ROOF
        return [red, green, blue + (Math.floor(1e8 * x) % 2)]
      })
      return { headers: { 'content-type': 'image/png' }, body }
    })
    database = await place()
    if ('dataDir' in database) {
      await mkdir(join(folder, 'data'))
      await rename(database.dataDir, join(folder, 'data/database'))
      database = { dataDir: join(folder, 'data/database') }
    }
    server = start('src/cli/main.ts', [
      'serve',
      ...['--port', '0', '--data-dir', join(folder, 'data'), '--threads', '1', ...models],
      ...['--allow-dirs', folder, '--allow-hosts', new URL(tiles.url).host],
      ...('url' in database ? ['--database-url', database.url] : []),
    ])
    api = await readAddress(server)
  }, 120_000)

  afterAll(async () => {
    server.child.kill('SIGKILL')
    await tiles.close()
    await rm(folder, { recursive: true, force: true })
  })

  function askNational(...more: string[]): Running {
    return start('scripts/national-heatmap.ts', [
      ...['--api', api, '--extract', town.extract, '--points', '24', '--seed', '3'],
      ...['--tiles', tiles.url, '--attribution', 'synthetic'],
      ...['--photo', join(folder, 'photo.jpg'), '--out', join(folder, 'heat.geojson'), ...more],
    ])
  }

  const readCells = async () =>
    JSON.parse(await readFile(join(folder, 'heat.geojson'), 'utf8')) as FeatureCollection<Polygon>

  test('the script creates, builds and asks, and the best cell lies where the photo was taken', async () => {
    const script = askNational('--cells', 'square:100m')
    expect(await script.ended, script.stderr).toBe(0)
    expect(script.stderr).toContain('24/24 points')
    const { features } = await readCells()
    expect(features.length).toBeGreaterThan(3)
    const best = features.find(({ properties }) => properties?.['rank'] === 1)
    const lons = best?.geometry.coordinates[0]?.map(([lon]) => lon ?? NaN) ?? []
    expect(Math.max(...lons)).toBeLessThan(CENTRE.lon)
  }, 120_000)

  test('run again it goes on where it was, and asks for cells of 25 km by itself', async () => {
    const script = askNational()
    expect(await script.ended, script.stderr).toBe(0)
    expect(script.stderr).toContain('there already')
    // Cells meet in the region's middle.
    expect((await readCells()).features.length).toBeLessThanOrEqual(4)
    expect(script.stderr).toContain('cells')
  }, 120_000)

  test('what the server does not allow ends the script with the hint', async () => {
    const script = askNational('--region', 'other', '--tiles', 'http://localhost:1/{z}/{x}/{y}')
    expect(await script.ended).toBe(1)
    expect(script.stderr).toContain('--allow-hosts')
  }, 120_000)

  test('serve told to stop while it builds gives its leases back and frees its database', async () => {
    isHanging = true
    const askedBefore = tiles.requests.length
    // Another address of the same server: the cache does not know its tiles.
    const script = askNational('--region', 'stopped', '--tiles', `${tiles.url}?other`)
    while (tiles.requests.length === askedBefore)
      await new Promise((resolve) => setTimeout(resolve, 50))
    server.child.kill('SIGTERM')
    expect(await server.ended, server.stderr).toBe(0)
    expect(await script.ended).not.toBe(0)
    const db = await openDatabase(database)
    const counts = await countPoints(db, (await findRegion(db, 'stopped')).id)
    await db.close()
    expect(counts).toMatchObject({ leased: 0, pending: 24 })
  }, 120_000)
})
