/**
 * Which cells a region touches and how much of each lies inside it. Pure.
 * One mechanism for both kinds of grid: the region is quartered, where somebody looks, until a
 * block is one square, or wholly inside, or empty; hexagons are clipped against the squares that
 * they touch.
 */
import { getHexagonEdgeLengthAvg, gridDisk, latLngToCell } from 'h3-js'
import { InputError } from '../errors.ts'
import type { CellKey } from '../heatmap-types.ts'
import type { Boundary } from '../types.ts'
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
import { checkCovered, checkReach, projectBoundary, regionAreaKm2 } from './project-boundary.ts'

/** The region as its cells see it. Polygons of a boundary must not overlap. */
export interface RegionCover {
  /** The whole region, km². */
  readonly areaKm2: number
  /** The part of a cell inside the region, km²; 0 outside. */
  areaInRegionKm2(key: CellKey): number
  /**
   * All cells that share area with the region, searched or not.
   * @throws {InputError} `cells-too-many` above 2,000,000
   */
  cellsTouching(): CellKey[]
}

const CELLS_MAX = 2_000_000
/**
 * Squares smaller than a hexagon: the hexagon of a square's centre and its neighbours then cover
 * it.
 */
const SQUARE_PER_EDGE = 0.75

/**
 * Prepares the cover of a region.
 * @throws {InputError} `boundary-too-large`, `outside-projection`, `boundary-empty`
 */
export function createRegionCover(geometry: CellGeometry, boundary: Boundary): RegionCover {
  const { grid, plane, equalArea } = geometry
  const sizeM =
    grid.kind === 'square'
      ? grid.sizeM
      : getHexagonEdgeLengthAvg(grid.resolution, 'm') * SQUARE_PER_EDGE
  const toleranceM = Math.min(1, Math.max(0.01, sizeM / 1000))
  const polygons = projectBoundary(boundary, plane, toleranceM)
  const truePolygons =
    plane === equalArea ? polygons : projectBoundary(boundary, equalArea, toleranceM)
  checkReach(truePolygons, equalArea.inverse(0, 0))
  checkCovered(polygons)
  const areaKm2 = regionAreaKm2(truePolygons)
  const cover = { geometry, squares: createSquares(polygons, sizeM), sizeM }
  return grid.kind === 'h3'
    ? { areaKm2, ...coverOfHexagons(cover, grid.resolution) }
    : { areaKm2, ...coverOfSquares(cover) }
}

interface Cover {
  readonly geometry: CellGeometry
  readonly squares: Squares
  /** Side of a square; for H3 of the auxiliary squares. */
  readonly sizeM: number
}

function coverOfSquares(cover: Cover): Omit<RegionCover, 'areaKm2'> {
  const { squares } = cover
  return {
    areaInRegionKm2(key) {
      const square = squareOf(key)
      return squareAreaM2(cover, square, squares.insideOf(square)) / 1e6
    },
    cellsTouching() {
      const keys: CellKey[] = []
      squares.forEach(({ column, row }) => {
        refuseTooManyCells(keys.push(`${column},${row}`))
      })
      return keys
    },
  }
}

function squareAreaM2({ geometry, sizeM }: Cover, square: Square, inside: Inside): number {
  const { plane, equalArea } = geometry
  if (inside.length === 0) return 0
  const toTrue = (ring: PlaneRing) => {
    const moved: number[] = []
    for (let i = 0; i < ring.length; i += 2) {
      moved.push(...equalArea.forward(plane.inverse(ring[i] ?? NaN, ring[i + 1] ?? NaN)))
    }
    return moved
  }
  const isEqualArea = plane === equalArea
  const truly = (polygon: PlanePolygon) => (isEqualArea ? polygon : polygon.map(toTrue))
  // Of a plane with x south and y west, such as EPSG:8352, rings come out the other way round.
  const trueM2 = (polygon: PlanePolygon) => Math.abs(areaOf(truly(polygon)))
  const wholeM2 = isEqualArea ? sizeM * sizeM : trueM2(wholeOf(square, sizeM))
  if (inside === 'whole') return wholeM2
  const insideM2 = inside.reduce((sum, polygon) => sum + trueM2(polygon), 0)
  return Math.min(wholeM2, insideM2)
}

function coverOfHexagons(cover: Cover, resolution: number): Omit<RegionCover, 'areaKm2'> {
  const { geometry, squares, sizeM } = cover
  const { plane } = geometry
  const areaInRegionKm2 = (key: CellKey) => {
    const places = geometry.ringOf(key).slice(1)
    const ring = places.flatMap(([lon, lat]) => [...plane.forward({ lon, lat })])
    return hexagonAreaM2(cover, orient(ring, true)) / 1e6
  }
  const cellsTouching = () => {
    const candidates = new Set<CellKey>()
    squares.forEach(({ column, row }) => {
      const at = plane.inverse((column + 0.5) * sizeM, (row + 0.5) * sizeM)
      for (const key of gridDisk(latLngToCell(at.lat, at.lon, resolution), 1)) candidates.add(key)
      refuseTooManyCells(candidates.size)
    })
    return [...candidates].filter((key) => areaInRegionKm2(key) > 0)
  }
  return { areaInRegionKm2, cellsTouching }
}

function hexagonAreaM2({ squares, sizeM }: Cover, hexagon: PlaneRing): number {
  const wholeM2 = signedArea(hexagon)
  const touched = squaresOver(hexagon, sizeM).map((square) => ({
    square,
    inside: squares.insideOf(square),
  }))
  if (touched.every(({ inside }) => inside === 'whole')) return wholeM2
  let areaM2 = 0
  for (const { square, inside } of touched) {
    const polygons = inside === 'whole' ? [wholeOf(square, sizeM)] : inside
    for (const polygon of polygons) areaM2 += areaOf(clipToConvex(polygon, hexagon))
  }
  return Math.min(areaM2, wholeM2)
}

interface Square {
  readonly column: number
  readonly row: number
}

function squaresOver(ring: PlaneRing, sizeM: number): Square[] {
  const [xMin, yMin, xMax, yMax] = boxOf([ring])
  const squares: Square[] = []
  for (let row = Math.floor(yMin / sizeM); row <= Math.floor(yMax / sizeM); row++) {
    for (let column = Math.floor(xMin / sizeM); column <= Math.floor(xMax / sizeM); column++) {
      squares.push({ column, row })
    }
  }
  return squares
}

function wholeOf({ column, row }: Square, sizeM: number): PlanePolygon {
  const [xMin, yMin, xMax, yMax] = squareBox({ column, row, span: 1 }, sizeM)
  return [[xMin, yMin, xMax, yMin, xMax, yMax, xMin, yMax]]
}

/** What of the region lies in a square or block; empty outside. */
type Inside = readonly PlanePolygon[] | 'whole'

/**
 * A block of `span × span` squares from its south-western one; its quarters are cut when needed.
 */
interface Block extends Square {
  readonly span: number
  readonly inside: Inside
  quarters?: readonly Block[]
}

/** The region, cut into squares. */
interface Squares {
  insideOf(square: Square): Inside
  /** Visits the squares that share area with the region. */
  forEach(visit: (square: Square) => void): void
}

function createSquares(polygons: readonly PlanePolygon[], sizeM: number): Squares {
  const [xMin, yMin, xMax, yMax] = boxOf(polygons.flat())
  const column = Math.floor(xMin / sizeM)
  const row = Math.floor(yMin / sizeM)
  const extent = Math.max(xMax / sizeM - column, yMax / sizeM - row, 1)
  const span = 2 ** Math.ceil(Math.log2(extent))
  const root: Block = { column, row, span, inside: polygons }
  return {
    insideOf(square) {
      if (!isWithin(root, square)) return []
      let block = root
      while (block.span > 1 && block.inside !== 'whole' && block.inside.length > 0) {
        const next = quartersOf(block, sizeM).find((quarter) => isWithin(quarter, square))
        if (next === undefined) break
        block = next
      }
      return block.inside
    },
    forEach(visit) {
      visitBlock(root, sizeM, visit)
    },
  }
}

function visitBlock(block: Block, sizeM: number, visit: (square: Square) => void): void {
  const { column, row, span, inside } = block
  if (inside.length === 0) return
  if (span === 1) {
    visit({ column, row })
  } else if (inside === 'whole') {
    for (let r = row; r < row + span; r++) {
      for (let c = column; c < column + span; c++) visit({ column: c, row: r })
    }
  } else {
    for (const quarter of quartersOf(block, sizeM)) visitBlock(quarter, sizeM, visit)
  }
}

function quartersOf(block: Block, sizeM: number): readonly Block[] {
  if (block.quarters) return block.quarters
  const span = block.span / 2
  const at = (column: number, row: number): Block => {
    const inside = clipInside(block.inside, squareBox({ column, row, span }, sizeM), sizeM)
    return { column, row, span, inside }
  }
  const { column, row } = block
  block.quarters = [
    at(column, row),
    at(column + span, row),
    at(column, row + span),
    at(column + span, row + span),
  ]
  return block.quarters
}

function clipInside(inside: Inside, box: Box, sizeM: number): Inside {
  if (inside === 'whole') return inside
  // Rounding leaves slivers that mean nothing; a billionth of a cell is far below any tolerance.
  const sliverM2 = sizeM * sizeM * 1e-9
  const clipped = inside
    .map((polygon) => clipToBox(polygon, box))
    .filter((polygon) => areaOf(polygon) > sliverM2)
  const wholeM2 = (box[2] - box[0]) * (box[3] - box[1])
  return clipped.some((polygon) => areaOf(polygon) >= wholeM2 - sliverM2) ? 'whole' : clipped
}

function squareBox(block: Square & { readonly span: number }, sizeM: number): Box {
  const { column, row, span } = block
  return [column * sizeM, row * sizeM, (column + span) * sizeM, (row + span) * sizeM]
}

function isWithin({ column, row, span }: Block, square: Square): boolean {
  const { column: c, row: r } = square
  return c >= column && c < column + span && r >= row && r < row + span
}

/**
 * Refuses more cells than fit memory and a file.
 * @throws {InputError} `cells-too-many` above 2,000,000
 */
export function refuseTooManyCells(count: number): void {
  if (count <= CELLS_MAX) return
  throw new InputError(
    'cells-too-many',
    `Expected at most ${CELLS_MAX} cells to touch the region, got more`,
    { hint: 'choose larger cells, e.g. --cells square:1km' },
  )
}
