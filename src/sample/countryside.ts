/** Fields with tracks between them, forests, the park with its pond, and the river. */
import { addTree } from './housing.ts'
import { pick, uniform } from './random.ts'
import { contains, extentOf, oval, ribbon, smooth } from './shapes.ts'
import { addRoad } from './streets.ts'
import type { Draft } from './features.ts'
import type { Extent, Point, Ring } from './shapes.ts'

/** A block of fields: `columns` × `rows`, tracks along the inner borders. */
export interface Fields {
  readonly extent: Extent
  readonly columns: number
  readonly rows: number
}

const CROPS = [
  0xc2ad6b, 0xb89f60, 0x8c9a4e, 0x6f8a42, 0x9a7b56, 0x86694a, 0x7f9a55, 0xcdbb7d,
] as const

/** Ploughs the fields; no two neighbours alike. */
export function addFields(draft: Draft, { extent, columns, rows }: Fields): void {
  const corners = fieldCorners(draft, { extent, columns, rows })
  const corner = (column: number, row: number): Point =>
    corners[row * (columns + 1) + column] ?? [0, 0]
  let last = -1
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const quad = [
        corner(column, row),
        corner(column + 1, row),
        corner(column + 1, row + 1),
        corner(column, row + 1),
      ]
      let crop = Math.floor(draft.random() * CROPS.length)
      if (crop === last) crop = (crop + 3) % CROPS.length
      last = crop
      draft.areas.push({
        rings: [inset(quad, 3.5)],
        surface: 'crop',
        angle: rowAngle(draft, quad),
        colour: CROPS[crop] ?? CROPS[0],
        tags: { landuse: 'farmland' },
      })
    }
  }
  for (let row = 1; row < rows; row++) {
    const line = Array.from({ length: columns + 1 }, (_, column) => corner(column, row))
    addRoad(draft, line, { highway: 'track', tracktype: 'grade2' })
  }
  for (let column = 1; column < columns; column++) {
    const line = Array.from({ length: rows + 1 }, (_, row) => corner(column, row))
    addRoad(draft, line, { highway: 'track', tracktype: 'grade3' })
  }
}

function fieldCorners(draft: Draft, { extent, columns, rows }: Fields): Point[] {
  const { west, south, east, north } = extent
  return Array.from({ length: (columns + 1) * (rows + 1) }, (_, index) => {
    const [column, row] = [index % (columns + 1), Math.floor(index / (columns + 1))]
    const isEdge = column % columns === 0 || row % rows === 0
    const shake = isEdge ? 0 : 14
    return [
      west + ((east - west) * column) / columns + uniform(draft.random, -shake, shake),
      south + ((north - south) * row) / rows + uniform(draft.random, -shake, shake),
    ]
  })
}

function rowAngle(draft: Draft, [a, b, , d]: Ring): number {
  const end = draft.random() < 0.5 ? b : d
  return a && end ? Math.atan2(end[1] - a[1], end[0] - a[0]) : 0
}

/** Every corner moved towards the middle by about `distanceM`. */
function inset(ring: Ring, distanceM: number): Ring {
  const { west, south, east, north } = extentOf(ring)
  const middle: Point = [(west + east) / 2, (south + north) / 2]
  return ring.map(([x, y]) => [
    x + Math.sign(middle[0] - x) * distanceM,
    y + Math.sign(middle[1] - y) * distanceM,
  ])
}

/** A forest with an uneven edge. */
export function addForest(draft: Draft, extent: Extent, name: string): void {
  const { west, south, east, north } = extent
  const middle: Point = [(west + east) / 2, (south + north) / 2]
  const ring = oval(middle, [(east - west) / 2, (north - south) / 2], 7).map(([x, y]): Point => {
    return [x + 9 * Math.sin(y / 31), y + 9 * Math.sin(x / 37)]
  })
  draft.areas.push({
    rings: [ring],
    surface: 'forest',
    angle: 0,
    colour: 0x3c4a2b,
    tags: { landuse: 'forest', name },
  })
  const path = smooth([
    [west - 12, south + 40],
    [middle[0] - 60, middle[1] - 30],
    [middle[0] + 40, middle[1] + 50],
    [east + 18, north - 70],
  ])
  addRoad(draft, path, { highway: 'path' })
  plant(draft, ring)
}

const CONIFERS = [0x34502d, 0x3b5a30, 0x2e4a2b, 0x466436, 0x4f6e3a, 0x3a5534] as const

function plant(draft: Draft, ring: Ring): void {
  const { west, south, east, north } = extentOf(ring)
  const step = 6.2
  for (let y = north; y > south; y -= step) {
    for (let x = west; x < east; x += step) {
      const at: Point = [x + uniform(draft.random, -2.6, 2.6), y + uniform(draft.random, -2.6, 2.6)]
      if (!contains(ring, at) || !draft.isFree(at, 1.5)) continue
      const radiusM = uniform(draft.random, 2.6, 4.8)
      draft.trees.push({ at, radiusM, colour: pick(draft.random, CONIFERS) })
    }
  }
}

/** A park: lawn, a pond, a round of footways, old trees. */
export function addPark(draft: Draft, extent: Extent): void {
  const { west, south, east, north } = extent
  const middle: Point = [(west + east) / 2, (south + north) / 2]
  const lawn = oval(middle, [(east - west) / 2, (north - south) / 2], 9)
  const pond = oval(middle, [52, 34]).map(([x, y]): Point => [x + 9 * Math.sin(y / 16), y])
  const tags = { leisure: 'park', name: 'Sample Park' }
  draft.areas.push({ rings: [lawn], surface: 'lawn', angle: 0.7, colour: 0x6f8b48, tags })
  const water = { natural: 'water', water: 'pond' }
  draft.areas.push({ rings: [pond], surface: 'water', angle: 0, colour: 0x4a5f56, tags: water })
  draft.takeRing(pond)
  const round = oval(middle, [72, 88])
  addRoad(draft, [...round, ...round.slice(0, 1)], { highway: 'footway' })
  const entries: [Point, Point][] = [
    [
      [middle[0], middle[1] - 88],
      [middle[0] + 10, south - 22],
    ],
    [
      [middle[0] + 72, middle[1]],
      [east + 24, middle[1] + 8],
    ],
    [
      [middle[0] - 72, middle[1]],
      [west - 32, middle[1] - 12],
    ],
  ]
  for (const line of entries) addRoad(draft, line, { highway: 'footway' })
  for (let count = 0; count < 330; count++) {
    const at: Point = [uniform(draft.random, west, east), uniform(draft.random, south, north)]
    if (contains(lawn, at)) addTree(draft, at, uniform(draft.random, 2.5, 5.5))
  }
}

/** The river's middle line. */
export const RIVER_LINE: readonly Point[] = smooth([
  [-120, 1236],
  [200, 1205],
  [500, 1234],
  [800, 1196],
  [1100, 1172],
  [1400, 1192],
  [1730, 1145],
])

/** Width of the river in metres. */
export const RIVER_WIDTH_M = 58

/** The river, and trees along its banks. */
export function addRiver(draft: Draft): void {
  const ring = ribbon(RIVER_LINE, RIVER_WIDTH_M)
  const tags = { natural: 'water', water: 'river', name: 'Sample River' }
  draft.areas.push({ rings: [ring], surface: 'water', angle: 0, colour: 0x3a5054, tags })
  draft.ways.push({
    line: RIVER_LINE,
    widthM: 0,
    surface: 'water',
    tags: { waterway: 'river', name: 'Sample River' },
  })
  draft.take(RIVER_LINE, RIVER_WIDTH_M / 2)
  for (const [x, y] of RIVER_LINE) {
    if (x > 780 && x < 1500) continue
    for (let count = 0; count < 4; count++) {
      const side = draft.random() < 0.5 ? -1 : 1
      const reach = RIVER_WIDTH_M / 2 + uniform(draft.random, 3, 14)
      addTree(
        draft,
        [x + uniform(draft.random, -14, 14), y + side * reach],
        uniform(draft.random, 1.8, 4),
      )
    }
  }
}
