import { expect, test } from 'vitest'
import { createCellGeometry, parseCells } from '../../src/geo/cells.ts'
import { layOutCoverage, NO_IMAGERY } from '../../src/heatmap/coverage-picture.ts'
import type { Coverage } from '../../src/heatmap/coverage.ts'
import { createMapViews } from '../../src/heatmap/map-view.ts'
import { HATCH_GROUND, HATCH_STRIPE } from '../../src/heatmap/paint.ts'
import { colourAt } from '../../src/heatmap/ramp.ts'
import { loadTextPaths } from '../../src/heatmap/text-paths.ts'
import type { LonLat } from '../../src/types.ts'
import { makeTown } from './made-heatmap.ts'

const { region } = makeTown('square:1km')
const grid = parseCells('square:1km')
const geometry = createCellGeometry(grid, region.centre)
const cellAt = (at: LonLat, counts: { embedded: number; open: number; missing: number }) => {
  const key = geometry.keyOf(at)
  const { embedded, open, missing } = counts
  const points = embedded + open + missing
  const centre = geometry.centreOf(key)
  return { key, centre, points, embedded, open, unavailable: { nodata: missing } }
}
const places = {
  whole: { lon: 4.34, lat: 51.87 },
  half: { lon: 4.36, lat: 51.87 },
  none: { lon: 4.38, lat: 51.87 },
  open: { lon: 4.34, lat: 51.86 },
}
const coverage: Coverage = {
  region,
  grid,
  cells: [
    cellAt(places.none, { embedded: 0, open: 0, missing: 7 }),
    // What is not built yet says nothing about the imagery.
    cellAt(places.half, { embedded: 3, open: 6, missing: 3 }),
    cellAt(places.open, { embedded: 0, open: 4, missing: 0 }),
    cellAt(places.whole, { embedded: 5, open: 0, missing: 0 }),
  ],
}
const picture = layOutCoverage(coverage, loadTextPaths())
const { image } = picture.maps[0]!
const view = createMapViews(region)[0]!

/** Colours of the middle of a cell, over more than one period of the hatch. */
function coloursAt(at: LonLat): Set<string> {
  const [x = 0, y = 0] = view.toPx(geometry.centreOf(geometry.keyOf(at))).map(Math.floor)
  const pixels = Array.from({ length: 10 }, (_, i) => 3 * (y * image.width + x + i))
  return new Set(pixels.map((index) => image.data.subarray(index, index + 3).join()))
}

test('a cell has the colour of the share of its points that have imagery', () => {
  expect(coloursAt(places.whole)).toEqual(new Set([colourAt(1).join()]))
  expect(coloursAt(places.half)).toEqual(new Set([colourAt(0.5).join()]))
})

test('a cell without imagery is hatched in another colour than what was not searched', () => {
  const { ground, stripe } = NO_IMAGERY
  expect(coloursAt(places.none)).toEqual(new Set([ground.join(), stripe.join()]))
  const grey = new Set([HATCH_GROUND.join(), HATCH_STRIPE.join()])
  expect(coloursAt(places.open)).toEqual(grey)
  expect(coloursAt({ lon: 4.38, lat: 51.86 })).toEqual(grey)
})
