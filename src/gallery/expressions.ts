/**
 * The SQL of a query's distance and of a grid's cell, as fragments with their parameters.
 * A scan names the region `$1`, then come the distance's parameters, then the cell's.
 */
import { InputError } from '../errors.ts'
import type { CellGrid, CellKey, GalleryQuery } from '../heatmap-types.ts'
import { dimension, halfMax, vectorText } from './halfvec.ts'
import type { Packing } from './packed-best.ts'

/** A fragment and the values of its `$n`. */
export interface Expression {
  readonly sql: string
  readonly params: readonly unknown[]
}

/** The key of a cell, and how PostgreSQL sends its type: a double for squares, 64 bits for H3. */
export interface CellExpression extends Expression {
  /** Of the key in SQL. */
  readonly type: 'float8' | 'int8'
  readonly send: 'float8send' | 'int8send'
}

/**
 * A fragment that is ordered like the distance and exact in single precision, and what makes the
 * distance of its value.
 */
export interface Distance extends Expression {
  readonly packing: Packing
  finish(value: number): number
}

/**
 * The operator of a query, parameters from `$2` on. With weights the rows are multiplied as
 * `vector`: the product of two `halfvec` raises an error when it underflows.
 * @throws {InputError} `query-invalid`
 */
export function distanceOf(query: GalleryQuery): Distance {
  checkQuery(query)
  const { operator, vector, weights, scale, offset } = query
  if (operator === '-dot') {
    const unit = powerOfTwoBelow(vector)
    return {
      sql: '(logits <#> $2::halfvec)',
      params: [vectorText(vector.map((value) => value / unit))],
      packing: '-dot',
      finish: (value) => scale * unit * value + offset,
    }
  }
  // The operator <-> is the root of these in double precision, which would leave no bits for a
  // point's id.
  const squared = {
    packing: 'distance' as const,
    finish: (value: number) => scale * Math.sqrt(value) + offset,
  }
  if (weights === undefined) {
    const sql = 'halfvec_l2_squared_distance(logits, $2::halfvec)'
    return { ...squared, sql, params: [vectorText(vector)] }
  }
  const weighted = vector.map((value, i) => value * (weights[i] ?? 0))
  return {
    ...squared,
    sql: 'vector_l2_squared_distance(logits::vector * $3::vector, $2::vector)',
    params: [vectorText(weighted), vectorText(weights)],
  }
}

/** Brings any vector into the range of half precision; exact, because it is a power of two. */
function powerOfTwoBelow(vector: Float32Array): number {
  const largest = vector.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  return largest === 0 ? 1 : 2 ** Math.floor(Math.log2(largest))
}

function checkQuery({ operator, vector, weights, scale, offset }: GalleryQuery): void {
  const max = operator === 'l2' ? halfMax : Infinity
  const ones = weights ?? new Float32Array(dimension).fill(1)
  const demands: readonly (readonly [isMet: boolean, demand: string])[] = [
    [vector.length === dimension, `${dimension} numbers for the vector`],
    [vector.every((value) => Math.abs(value) < max), 'numbers in half precision for the vector'],
    [weights === undefined || operator === 'l2', 'the operator l2 with weights'],
    [ones.length === dimension, `${dimension} weights`],
    [ones.every((weight) => weight >= 0 && weight < halfMax), 'weights of 0 or more'],
    [scale > 0 && scale < Infinity, 'a positive scale'],
    [Number.isFinite(offset), 'a finite offset'],
  ]
  const broken = demands.filter(([isMet]) => !isMet).map(([, demand]) => demand)
  if (broken.length === 0) return
  throw new InputError(
    'query-invalid',
    `Expected ${broken.join(', ')}, got ${operator} of ${vector.length} numbers, scale ${scale}, offset ${offset}`,
  )
}

/** Column and row of a square share one number: one grouping key is cheaper than two. */
const columnStride = 2 ** 26

/** With smaller squares a column or row on Earth would not fit half of `columnStride`. */
const squareMinM = 0.5

/**
 * The key of the cell that a row lies in, parameters from `$first` on.
 * @throws {InputError} `cells-invalid`
 */
export function cellOf(grid: CellGrid, first: number): CellExpression {
  return grid.kind === 'h3' ? h3Of(grid, first) : squareOf(grid, first)
}

function squareOf({ sizeM, epsg }: CellGrid & { kind: 'square' }, first: number): CellExpression {
  if (epsg !== null || !(sizeM >= squareMinM && sizeM < Infinity)) {
    throw new InputError(
      'cells-invalid',
      `Expected squares of at least ${squareMinM} m in the region's projection for cells, got ${sizeM} m in ${epsg === null ? 'it' : `EPSG:${epsg}`}`,
    )
  }
  return {
    sql: `floor(x / $${first}::double precision) * ${columnStride} + floor(y / $${first}::double precision)`,
    params: [sizeM],
    type: 'float8',
    send: 'float8send',
  }
}

/**
 * An H3 parent keeps the digits down to its resolution, sets the rest to 7 and says its resolution.
 */
function h3Of({ resolution }: CellGrid & { kind: 'h3' }, first: number): CellExpression {
  if (!(Number.isInteger(resolution) && resolution >= 0 && resolution <= 15)) {
    throw new InputError('cells-invalid', `Expected 0…15 for the H3 resolution, got ${resolution}`)
  }
  const clear = ~(15n << 52n)
  const set = (BigInt(resolution) << 52n) | ((1n << BigInt(3 * (15 - resolution))) - 1n)
  return {
    sql: `(h3 & $${first}::bigint) | $${first + 1}::bigint`,
    params: [clear, set],
    type: 'int8',
    send: 'int8send',
  }
}

/** The key as everybody else writes it: `column,row` or the H3 index in hex. */
export function keyOf(cell: number | bigint): CellKey {
  if (typeof cell === 'bigint') return cell.toString(16)
  const column = Math.round(cell / columnStride)
  return `${column},${cell - column * columnStride}`
}
