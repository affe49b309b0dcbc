/**
 * Cells → the pixels of their map: cells in colour, "not searched" hatched, outside plain. Pure.
 */
import { createCellGeometry, squareOf } from '../geo/cells.ts'
import { boxOf, type Box, type PlanePolygon, type PlaneRing } from '../geo/clip.ts'
import type { CellGrid, CellKey } from '../heatmap-types.ts'
import type { LonLat, Rgb8 } from '../types.ts'
import type { MapView } from './map-view.ts'
import type { Colour } from './ramp.ts'

/** Stripes of one colour on another. */
export interface Hatch {
  readonly ground: Colour
  readonly stripe: Colour
}

const OUTSIDE: Colour = [250, 250, 251]
/** Grey and never blue: "not searched" must not look like "bad". */
export const HATCH_GROUND: Colour = [232, 232, 232]
export const HATCH_STRIPE: Colour = [176, 176, 176]
const NOT_SEARCHED: Hatch = { ground: HATCH_GROUND, stripe: HATCH_STRIPE }
export const HATCH_PERIOD_PX = 8
export const HATCH_STRIPE_PX = 2
/** Smaller cells are drawn this large, or sparse ones would not be seen at all. */
const CELL_MIN_PX = 2

/** A cell that is painted. */
export interface MapCell {
  readonly key: CellKey
  /** Where a dot stands for it, if it is too small to be seen. */
  readonly point: LonLat
}

/** Cells of a grid over a region, the most important first. */
export interface MapCells<C extends MapCell> {
  readonly region: { readonly centre: LonLat }
  readonly grid: CellGrid
  readonly cells: readonly C[]
}

/**
 * Paints the map, `rgb8[height, width, 3]`; first cells lie over later ones where they share
 * pixels.
 */
export function paintMap<C extends MapCell>(
  map: MapCells<C>,
  view: MapView,
  fillOf: (cell: C) => Colour | Hatch,
): Rgb8 {
  const { width, height } = view
  const canvas = { width, height, data: new Uint8Array(width * height * 3) }
  const isInRegion = maskOf(view)
  paintGround(canvas, isInRegion)
  const shapeOf = createShapes(map, view)
  for (let i = map.cells.length - 1; i >= 0; i--) {
    const cell = map.cells[i]
    if (cell === undefined) continue
    const fill = fillOf(cell)
    const paint = (index: number) => {
      if (isInRegion[index]) setPixel(canvas, index, colourIn(fill, index, width))
    }
    const { box, ring } = shapeOf(cell)
    const [xMin, yMin, xMax, yMax] = box
    if (Math.min(xMax - xMin, yMax - yMin) < CELL_MIN_PX) {
      paintDot(canvas, view.toPx(cell.point), 'ground' in fill ? fill.stripe : fill)
    } else if (ring === null) {
      forEachPixelOfBox(box, canvas, paint)
    } else {
      forEachPixel([ring], canvas, paint)
    }
  }
  return canvas
}

function colourIn(fill: Colour | Hatch, index: number, width: number): Colour {
  if (!('ground' in fill)) return fill
  const x = index % width
  const y = (index - x) / width
  return (x + y) % HATCH_PERIOD_PX < HATCH_STRIPE_PX ? fill.stripe : fill.ground
}

/** A cell in px; `ring` null: it is its box. */
interface Shape {
  readonly box: Box
  readonly ring: PlaneRing | null
}

/**
 * Squares of the region's own projection need no projecting: hundreds of thousands are drawn at
 * once.
 */
function createShapes(
  map: Omit<MapCells<MapCell>, 'cells'>,
  view: MapView,
): (cell: MapCell) => Shape {
  const geometry = createCellGeometry(map.grid, map.region.centre)
  const { grid, plane, equalArea } = geometry
  if (grid.kind === 'square' && plane === equalArea) {
    return ({ key }) => {
      const { column, row } = squareOf(key)
      const [xMin, yMax] = view.metresToPx(column * grid.sizeM, row * grid.sizeM)
      const sizePx = grid.sizeM / view.metresPerPx
      return { box: [xMin, yMax - sizePx, xMin + sizePx, yMax], ring: null }
    }
  }
  return ({ key }) => {
    const places = geometry.ringOf(key).slice(1)
    const ring = places.flatMap(([lon, lat]) => [...view.toPx({ lon, lat })])
    return { box: boxOf([ring]), ring }
  }
}

function maskOf(view: MapView): Uint8Array {
  const mask = new Uint8Array(view.width * view.height)
  for (const polygon of view.polygons) forEachPixel(polygon, view, (index) => (mask[index] = 1))
  return mask
}

function paintGround(canvas: Rgb8, isInRegion: Uint8Array): void {
  for (let index = 0; index < isInRegion.length; index++) {
    const fill = isInRegion[index] ? NOT_SEARCHED : OUTSIDE
    setPixel(canvas, index, colourIn(fill, index, canvas.width))
  }
}

function paintDot(canvas: Rgb8, [x, y]: readonly [number, number], colour: Colour): void {
  const left = Math.round(x - CELL_MIN_PX / 2)
  const top = Math.round(y - CELL_MIN_PX / 2)
  const right = Math.min(canvas.width, left + CELL_MIN_PX)
  for (let py = Math.max(0, top); py < Math.min(canvas.height, top + CELL_MIN_PX); py++) {
    for (let px = Math.max(0, left); px < right; px++) {
      setPixel(canvas, py * canvas.width + px, colour)
    }
  }
}

function setPixel({ data }: Rgb8, index: number, [red, green, blue]: Colour): void {
  data[index * 3] = red
  data[index * 3 + 1] = green
  data[index * 3 + 2] = blue
}

interface Frame {
  readonly width: number
  readonly height: number
}

/** First and last of the pixels whose centres lie between two edges. */
const between = (from: number, to: number, count: number) =>
  [Math.max(0, Math.ceil(from - 0.5)), Math.min(count - 1, Math.ceil(to - 0.5) - 1)] as const

function forEachPixelOfBox(box: Box, { width, height }: Frame, visit: (index: number) => void) {
  const [firstColumn, lastColumn] = between(box[0], box[2], width)
  const [firstRow, lastRow] = between(box[1], box[3], height)
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) visit(row * width + column)
  }
}

/** Visits the pixels whose centres lie inside a polygon (even-odd over its rings). */
function forEachPixel(
  polygon: PlanePolygon,
  { width, height }: Frame,
  visit: (index: number) => void,
): void {
  const [, yMin, , yMax] = boxOf(polygon)
  const [firstRow, lastRow] = between(yMin, yMax, height)
  for (let row = firstRow; row <= lastRow; row++) {
    const crossings = crossingsAt(polygon, row + 0.5)
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const [first, last] = between(crossings[i] ?? 0, crossings[i + 1] ?? 0, width)
      for (let column = first; column <= last; column++) visit(row * width + column)
    }
  }
}

function crossingsAt(polygon: PlanePolygon, y: number): number[] {
  const crossings: number[] = []
  for (const ring of polygon) {
    let fromX = ring.at(-2) ?? 0
    let fromY = ring.at(-1) ?? 0
    for (let i = 0; i < ring.length; i += 2) {
      const toX = ring[i] ?? 0
      const toY = ring[i + 1] ?? 0
      if (fromY > y !== toY > y) {
        crossings.push(fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX))
      }
      fromX = toX
      fromY = toY
    }
  }
  return crossings.sort((a, b) => a - b)
}
