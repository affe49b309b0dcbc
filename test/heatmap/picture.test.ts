import { describe, expect, test } from 'vitest'
import { createMapViews } from '../../src/heatmap/map-view.ts'
import { HATCH_GROUND, HATCH_STRIPE, paintMap } from '../../src/heatmap/paint.ts'
import { layOutPicture } from '../../src/heatmap/picture.ts'
import { colourAt } from '../../src/heatmap/ramp.ts'
import { scaleBarOf } from '../../src/heatmap/scale-bar.ts'
import { loadTextPaths } from '../../src/heatmap/text-paths.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'
import type { LonLat } from '../../src/types.ts'
import { boxBoundary, makeHeatmap, makeTown } from './made-heatmap.ts'

function paint(heatmap: Heatmap) {
  const view = createMapViews(heatmap.region)[0]!
  const { data, width } = paintMap(heatmap, view, (cell) => colourAt(cell.score))
  return {
    view,
    data,
    colourOf(at: LonLat) {
      const [x, y] = view.toPx(at).map(Math.floor)
      const index = ((y ?? NaN) * width + (x ?? NaN)) * 3
      return [...data.subarray(index, index + 3)]
    },
  }
}

for (const spec of ['square:1km', 'square:200m', 'h3:8', 'square:500m@28992', 'square:700m@3857']) {
  describe(`paintMap of ${spec}`, () => {
    const heatmap = makeTown(spec)
    const painted = paint(heatmap)
    const [west, south, east, north] = [4.32, 51.85, 4.4, 51.89]
    const isInside = ({ lon, lat }: LonLat) =>
      lon > west + 1e-3 && lon < east - 1e-3 && lat > south + 1e-3 && lat < north - 1e-3

    test('the middle of each searched cell has the colour of its score', () => {
      const shown = heatmap.cells.filter((cell) => isInside(cell.point))
      expect(shown.length).toBeGreaterThan(5)
      const wrong = shown.filter(
        (cell) => painted.colourOf(cell.point).join() !== colourAt(cell.score).join(),
      )
      expect(wrong).toEqual([])
    })

    test('what was not searched is hatched in grey', () => {
      const colours = [HATCH_GROUND.join(), HATCH_STRIPE.join()]
      const seen = new Set<string>()
      for (let i = 0; i < 40; i++) {
        const colour = painted.colourOf({ lon: 4.395 + i * 1e-5, lat: 51.87 }).join()
        expect(colours).toContain(colour)
        seen.add(colour)
      }
      expect(seen.size).toBe(2)
    })
  })
}

describe('createMapViews', () => {
  const view = createMapViews(makeTown().region)[0]!

  test('north is up and east is right', () => {
    const [x, y] = view.toPx({ lon: 4.36, lat: 51.87 })
    const [, yNorth] = view.toPx({ lon: 4.36, lat: 51.88 })
    const [xEast] = view.toPx({ lon: 4.37, lat: 51.87 })
    expect(yNorth).toBeLessThan(y)
    expect(xEast).toBeGreaterThan(x)
  })

  test('proportions are true: a kilometre is as long to the north as to the east', () => {
    const [x, y] = view.toPx({ lon: 4.36, lat: 51.87 })
    const [, yNorth] = view.toPx({ lon: 4.36, lat: 51.87 + 1000 / 111_260 })
    const [xEast] = view.toPx({ lon: 4.36 + 1000 / 68_850, lat: 51.87 })
    expect((y - yNorth) / (xEast - x)).toBeCloseTo(1, 2)
    expect((xEast - x) * view.metresPerPx).toBeCloseTo(1000, -1)
  })

  test('the whole region is in the frame', () => {
    for (const ring of view.polygons.flat()) {
      for (let i = 0; i < ring.length; i += 2) {
        expect(ring[i]).toBeGreaterThan(0)
        expect(ring[i]).toBeLessThan(view.width)
        expect(ring[i + 1]).toBeGreaterThan(0)
        expect(ring[i + 1]).toBeLessThan(view.height)
      }
    }
  })
})

test('paintMap shows cells that are far smaller than a pixel', () => {
  const heatmap = makeHeatmap({
    boundary: boxBoundary([30, 48, 31, 49]),
    centre: { lon: 30.5, lat: 48.5 },
    cells: 'square:5km',
  })
  const cells = heatmap.cells.map((cell) => ({ ...cell, key: '0,0' }))
  const sparse: Heatmap = { ...heatmap, grid: { kind: 'square', sizeM: 10, epsg: null }, cells }
  const painted = paint(sparse)
  for (const cell of cells.slice(0, 20)) {
    expect(painted.colourOf(cell.point)).toEqual([...colourAt(cell.score)])
  }
})

describe('scaleBarOf', () => {
  const cases = [
    { metresPerPx: 1, maxPx: 220, label: '200 m', lengthPx: 200 },
    { metresPerPx: 1370, maxPx: 220, label: '200 km', lengthPx: 200_000 / 1370 },
    { metresPerPx: 5, maxPx: 220, label: '1 km', lengthPx: 200 },
    { metresPerPx: 0.3, maxPx: 200, label: '50 m', lengthPx: 50 / 0.3 },
  ]
  for (const { metresPerPx, maxPx, label, lengthPx } of cases) {
    test(`${metresPerPx} m/px: ${label}`, () => {
      const bar = scaleBarOf(metresPerPx, maxPx)
      expect(bar.label).toBe(label)
      expect(bar.lengthPx).toBeCloseTo(lengthPx, 9)
    })
  }
})

describe('layOutPicture', () => {
  test('text is outlines: the picture asks for no font', () => {
    const { svg } = layOutPicture(makeTown(), loadTextPaths())
    expect(svg).not.toMatch(/<text|font-family|href/)
    expect(svg).not.toContain('NaN')
  })

  test('question, warning, sources, dates, numbers and share not searched are written', () => {
    const written: string[] = []
    const text = loadTextPaths()
    layOutPicture(makeTown(), {
      widthOf: (...args) => text.widthOf(...args),
      draw: (line) => {
        written.push(line)
        return ''
      },
    })
    const all = written.join('\n')
    for (const part of [
      'Where could “frame <7> & "co".jpg” have been taken?',
      'A place to start looking, not proof',
      'Imagery © Example & Sons · roads © OpenStreetMap contributors',
      'Imagery: 2019-08-04 to 2021-03-31',
      'Cells: squares of 1 km',
      'not searched',
      '32 % of the region’s 24.5 km²',
      '1.364  best',
      '1.691  good from here up',
      '4.635  worst',
      '1 km',
      '12 without imagery',
    ]) {
      expect(all).toContain(part)
    }
    expect(written).toEqual(expect.arrayContaining(['1', '2', '3', '4', '5', 'N']))
  })

  test('a title of one endless word is wrapped, not cut off', () => {
    const question = { kind: 'scene', expression: 'x'.repeat(400), scenes: [] } as const
    const text = loadTextPaths()
    const plain = layOutPicture(makeTown(), text)
    const wrapped = layOutPicture({ ...makeTown(), question }, text)
    expect(wrapped.width).toBe(plain.width)
    expect(wrapped.height).toBeGreaterThan(plain.height + 50)
  })
})

describe('createMapViews of scattered imagery', () => {
  const chips = (
    [
      [4.372, 51.878],
      [4.4105, 51.8935],
      [4.338, 51.9005],
    ] as const
  ).map(([west, south]) => boxBoundary([west, south, west + 0.00435, south + 0.0027]))
  const heatmap = makeHeatmap({
    boundary: {
      type: 'MultiPolygon',
      coordinates: chips.flatMap((chip) => (chip.type === 'Polygon' ? [chip.coordinates] : [])),
    },
    centre: { lon: 4.38, lat: 51.89 },
    cells: 'square:50m',
  })
  const views = createMapViews(heatmap.region)

  test('each part has a panel of the same size and scale, from west to east', () => {
    expect(views).toHaveLength(3)
    expect(new Set(views.map((view) => view.metresPerPx.toFixed(6))).size).toBe(1)
    expect(new Set(views.map((view) => `${view.width}x${view.height}`)).size).toBe(1)
    const lons = views.map((view) => view.centre.lon)
    expect([...lons].sort((a, b) => a - b)).toEqual(lons)
  })

  test('every searched place lies in exactly one panel', () => {
    // The made-up points are cell centres: those of cut cells can lie outside the region.
    const whole = heatmap.cells.filter((cell) => cell.areaKm2 > 0.002_49)
    expect(whole.length).toBeGreaterThan(60)
    for (const { point } of whole) {
      const holders = views.filter((view) => {
        const [x, y] = view.toPx(point)
        return x >= 0 && y >= 0 && x < view.width && y < view.height
      })
      expect(holders).toHaveLength(1)
    }
  })

  test('the arrow of each panel points north there, not where the middle of the region has it', () => {
    const cities = [
      [-74, 40.7],
      [-118.2, 34],
    ].map(([lon = 0, lat = 0]) => boxBoundary([lon, lat, lon + 0.1, lat + 0.1]))
    const boundary = {
      type: 'MultiPolygon' as const,
      coordinates: cities.flatMap((city) => (city.type === 'Polygon' ? [city.coordinates] : [])),
    }
    const far = makeHeatmap({ boundary, centre: { lon: -96.1, lat: 37.4 }, cells: 'square:5km' })
    const { svg } = layOutPicture(far, loadTextPaths())
    const turned = [...svg.matchAll(/rotate\((-?[\d.]+) /g)].map(([, degrees]) => Number(degrees))
    // West of the middle north lies to the right of up, east of it to the left.
    expect(turned).toHaveLength(2)
    expect(turned[0]).toBeCloseTo(12.6, 0)
    expect(turned[1]).toBeCloseTo(-14.2, 0)
  })

  test('parts that touch stay on one map', () => {
    const boundary = {
      type: 'MultiPolygon' as const,
      coordinates: [
        boxBoundary([4.3, 51.8, 4.35, 51.85]),
        boxBoundary([4.36, 51.85, 4.4, 51.9]),
      ].flatMap((chip) => (chip.type === 'Polygon' ? [chip.coordinates] : [])),
    }
    expect(createMapViews({ ...heatmap.region, boundary })).toHaveLength(1)
  })
})
