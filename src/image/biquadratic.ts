/**
 * Surfaces of second order over the unit square, fitted to 3 × 3 nodes. A map projection over a few
 * kilometres is one to far below a hundredth of a pixel, so nine projected points stand for all
 * pixels of a patch.
 */

/** `nodes`: values at s, t ∈ {0, ½, 1}, row-major in t; `c[m + 3n]` multiplies sᵐ tⁿ. */
export interface Biquadratic {
  readonly nodes: Float64Array
  readonly c: Float64Array
}

/** Coefficients of the parabola through (0, f0), (½, f1), (1, f2). */
function parabola(f0: number, f1: number, f2: number): [a: number, b: number, c: number] {
  return [f0, 4 * f1 - 3 * f0 - f2, 2 * f0 - 4 * f1 + 2 * f2]
}

/** Fits the surface through nine nodes, row-major: `float64[3, 3]`. */
export function fitBiquadratic(nodes: Float64Array): Biquadratic {
  const at = (index: number): number => nodes[index] ?? Number.NaN
  const rows = [0, 3, 6].map((row) => parabola(at(row), at(row + 1), at(row + 2)))
  const c = new Float64Array(9)
  for (let m = 0; m < 3; m++) {
    const [f0, f1, f2] = rows.map((row) => row[m] ?? Number.NaN)
    const column = parabola(f0 ?? Number.NaN, f1 ?? Number.NaN, f2 ?? Number.NaN)
    column.forEach((value, n) => (c[m + 3 * n] = value))
  }
  return { nodes, c }
}

/** The coefficient of sᵐ at a fixed t. */
function inT(c: Float64Array, m: number, t: number): number {
  return (c[m] as number) + ((c[m + 3] as number) + (c[m + 6] as number) * t) * t
}

/** The parabola in s at a fixed t: `[a, b, c]` of a + b s + c s². */
export function quadraticAt({ c }: Biquadratic, t: number): [a: number, b: number, c: number] {
  return [inT(c, 0, t), inT(c, 1, t), inT(c, 2, t)]
}

/** Value of the surface at (s, t). */
export function evaluate(surface: Biquadratic, s: number, t: number): number {
  const [a, b, c] = quadraticAt(surface, t)
  return a + (b + c * s) * s
}

/**
 * The t at which the surface takes a value, for a fixed s (Newton; the surface is nearly linear in
 * t).
 */
export function solveForT(surface: Biquadratic, s: number, value: number): number {
  const [f0, f1, f2] = [0, 0.5, 1].map((t) => evaluate(surface, s, t)) as [number, number, number]
  const [a, b, c] = parabola(f0, f1, f2)
  let t = (value - a) / (f2 - f0)
  for (let step = 0; step < 4; step++) t -= (a + (b + c * t) * t - value) / (b + 2 * c * t)
  return t
}
