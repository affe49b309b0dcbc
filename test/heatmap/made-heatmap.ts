/** Made-up heatmaps for the tests of their files: distances follow a smooth, seeded pattern. */
import { createRegionCover } from '../../src/geo/cells-cover.ts'
import { createCellGeometry, parseCells } from '../../src/geo/cells.ts'
import { rankCells } from '../../src/heatmap/rank.ts'
import type { CellDistance, Heatmap } from '../../src/heatmap-types.ts'
import type { Bbox, Boundary, LonLat, Region } from '../../src/types.ts'

export interface HeatmapWish {
  readonly boundary: Boundary
  readonly centre: LonLat
  readonly cells: string
  /** Which of the touching cells have points. */
  readonly isSearched?: (at: LonLat) => boolean
  /** Smaller is better. */
  readonly distanceAt?: (at: LonLat) => number
  readonly question?: Heatmap['question']
}

export function boxBoundary([west, south, east, north]: Bbox): Boundary {
  const corners = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return { type: 'Polygon', coordinates: [corners] }
}

export function makeRegion(boundary: Boundary, centre: LonLat): Region {
  return {
    id: 1,
    name: 'made-up',
    boundary,
    centre,
    sampling: {
      kind: 'roads',
      extract: '/home/x/x.osm.pbf',
      extractSha256: 'ab12',
      points: 9,
      seed: 1,
    },
    imagery: { kind: 'geotiff' },
    attribution: 'Imagery © Example & Sons',
    model: { name: 'tiny-overhead', sha256: '0123456789abcdef'.repeat(4) },
    gsd: 0.5,
    runtime: { executionProvider: 'cpu', instructionSet: 'none' },
    state: 'built',
    problem: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  }
}

export function makeHeatmap(wish: HeatmapWish): Heatmap {
  const { boundary, centre, cells: spec, isSearched = () => true } = wish
  const { distanceAt = waves } = wish
  const grid = parseCells(spec)
  const geometry = createCellGeometry(grid, centre)
  const cover = createRegionCover(geometry, boundary)
  const distances: CellDistance[] = []
  for (const key of cover.cellsTouching()) {
    const at = geometry.centreOf(key)
    if (!isSearched(at)) continue
    const id = distances.length
    distances.push({
      key,
      distance: distanceAt(at),
      point: { id, ...at },
      pointCount: 1 + (id % 3),
    })
  }
  return {
    question: wish.question ?? {
      kind: 'photo',
      photos: [{ name: 'frame <7> & "co".jpg', sha256: 'cd'.repeat(32) }],
    },
    region: makeRegion(boundary, centre),
    grid,
    ...rankCells(distances, (key) => cover.areaInRegionKm2(key)),
    pointCount: distances.reduce((sum, cell) => sum + cell.pointCount, 0),
    unavailableCount: 12,
    pendingCount: 0,
    capturedBetween: ['2019-08-04', '2021-03-31'],
  }
}

function waves({ lon, lat }: LonLat): number {
  return 1.5 + Math.sin(lon * 3.1) * Math.cos(lat * 4.7) + 0.2 * Math.sin(lon * 40 + lat * 31)
}

/**
 * A town of 6 × 4 km cut into 1 km squares (or other cells), with a strip that was not searched.
 */
export function makeTown(cells = 'square:1km'): Heatmap {
  return makeHeatmap({
    boundary: boxBoundary([4.32, 51.85, 4.4, 51.89]),
    centre: { lon: 4.36, lat: 51.87 },
    cells,
    isSearched: ({ lon }) => lon < 4.38,
    distanceAt: ({ lon, lat }) => 1 + Math.hypot((lon - 4.34) * 60, (lat - 51.88) * 100),
  })
}

/**
 * The town as a map of best scenes: the first of the scenes has most cells, the last has fewest.
 */
export function makeBestScenes(scenes: readonly string[], cells = 'square:200m'): Heatmap {
  const town = makeTown(cells)
  // Rounds of growing length: 0, 0 1, 0 1 2 …
  const rounds = scenes.flatMap((_, last) => scenes.slice(0, last + 1))
  const named = town.cells.map((cell, i) => ({ ...cell, scene: rounds[i % rounds.length] ?? '' }))
  return { ...town, cells: named, question: { kind: 'best-scene' } }
}
