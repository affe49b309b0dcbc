/**
 * How a region is cut into cells: squares in an equal-area projection, or H3. Pure.
 * The gallery groups by the same keys in SQL; a test of the gallery proves that both agree.
 */
import {
  cellToBoundary,
  cellToLatLng,
  cellToParent,
  getHexagonAreaAvg,
  isValidCell,
  latLngToCell,
} from 'h3-js'
import { InputError } from '../errors.ts'
import type { CellGrid, CellKey } from '../heatmap-types.ts'
import type { LonLat } from '../types.ts'
import { createLaea, createProjection, isMetric, type Projection } from './projection.ts'

/** A closed ring of `[lon, lat]°`, counter-clockwise; it may cross the antimeridian. */
export type LonLatRing = readonly (readonly [lon: number, lat: number])[]

/** Places ↔ cells of one grid, for one region. */
export interface CellGeometry {
  readonly grid: CellGrid
  /** The plane that squares are aligned to and that areas are measured from; LAEA for H3. */
  readonly plane: Projection
  /** The region's equal-area projection. */
  readonly equalArea: Projection
  /** @throws {InputError} `outside-projection` */
  keyOf(at: LonLat): CellKey
  /** @throws {InputError} `cell-key` */
  ringOf(key: CellKey): LonLatRing
  /** @throws {InputError} `cell-key` */
  centreOf(key: CellKey): LonLat
}

const EXAMPLES = 'examples: square:25km, square:50m, square:25km@3035, h3:7'
const SIZE_MIN_M = 1
const SIZE_MAX_M = 2_000_000
/** Sides longer than this get extra vertices: a 25 km side is then true to 1 m at 60° north. */
const SIDE_STEP_M = 5_000

/**
 * Reads a grid as it is written on the command line.
 * @throws {InputError} `cells-spec`
 */
export function parseCells(spec: string): CellGrid {
  const square = /^square:(\d+(?:\.\d+)?)(m|km)(?:@(\d{4,6}))?$/.exec(spec)
  if (square) return parseSquare(spec, square)
  const h3 = /^h3:(\d{1,2})$/.exec(spec)
  const resolution = Number(h3?.[1])
  if (h3 && resolution <= 15) return { kind: 'h3', resolution }
  throw badSpec(spec, h3 ? 'an H3 resolution 0–15' : 'square:<size>m|km[@EPSG] or h3:<resolution>')
}

function parseSquare(spec: string, [, size, unit, epsg]: RegExpExecArray): CellGrid {
  // To a thousandth of a millimetre: 2.01 km are 2010 m, and not 2009.9999999999998.
  const sizeM = Math.round(Number(size) * (unit === 'km' ? 1e9 : 1e6)) / 1e6
  if (sizeM >= SIZE_MIN_M && sizeM <= SIZE_MAX_M) {
    return { kind: 'square', sizeM, epsg: epsg === undefined ? null : Number(epsg) }
  }
  throw badSpec(spec, `a side of ${SIZE_MIN_M} m to ${SIZE_MAX_M / 1000} km`)
}

function badSpec(spec: string, expected: string): InputError {
  const message = `Expected ${expected} for cells, got "${spec.slice(0, 60)}"`
  return new InputError('cells-spec', message, { hint: EXAMPLES })
}

/** Writes a grid so that `parseCells` reads it back. */
export function formatCells(grid: CellGrid): string {
  if (grid.kind === 'h3') return `h3:${grid.resolution}`
  const isWholeKm = grid.sizeM % 1000 === 0
  const size = isWholeKm ? `${grid.sizeM / 1000}km` : `${grid.sizeM}m`
  return `square:${size}${grid.epsg === null ? '' : `@${grid.epsg}`}`
}

/** Side of a square, or of one with the area of an average hexagon, metres. */
export function cellSideM(grid: CellGrid): number {
  return grid.kind === 'square' ? grid.sizeM : Math.sqrt(getHexagonAreaAvg(grid.resolution, 'm2'))
}

/**
 * Builds the geometry of a grid over a region.
 * @param centre  of the region's equal-area projection
 * @throws {InputError} `cells-crs` when squares in metres make no sense in the named CRS
 */
export function createCellGeometry(grid: CellGrid, centre: LonLat): CellGeometry {
  const equalArea = createLaea(centre)
  if (grid.kind === 'h3') return createH3Geometry(grid, equalArea)
  const plane = grid.epsg === null ? equalArea : createProjection(grid.epsg)
  if (grid.epsg !== null) checkMetric(grid.epsg)
  return createSquareGeometry(grid, { plane, equalArea, isMirrored: isMirrored(plane, centre) })
}

/**
 * Whether a plane shows the ground as from below: x south and y west, as in EPSG:8352. Degrees
 * apart: 1e-3.
 */
function isMirrored(plane: Projection, { lon, lat }: LonLat): boolean {
  // Towards the Greenwich meridian and the equator: never over the antimeridian or a pole.
  const [dLon, dLat] = [lon > 0 ? -1e-3 : 1e-3, lat > 0 ? -1e-3 : 1e-3]
  const [x, y] = plane.forward({ lon, lat })
  const [eastX, eastY] = plane.forward({ lon: lon + dLon, lat })
  const [northX, northY] = plane.forward({ lon, lat: lat + dLat })
  return ((eastX - x) * (northY - y) - (eastY - y) * (northX - x)) * dLon * dLat < 0
}

type SquareGrid = Extract<CellGrid, { kind: 'square' }>
type H3Grid = Extract<CellGrid, { kind: 'h3' }>

function createSquareGeometry(
  grid: SquareGrid,
  {
    plane,
    equalArea,
    isMirrored,
  }: {
    readonly plane: Projection
    readonly equalArea: Projection
    readonly isMirrored: boolean
  },
): CellGeometry {
  const { sizeM } = grid
  const stepCount = Math.min(64, Math.ceil(sizeM / SIDE_STEP_M))
  const inverse = ([x, y]: readonly [number, number]): readonly [number, number] => {
    const { lon, lat } = plane.inverse(x, y)
    return [lon, lat]
  }
  return {
    grid,
    plane,
    equalArea,
    keyOf(at) {
      const [x, y] = plane.forward(at)
      if (!Number.isFinite(x + y)) throw outsideProjection(at)
      return `${Math.floor(x / sizeM)},${Math.floor(y / sizeM)}`
    },
    ringOf(key) {
      const ring = squareRing(squareOf(key), { sizeM, stepCount }).map(inverse)
      return isMirrored ? ring.reverse() : ring
    },
    centreOf(key) {
      const { column, row } = squareOf(key)
      return plane.inverse((column + 0.5) * sizeM, (row + 0.5) * sizeM)
    },
  }
}

/** Column and row of a square's key. @throws {InputError} `cell-key` */
export function squareOf(key: CellKey): { readonly column: number; readonly row: number } {
  const match = /^(-?\d+),(-?\d+)$/.exec(key)
  if (match) return { column: Number(match[1]), row: Number(match[2]) }
  throw new InputError('cell-key', `Expected "column,row" for the key of a square, got "${key}"`)
}

function squareRing(
  { column, row }: { readonly column: number; readonly row: number },
  { sizeM, stepCount }: { readonly sizeM: number; readonly stepCount: number },
): (readonly [number, number])[] {
  const corners = [
    [column, row],
    [column + 1, row],
    [column + 1, row + 1],
    [column, row + 1],
  ] as const
  const ring: [number, number][] = []
  for (const [i, [fromX, fromY]] of corners.entries()) {
    const [toX, toY] = corners[(i + 1) % 4] ?? corners[0]
    for (let step = 0; step < stepCount; step++) {
      const t = step / stepCount
      ring.push([(fromX + (toX - fromX) * t) * sizeM, (fromY + (toY - fromY) * t) * sizeM])
    }
  }
  return [...ring, [column * sizeM, row * sizeM]]
}

function createH3Geometry(grid: H3Grid, equalArea: Projection): CellGeometry {
  const checked = (key: CellKey) => {
    if (isValidCell(key)) return key
    throw new InputError('cell-key', `Expected an H3 index for the key of a cell, got "${key}"`)
  }
  return {
    grid,
    plane: equalArea,
    equalArea,
    // The parent of the finest cell, not latLngToCell(resolution): children stick out of their
    // parents a little, and the database knows only resolution 15.
    keyOf: ({ lon, lat }) => cellToParent(latLngToCell(lat, lon, 15), grid.resolution),
    ringOf: (key) => cellToBoundary(checked(key), true),
    centreOf(key) {
      const [lat, lon] = cellToLatLng(checked(key))
      return { lon, lat }
    },
  }
}

function checkMetric(epsg: number): void {
  if (isMetric(epsg)) return
  throw new InputError('cells-crs', `Expected a CRS in metres for cells, got EPSG:${epsg}`, {
    hint: 'choose a projected CRS in metres that covers the region, e.g. @3035 in Europe, or leave the @ out',
  })
}

function outsideProjection({ lon, lat }: LonLat): InputError {
  return new InputError(
    'outside-projection',
    `Expected a place that the cells' projection covers, got ${lon},${lat}`,
  )
}
