/**
 * A value and a point's id in one double, so that `min` over plain numbers finds a cell's best
 * point. Comparing `array[value, id]` instead costs more (docs/benchmarks.md). pgvector computes in
 * single precision: 24 of a double's 53 bits. The id takes lower ones, as value · (1 ± id · 2⁻⁵²):
 * the next value in single precision is at least 2⁻²⁴ away, relatively, and id · 2⁻⁵² stays below
 * half of that.
 */

/** Ids of points are below it. */
export const pointIdLimit = 2 ** 27

/** What a region may number its points with. */
export function isPointId(id: unknown): boolean {
  return Number.isInteger(id) && Number(id) >= 0 && Number(id) < pointIdLimit
}

/** Zero has no lower bits; the least normal number in single precision stands for it. */
const zero = 2 ** -126

/**
 * How values are packed: `distance` are 0 or more, the lowest id wins among equals; `-dot` may be
 * of any sign, the lowest id wins among negative equals.
 */
export type Packing = 'distance' | '-dot'

const double = (value: number) => `${value}::double precision`

/**
 * SQL of the packed number. The value stands in it once, because a server computes an expression as
 * often as it stands there, and in plain functions: `postgres_fdw` sends no `greatest`, `coalesce`
 * or `nullif` to another server. The least inner product of half precision is 2⁻⁴⁸: what stands for
 * zero changes none but zero itself.
 */
export function packedSql(packing: Packing, value: string, id: string): string {
  const share = `${id} * ${double(2 ** -52)}`
  return packing === 'distance'
    ? `float8larger(${value}, ${double(zero)}) * (1 + ${share})`
    : `(${value} - ${double(zero)}) * (1 - ${share})`
}

/** SQL of the id in `packed`: exact for ids below `pointIdLimit`. */
export function packedIdSql(packed: string): string {
  const value = `${packed}::real::double precision`
  return `round(abs((${packed} - ${value}) / (${value} * ${double(2 ** -52)})))::integer`
}

/** The value in `packed`. */
export function packedValue(packed: number): number {
  const value = Math.fround(packed)
  return Math.abs(value) === zero ? 0 : value
}
