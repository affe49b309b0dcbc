/** A region on both sides of the antimeridian, from its boundary to the files of its heatmap. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boundaryFromBbox, parseBoundary } from '../../src/geo/polygon.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import { describeRegion } from '../../src/journeys/region-status.ts'
import { renderHeatmap } from '../../src/journeys/render-heatmap.ts'
import { searchScene } from '../../src/journeys/search-scene.ts'
import type { Bbox } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { openTestWorld, type TestWorld } from '../world.ts'

const { signal } = new AbortController()
const boxOf = (box: Bbox) => boundaryFromBbox(box).coordinates
/** On both sides, 21 km apart. */
const PLACES = [
  [179.9, -16.8],
  [-179.9, -16.8],
] as const

describeOnEachDatabase('a region across the antimeridian', (_open, place) => {
  let folder: string
  let world: TestWorld
  const create = (name: string, ...parts: readonly Bbox[]) =>
    createRegion(
      world,
      {
        name,
        imagery: { kind: 'patches', file: join(folder, 'p.csv'), attribution: 'A' },
        sampling: { kind: 'patches' },
        boundary: parseBoundary({ type: 'MultiPolygon', coordinates: parts.map(boxOf) }),
      },
      { signal, onWarning: () => undefined },
    )

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whereabouts-fiji-'))
    const grey = { width: 224, height: 224, channels: 3, background: '#488' } as const
    await sharp({ create: grey }).png().toFile(join(folder, 'a.png'))
    const lines = PLACES.map(([lon, lat]) => `a.png,${lon},${lat}`)
    await writeFile(join(folder, 'p.csv'), ['file,lon,lat', ...lines, ''].join('\n'))
    world = await openTestWorld({ models: 'tiny', place: await place() })
    await create('fiji', [179.5, -17, 180, -16.5], [-180, -17, -179.5, -16.5])
    await buildRegion(world, 'fiji', { signal, onProgress: () => undefined })
  })
  afterAll(async () => {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('has its centre and its box there', async () => {
    const { region, bbox, points } = await describeRegion(world, 'fiji')
    expect(Math.abs(region.centre.lon)).toBe(180)
    expect(bbox).toEqual([179.5, -17, -179.5, -16.5])
    expect(points.embedded).toBe(2)
  })

  for (const cells of ['square:25km', 'square:40km@3832', 'h3:3']) {
    test(`is searched in ${cells}, and no ring of its GeoJSON goes round the world`, async () => {
      const asked = { expression: 'beach', region: 'fiji', cells, candidateCount: 2 }
      const { heatmap } = await searchScene(world, asked)
      const found = heatmap.cells.reduce((sum, { pointCount }) => sum + pointCount, 0)
      expect(found).toBe(2)
      const { bytes } = await renderHeatmap(world, heatmap, 'geojson')
      const { bbox, features } = JSON.parse(Buffer.from(bytes).toString()) as FeatureCollection<
        Polygon | MultiPolygon
      >
      const [west = NaN, , east = NaN] = bbox ?? []
      expect(west - 360).toBeLessThanOrEqual(-180.1)
      expect(east).toBeGreaterThanOrEqual(-179.9)
      expect(east).toBeLessThan(-178)
      for (const { geometry } of features) {
        const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
        for (const lons of parts.flat().map((ring) => ring.map(([lon = NaN]) => lon))) {
          expect(Math.max(...lons.map(Math.abs))).toBeLessThanOrEqual(180)
          expect(Math.max(...lons) - Math.min(...lons)).toBeLessThan(3)
        }
      }
    })
  }

  test('that reaches further than a hemisphere is refused, and not created', async () => {
    const creating = create('far', [-100, 0, 100, 1])
    await expect(creating).rejects.toMatchObject({ code: 'boundary-too-large' })
    await expect(describeRegion(world, 'far')).rejects.toMatchObject({ code: 'region-not-found' })
  })
})
