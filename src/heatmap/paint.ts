/** Heatmap → the pixels of its map: cells in colour, "not searched" hatched, outside plain. Pure. */
import { createCellGeometry, squareOf, type CellGeometry } from '../geo/cells.ts'
import { boxOf, type PlanePolygon, type PlaneRing } from '../geo/clip.ts'
import type { Cell, Heatmap, Rgb8 } from '../types.ts'
import type { MapView } from './map-view.ts'
import type { Colour } from './ramp.ts'

const OUTSIDE: Colour = [250, 250, 251]
/** Grey and never blue: "not searched" must not look like "bad". */
export const HATCH_GROUND: Colour = [232, 232, 232]
export const HATCH_STRIPE: Colour = [176, 176, 176]
export const HATCH_PERIOD_PX = 8
export const HATCH_STRIPE_PX = 2
/** Smaller cells are drawn this large, or sparse ones would not be seen at all. */
const CELL_MIN_PX = 2

/** Paints the map, `rgb8[height, width, 3]`; better cells lie over worse ones where they share pixels. */
export function paintMap(heatmap: Heatmap, view: MapView, colourOf: (cell: Cell) => Colour): Rgb8 {
  const { width, height } = view
  const canvas = { width, height, data: new Uint8Array(width * height * 3) }
  const isInRegion = maskOf(view)
  paintGround(canvas, isInRegion)
  const geometry = createCellGeometry(heatmap.grid, heatmap.region.centre)
  for (let i = heatmap.cells.length - 1; i >= 0; i--) {
    const cell = heatmap.cells[i]
    if (cell === undefined) continue
    const ring = ringInPx(cell, geometry, view)
    const colour = colourOf(cell)
    const [xMin, yMin, xMax, yMax] = boxOf([ring])
    if (Math.min(xMax - xMin, yMax - yMin) < CELL_MIN_PX) {
      paintDot(canvas, view.toPx(cell.point), colour)
    } else {
      forEachPixel([ring], canvas, (index) => {
        if (isInRegion[index]) setPixel(canvas, index, colour)
      })
    }
  }
  return canvas
}

/** Squares of the region's own projection need no projecting: hundreds of thousands are drawn at once. */
function ringInPx(cell: Cell, geometry: CellGeometry, view: MapView): PlaneRing {
  const { grid, plane, equalArea } = geometry
  if (grid.kind === 'square' && plane === equalArea) {
    const { column, row } = squareOf(cell.key)
    const [xMin, yMax] = view.metresToPx(column * grid.sizeM, row * grid.sizeM)
    const [xMax, yMin] = view.metresToPx((column + 1) * grid.sizeM, (row + 1) * grid.sizeM)
    return [xMin, yMin, xMax, yMin, xMax, yMax, xMin, yMax]
  }
  return geometry
    .ringOf(cell.key)
    .slice(1)
    .flatMap(([lon, lat]) => [...view.toPx({ lon, lat })])
}

function maskOf(view: MapView): Uint8Array {
  const mask = new Uint8Array(view.width * view.height)
  for (const polygon of view.polygons) forEachPixel(polygon, view, (index) => (mask[index] = 1))
  return mask
}

function paintGround(canvas: Rgb8, isInRegion: Uint8Array): void {
  for (let index = 0; index < isInRegion.length; index++) {
    const x = index % canvas.width
    const y = (index - x) / canvas.width
    const isStripe = (x + y) % HATCH_PERIOD_PX < HATCH_STRIPE_PX
    const hatch = isStripe ? HATCH_STRIPE : HATCH_GROUND
    setPixel(canvas, index, isInRegion[index] ? hatch : OUTSIDE)
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

/** Visits the pixels whose centres lie inside a polygon (even-odd over its rings). */
function forEachPixel(
  polygon: PlanePolygon,
  { width, height }: Frame,
  visit: (index: number) => void,
): void {
  const [, yMin, , yMax] = boxOf(polygon)
  const last = Math.min(height - 1, Math.ceil(yMax - 0.5) - 1)
  for (let row = Math.max(0, Math.ceil(yMin - 0.5)); row <= last; row++) {
    const crossings = crossingsAt(polygon, row + 0.5)
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil((crossings[i] ?? 0) - 0.5))
      const to = Math.min(width - 1, Math.ceil((crossings[i + 1] ?? 0) - 0.5) - 1)
      for (let column = from; column <= to; column++) visit(row * width + column)
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
