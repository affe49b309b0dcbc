/** Weights of the cubic convolution kernel in fixed point, as warp-kernel.wat reads them. */

/** The kernel reaches two (widened) pixels to each side. */
export const SUPPORT = 2
/**
 * Positions between two pixels for which weights are made; the number stands in warp-kernel.wat
 * too.
 */
export const PHASES = 512
/** 1 as a weight. */
const ONE = 1 << 14
/** The kernel adds four taps at a time; those that the kernel does not reach weigh 0. */
const TAPS_MULTIPLE = 4
/** Widths are rounded to 1/1024 px: nobody sees it, and a region needs few tables. */
const SCALE_STEPS = 1024
const TABLES_MAX = 64

/** Weights of a kernel that is `scale` pixels wide, for each phase: `int16[PHASES, taps]`. */
export interface KernelTable {
  readonly taps: number
  /** From the centre of the kernel to its end, px. */
  readonly reach: number
  readonly weights: Int16Array
}

const tables = new Map<number, KernelTable>()

/** @param scale  width of the kernel in source px, at least 1 */
export function kernelTable(scale: number): KernelTable {
  const steps = Math.round(scale * SCALE_STEPS)
  const known = tables.get(steps)
  if (known !== undefined) return known
  if (tables.size === TABLES_MAX) tables.clear()
  const table = createKernelTable(steps / SCALE_STEPS)
  tables.set(steps, table)
  return table
}

/** Keys' cubic convolution kernel, a = −1/2 (Catmull-Rom). */
function cubic(distance: number): number {
  const d = Math.abs(distance)
  if (d >= SUPPORT) return 0
  return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2
}

function createKernelTable(scale: number): KernelTable {
  const reach = SUPPORT * scale
  const used = Math.ceil(2 * reach - 1e-9)
  const taps = Math.ceil(used / TAPS_MULTIPLE) * TAPS_MULTIPLE
  const weights = new Int16Array(PHASES * taps)
  for (let phase = 0; phase < PHASES; phase++) {
    const exact = Array.from({ length: used }, (_, tap) =>
      cubic((tap + 1 - phase / PHASES) / scale - SUPPORT),
    )
    weights.set(toFixed(exact), phase * taps)
  }
  return { taps, reach, weights }
}

/**
 * Weights whose sum is exactly 1: a plain area stays as it is. The heaviest takes what rounding
 * leaves.
 */
function toFixed(exact: readonly number[]): number[] {
  const sum = exact.reduce((total, weight) => total + weight, 0)
  const rounded = exact.map((weight) => Math.round((weight / sum) * ONE))
  const rest = ONE - rounded.reduce((total, weight) => total + weight, 0)
  const heaviest = rounded.indexOf(Math.max(...rounded))
  return rounded.map((weight, tap) => (tap === heaviest ? weight + rest : weight))
}
