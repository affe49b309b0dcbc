/**
 * What the overhead model sees on real imagery: scenes against the parts of Vegas and Rotterdam
 * that show them.
 */
import { findEmbeddings } from '../../src/gallery/embeddings.ts'
import { countPoints } from '../../src/gallery/points.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { buildRegion } from '../../src/journeys/build-region.ts'
import { createRegion } from '../../src/journeys/create-region.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { sceneByName } from '../../src/scenes.ts'
import type { LonLat } from '../../src/types.ts'
import { sharedPath } from '../shared.ts'

/** One real place, its imagery as `region create --imagery` takes it, and its parts. */
export interface Place {
  readonly name: string
  readonly imagery: object
  readonly parts: readonly string[]
  readonly partOf: (at: LonLat) => string
}

const imageryFile = (name: string) => sharedPath(`data/imagery/${name}`)

/**
 * Bands of the Vegas picture from north to south, by what lies there: desert, a wide road with its
 * verges, shops with their own car parks, one huge car park. A patch is 112 m high and sees more
 * than its band.
 */
const VEGAS_BANDS = [
  { name: 'north', southernEdge: 36.2395 },
  { name: 'middle', southernEdge: 36.2391 },
  { name: 'shops', southernEdge: 36.2383 },
  { name: 'south', southernEdge: -90 },
]

/** Desert in the north, a wide road in the middle, shops, a huge car park in the south. */
export const VEGAS: Place = {
  name: 'vegas',
  imagery: {
    kind: 'geotiff',
    files: [imageryFile('vegas-0.3m-rgba-4326.tif')],
    attribution: 'SpaceNet, CC BY-SA 4.0, imagery © Maxar',
  },
  parts: VEGAS_BANDS.map(({ name }) => name),
  partOf: ({ lat }) => VEGAS_BANDS.find(({ southernEdge }) => lat > southernEdge)?.name ?? '',
}

/** Chip 1: terraced houses, park, tram; chip 2: harbour quay; chip 3: industry, storage tanks. */
export const ROTTERDAM: Place = {
  name: 'rotterdam',
  imagery: {
    kind: 'geotiff',
    files: [1, 2, 3].map((chip) => imageryFile(`rotterdam${chip}-0.5m-rgb16-32631.tif`)),
    nodata: 0,
    stretch: 'percentile',
    attribution: 'SpaceNet, CC BY-SA 4.0, imagery © Maxar',
  },
  parts: ['chip 1', 'chip 2', 'chip 3'],
  partOf: ({ lon, lat }) => (lon > 4.38 ? 'chip 2' : lat > 51.88 ? 'chip 3' : 'chip 1'),
}

/** Creates and builds the grid region of a place. */
export async function buildPlace(outside: Outside, place: Place, stepM: number): Promise<void> {
  const signal = new AbortController().signal
  await createRegion(
    outside,
    {
      name: place.name,
      imagery: place.imagery,
      sampling: { kind: 'grid', stepM, whereImagery: true },
      boundary: null,
    },
    { signal, onWarning: () => undefined },
  )
  await buildRegion(outside, place.name, { signal, onProgress: () => undefined })
}

/** Mean logit of each scene over the patches of each part: `means[scene][part]`. */
export async function meanLogits(
  outside: Outside,
  place: Place,
  scenes: readonly string[],
): Promise<Record<string, Record<string, number>>> {
  const region = await findRegion(outside.db, place.name)
  const { total } = await countPoints(outside.db, region.id)
  const ids = Array.from({ length: total }, (_, id) => id)
  const rows = await findEmbeddings(outside.db, { regionId: region.id }, ids)
  const meanOf = (part: string, index: number) => {
    const values = rows
      .filter((row) => place.partOf(row) === part)
      .map((row) => row.logits[index] ?? NaN)
    return values.reduce((sum, value) => sum + value, 0) / values.length
  }
  return Object.fromEntries(
    scenes.map((scene) => {
      const { index } = sceneByName(scene)
      return [scene, Object.fromEntries(place.parts.map((part) => [part, meanOf(part, index)]))]
    }),
  )
}
