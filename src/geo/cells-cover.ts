/**
 * Which cells a region touches and how much of each lies inside it. Pure.
 * One mechanism for both kinds of grid: the region is halved and halved again until a block is one
 * square, or wholly inside, or empty; hexagons are then clipped against the blocks that they touch.
 */
import { getHexagonEdgeLengthAvg, gridDisk, latLngToCell } from 'h3-js'
import { InputError } from '../errors.ts'
import type { Boundary, CellKey, LonLat } from '../types.ts'
import { squareOf, type CellGeometry } from './cells.ts'
import {
  areaOf,
  boxOf,
  clipToBox,
  clipToConvex,
  orient,
  signedArea,
  type Box,
  type PlanePolygon,
  type PlaneRing,
} from './clip.ts'
import { checkReach, projectBoundary } from './project-boundary.ts'

/** The region as its cells see it. Polygons of a boundary must not overlap. */
export interface RegionCover {
  readonly areaKm2: number
  /** The part of each named cell inside the region, km²; 0 for a cell outside. */
  areasKm2(keys: Iterable<CellKey>): Map<CellKey, number>
  /**
   * All cells that share area with the region, searched or not.
   * @throws {InputError} `cells-too-many` above 2,000,000
   */
  cellsTouching(): CellKey[]
}

const CELLS_MAX = 2_000_000
/** Blocks smaller than a hexagon, so that the hexagon of a block's centre and its neighbours cover it. */
const BLOCK_PER_EDGE = 0.75

/** Prepares the cover of a region. @throws {InputError} `boundary-too-large` */
export function createRegionCover(geometry: CellGeometry, boundary: Boundary): RegionCover {
  const sizeM = blockSize(geometry)
  const toleranceM = Math.min(1, Math.max(0.01, sizeM / 1000))
  const polygons = projectBoundary(boundary, geometry.plane, toleranceM)
  const isEqualArea = geometry.plane === geometry.equalArea
  const truePolygons = isEqualArea
    ? polygons
    : projectBoundary(boundary, geometry.equalArea, toleranceM)
  checkReach(truePolygons, geometry.equalArea.inverse(0, 0))
  const areaKm2 = truePolygons.reduce((sum, polygon) => sum + areaOf(polygon), 0) / 1e6
  const cover = { geometry, polygons, sizeM, isEqualArea }
  return geometry.grid.kind === 'h3'
    ? { areaKm2, ...coverOfHexagons(cover) }
    : { areaKm2, ...coverOfSquares(cover) }
}

interface Cover {
  readonly geometry: CellGeometry
  readonly polygons: readonly PlanePolygon[]
  /** Side of a square; for H3 of the auxiliary blocks. */
  readonly sizeM: number
  readonly isEqualArea: boolean
}

function blockSize({ grid }: CellGeometry): number {
  if (grid.kind === 'square') return grid.sizeM
  return getHexagonEdgeLengthAvg(grid.resolution, 'm') * BLOCK_PER_EDGE
}

function coverOfSquares(cover: Cover): Omit<RegionCover, 'areaKm2'> {
  return {
    areasKm2(keys) {
      const areas = new Map<CellKey, number>()
      const wanted: Square[] = []
      for (const key of keys) {
        areas.set(key, 0)
        wanted.push(squareOf(key))
      }
      cutIntoSquares(cover, wanted, (square, inside) => {
        areas.set(keyOf(square), squareAreaM2(cover, square, inside) / 1e6)
      })
      return areas
    },
    cellsTouching() {
      const keys: CellKey[] = []
      cutIntoSquares(cover, null, (square) => {
        if (keys.push(keyOf(square)) > CELLS_MAX) throw tooMany()
      })
      return keys
    },
  }
}

function squareAreaM2(cover: Cover, square: Square, inside: Inside): number {
  const { geometry, sizeM, isEqualArea } = cover
  const { plane, equalArea } = geometry
  const toTrue = (ring: PlaneRing) => {
    const moved: number[] = []
    for (let i = 0; i < ring.length; i += 2) {
      moved.push(...equalArea.forward(plane.inverse(ring[i] ?? NaN, ring[i + 1] ?? NaN)))
    }
    return moved
  }
  const truly = (polygon: PlanePolygon) => (isEqualArea ? polygon : polygon.map(toTrue))
  const wholeM2 = isEqualArea ? sizeM * sizeM : areaOf(truly(wholeOf(square, sizeM)))
  if (inside === 'whole') return wholeM2
  return Math.min(
    wholeM2,
    inside.reduce((sum, polygon) => sum + areaOf(truly(polygon)), 0),
  )
}

function coverOfHexagons(cover: Cover): Omit<RegionCover, 'areaKm2'> {
  const { geometry, sizeM } = cover
  const planeRing = (key: CellKey): PlaneRing => {
    const ring = geometry.ringOf(key).slice(1)
    const places = ring.map(([lon, lat]): LonLat => ({ lon, lat }))
    return orient(
      places.flatMap((at) => [...geometry.plane.forward(at)]),
      true,
    )
  }
  const areasKm2 = (keys: Iterable<CellKey>) => {
    const ringByKey = new Map([...keys].map((key) => [key, planeRing(key)]))
    const wanted = new Map<CellKey, Square>()
    for (const ring of ringByKey.values()) {
      for (const square of squaresOver(ring, sizeM)) wanted.set(keyOf(square), square)
    }
    const blocks = new Map<CellKey, Inside>()
    cutIntoSquares(cover, [...wanted.values()], (square, inside) => {
      blocks.set(keyOf(square), inside)
    })
    const areas = new Map<CellKey, number>()
    for (const [key, ring] of ringByKey) areas.set(key, hexagonAreaM2(ring, blocks, sizeM) / 1e6)
    return areas
  }
  const cellsTouching = () => {
    const { grid, plane } = geometry
    const candidates = new Set<CellKey>()
    const resolution = grid.kind === 'h3' ? grid.resolution : 0
    cutIntoSquares(cover, null, ({ column, row }) => {
      const at = plane.inverse((column + 0.5) * sizeM, (row + 0.5) * sizeM)
      for (const key of gridDisk(latLngToCell(at.lat, at.lon, resolution), 1)) candidates.add(key)
      if (candidates.size > CELLS_MAX) throw tooMany()
    })
    return [...areasKm2(candidates)].filter(([, area]) => area > 0).map(([key]) => key)
  }
  return { areasKm2, cellsTouching }
}

function hexagonAreaM2(
  hexagon: PlaneRing,
  blocks: ReadonlyMap<CellKey, Inside>,
  sizeM: number,
): number {
  const wholeM2 = signedArea(hexagon)
  const squares = squaresOver(hexagon, sizeM)
  if (squares.every((square) => blocks.get(keyOf(square)) === 'whole')) return wholeM2
  let areaM2 = 0
  for (const square of squares) {
    const inside = blocks.get(keyOf(square)) ?? []
    const polygons = inside === 'whole' ? [wholeOf(square, sizeM)] : inside
    for (const polygon of polygons) areaM2 += areaOf(clipToConvex(polygon, hexagon))
  }
  return Math.min(areaM2, wholeM2)
}

interface Square {
  readonly column: number
  readonly row: number
}

const keyOf = ({ column, row }: Square): CellKey => `${column},${row}`

function squaresOver(ring: PlaneRing, sizeM: number): Square[] {
  const [xMin, yMin, xMax, yMax] = boxOf([ring]).map((metres) => Math.floor(metres / sizeM))
  const squares: Square[] = []
  for (let row = yMin ?? 0; row <= (yMax ?? -1); row++) {
    for (let column = xMin ?? 0; column <= (xMax ?? -1); column++) squares.push({ column, row })
  }
  return squares
}

/** A block of `span × span` squares from its south-western one. */
interface Block extends Square {
  readonly span: number
}

const squareBox = ({ column, row }: Square, sizeM: number, span = 1): Box => [
  column * sizeM,
  row * sizeM,
  (column + span) * sizeM,
  (row + span) * sizeM,
]

function wholeOf(square: Square, sizeM: number): PlanePolygon {
  const [xMin, yMin, xMax, yMax] = squareBox(square, sizeM)
  return [[xMin, yMin, xMax, yMin, xMax, yMax, xMin, yMax]]
}

/** What of the region lies in a square. */
type Inside = readonly PlanePolygon[] | 'whole'

/** Visits the wanted squares (null: all) that share area with the region, with what is inside each. */
function cutIntoSquares(
  { polygons, sizeM }: Cover,
  wanted: readonly Square[] | null,
  visit: (square: Square, inside: Inside) => void,
): void {
  const [xMin, yMin, xMax, yMax] = boxOf(polygons.flat())
  const column = Math.floor(xMin / sizeM)
  const row = Math.floor(yMin / sizeM)
  const extent = Math.max(xMax / sizeM - column, yMax / sizeM - row, 1)
  const span = 2 ** Math.ceil(Math.log2(extent))
  // Smaller than what a square centimetre in the smallest cell would matter.
  const toleranceM2 = sizeM * sizeM * 1e-9
  const descend = (block: Block, parts: readonly PlanePolygon[], keys: typeof wanted): void => {
    const box = squareBox(block, sizeM, block.span)
    const inside = parts
      .map((polygon) => clipToBox(polygon, box))
      .filter((polygon) => areaOf(polygon) > toleranceM2)
    if (inside.length === 0 || keys?.length === 0) return
    if (block.span === 1) {
      visit(block, inside)
      return
    }
    const fullM2 = (block.span * sizeM) ** 2 - toleranceM2
    if (inside.some((polygon) => areaOf(polygon) >= fullM2)) {
      for (const square of keys ?? squaresOf(block)) visit(square, 'whole')
      return
    }
    for (const quarter of quartersOf(block)) {
      descend(quarter, inside, within(quarter, keys))
    }
  }
  descend({ column, row, span }, polygons, wanted)
}

function quartersOf({ column, row, span }: Block): Block[] {
  const half = span / 2
  return [
    { column, row, span: half },
    { column: column + half, row, span: half },
    { column, row: row + half, span: half },
    { column: column + half, row: row + half, span: half },
  ]
}

function* squaresOf({ column, row, span }: Block): Generator<Square> {
  for (let r = row; r < row + span; r++) {
    for (let c = column; c < column + span; c++) yield { column: c, row: r }
  }
}

function within({ column, row, span }: Block, squares: readonly Square[] | null) {
  if (squares === null) return null
  const isWithin = ({ column: c, row: r }: Square) =>
    c >= column && c < column + span && r >= row && r < row + span
  return squares.filter(isWithin)
}

function tooMany(): InputError {
  return new InputError(
    'cells-too-many',
    `Expected at most ${CELLS_MAX} cells to touch the region, got more`,
    { hint: 'choose larger cells, e.g. --cells square:1km' },
  )
}
