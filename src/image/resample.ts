/**
 * Warps a window of source pixels into a square picture: cubic convolution in two passes (rows, then columns),
 * widened where the picture is coarser than the source so that nothing aliases.
 * Where the source has holes, the weights of its valid pixels are normalised.
 */
import type { Biquadratic } from './biquadratic.ts'
import { evaluate, fitBiquadratic, quadraticAt, solveForT } from './biquadratic.ts'

/** A rectangle of source pixels; `x`, `y` of its top left corner in the source. */
export interface PixelRect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Pixels of a rectangle, `uint8[height, width, channels]`: RGB, or RGB and validity (0 or 255).
 * Where validity is 0, the colour is 0 too.
 */
export interface PixelWindow extends PixelRect {
  readonly channels: 3 | 4
  readonly data: Uint8Array
}

/** Where the picture's unit square lies in the source, in px from the source's top left corner. */
export interface SourceMapping {
  readonly u: Biquadratic
  readonly v: Biquadratic
}

/** A warped picture: `rgb8[px, px, 3]`; `isValid` is `uint8[px, px]`, absent when every pixel is. */
export interface WarpedPicture {
  readonly data: Uint8Array
  readonly isValid: Uint8Array | null
}

/** Cubic convolution reaches two (widened) pixels to each side. */
const SUPPORT = 2
const PHASES = 512

/** Keys' cubic convolution kernel, a = −1/2 (Catmull-Rom). */
function cubic(distance: number): number {
  const d = Math.abs(distance)
  if (d >= 2) return 0
  return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2
}

/** Weights of a kernel that is `scale` pixels wide, for each phase: `float32[PHASES + 1, taps]`. */
interface KernelTable {
  readonly taps: number
  readonly reach: number
  readonly weights: Float32Array
}

function createKernelTable(scale: number): KernelTable {
  const reach = SUPPORT * scale
  const taps = Math.ceil(2 * reach - 1e-9)
  const weights = new Float32Array((PHASES + 1) * taps)
  for (let phase = 0; phase <= PHASES; phase++) {
    const row = weights.subarray(phase * taps, (phase + 1) * taps)
    let sum = 0
    for (let tap = 0; tap < taps; tap++) {
      const weight = cubic((tap + 1 - phase / PHASES) / scale - SUPPORT)
      row[tap] = weight
      sum += weight
    }
    for (let tap = 0; tap < taps; tap++) row[tap] = (row[tap] ?? 0) / sum
  }
  return { taps, reach, weights }
}

/** First tap and offset into the weights for each of `px` positions. */
interface TapPlan {
  readonly first: Int32Array
  readonly weightAt: Int32Array
}

function planTaps(positions: Float64Array, kernel: KernelTable, plan: TapPlan): void {
  for (let index = 0; index < positions.length; index++) {
    const start = (positions[index] as number) - 0.5 - kernel.reach
    const whole = Math.floor(start)
    plan.first[index] = whole + 1
    plan.weightAt[index] = Math.round((start - whole) * PHASES) * kernel.taps
  }
}

/** Widths of the kernel in source px; 1 where the picture is finer than the source. */
function kernelScales({ u, v }: SourceMapping, px: number): { across: number; down: number } {
  const step = 1e-3
  const slope = (surface: Biquadratic, ds: number, dt: number): number =>
    (evaluate(surface, 0.5 + ds, 0.5 + dt) - evaluate(surface, 0.5 - ds, 0.5 - dt)) /
    (2 * step * px)
  const vt = slope(v, 0, step)
  const determinant = slope(u, step, 0) * vt - slope(u, 0, step) * slope(v, step, 0)
  return { across: Math.max(1, Math.abs(determinant / vt)), down: Math.max(1, Math.abs(vt)) }
}

/** True where the picture's rows run along the source's columns: then the source is turned first. */
function isTurned({ u, v }: SourceMapping): boolean {
  const across = (surface: Biquadratic): number =>
    Math.abs(evaluate(surface, 1, 0.5) - evaluate(surface, 0, 0.5))
  return across(v) > across(u)
}

/** The source pixels that a picture of `px` × `px` is made of, kernels included. */
export function sourceRect(mapping: SourceMapping, px: number): PixelRect {
  const turned = isTurned(mapping)
  const { across, down } = kernelScales(turned ? { u: mapping.v, v: mapping.u } : mapping, px)
  const [reachU, reachV] = turned ? [down, across] : [across, down]
  const range = (surface: Biquadratic, scale: number): [number, number] => {
    const values = surface.nodes
    const margin = SUPPORT * scale + 1
    return [Math.floor(Math.min(...values) - margin), Math.ceil(Math.max(...values) + margin)]
  }
  const [left, right] = range(mapping.u, reachU)
  const [top, bottom] = range(mapping.v, reachV)
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** Rows of the source → rows of the picture's width, `float32[source.height, px, channels]`. */
function resampleRows(source: PixelWindow, mapping: SourceMapping, px: number): Float32Array {
  const { width, height, channels, data } = source
  const kernel = createKernelTable(kernelScales(mapping, px).across)
  const top = source.y + 0.5
  const span = Math.max(1, height - 1)
  const nodes = new Float64Array(9)
  for (let index = 0; index < 9; index++) {
    const s = (index % 3) / 2
    const t = solveForT(mapping.v, s, top + (Math.floor(index / 3) / 2) * span)
    nodes[index] = evaluate(mapping.u, s, t) - source.x
  }
  const along = fitBiquadratic(nodes)
  const plan = { first: new Int32Array(px), weightAt: new Int32Array(px) }
  const positions = new Float64Array(px)
  const rows = new Float32Array(height * px * channels)
  for (let row = 0; row < height; row++) {
    fillPositions(positions, quadraticAt(along, row / span))
    planTaps(positions, kernel, plan)
    const target = rows.subarray(row * px * channels, (row + 1) * px * channels)
    const line = data.subarray(row * width * channels, (row + 1) * width * channels)
    resampleLine(line, { kernel, plan, channels }, target)
  }
  return rows
}

function fillPositions(
  positions: Float64Array,
  [a, b, c]: readonly [number, number, number],
): void {
  const px = positions.length
  for (let index = 0; index < px; index++) {
    const s = (index + 0.5) / px
    positions[index] = a + (b + c * s) * s
  }
}

interface LineKernel {
  readonly kernel: KernelTable
  readonly plan: TapPlan
  readonly channels: 3 | 4
}

function resampleLine(
  line: Uint8Array,
  { kernel, plan, channels }: LineKernel,
  target: Float32Array,
): void {
  const { taps, weights } = kernel
  const { first, weightAt } = plan
  const px = first.length
  for (let index = 0, out = 0; index < px; index++, out += channels) {
    let at = (first[index] as number) * channels
    const start = weightAt[index] as number
    let red = 0
    let green = 0
    let blue = 0
    let valid = 0
    for (let tap = start; tap < start + taps; tap++, at += channels) {
      const weight = weights[tap] as number
      red += weight * (line[at] as number)
      green += weight * (line[at + 1] as number)
      blue += weight * (line[at + 2] as number)
      if (channels === 4) valid += weight * (line[at + 3] as number)
    }
    target[out] = red
    target[out + 1] = green
    target[out + 2] = blue
    if (channels === 4) target[out + 3] = valid
  }
}

/** What the second pass reads and writes. */
interface ColumnPass {
  readonly rows: Float32Array
  readonly source: PixelWindow
  readonly picture: Uint8ClampedArray
  readonly isValid: Uint8Array | null
}

function resampleColumns(pass: ColumnPass, mapping: SourceMapping, px: number): void {
  const { rows, source } = pass
  const { channels } = source
  const kernel = createKernelTable(kernelScales(mapping, px).down)
  const plan = { first: new Int32Array(px), weightAt: new Int32Array(px) }
  const positions = new Float64Array(px)
  const line = new Float32Array(px * channels)
  for (let j = 0; j < px; j++) {
    const [a, b, c] = quadraticAt(mapping.v, (j + 0.5) / px)
    fillPositions(positions, [a - source.y, b, c])
    planTaps(positions, kernel, plan)
    gatherColumns(rows, { kernel, plan, channels }, line)
    writeLine(pass, line, j)
  }
}

function gatherColumns(
  rows: Float32Array,
  { kernel, plan, channels }: LineKernel,
  line: Float32Array,
): void {
  const { taps, weights } = kernel
  const { first, weightAt } = plan
  const px = first.length
  const stride = px * channels
  for (let index = 0, out = 0; index < px; index++, out += channels) {
    let at = (first[index] as number) * stride + out
    const start = weightAt[index] as number
    let red = 0
    let green = 0
    let blue = 0
    let valid = 0
    for (let tap = start; tap < start + taps; tap++, at += stride) {
      const weight = weights[tap] as number
      red += weight * (rows[at] as number)
      green += weight * (rows[at + 1] as number)
      blue += weight * (rows[at + 2] as number)
      if (channels === 4) valid += weight * (rows[at + 3] as number)
    }
    line[out] = red
    line[out + 1] = green
    line[out + 2] = blue
    if (channels === 4) line[out + 3] = valid
  }
}

/** A pixel is valid where valid source pixels carry at least half of the kernel's weight. */
function writeLine(
  { picture, isValid, source }: ColumnPass,
  line: Float32Array,
  row: number,
): void {
  const { channels } = source
  const px = line.length / channels
  for (let index = 0; index < px; index++) {
    const at = index * channels
    const out = (row * px + index) * 3
    const validity = channels === 4 ? (line[at + 3] as number) / 255 : 1
    if (isValid !== null) isValid[row * px + index] = validity >= 0.5 ? 1 : 0
    if (validity < 0.5) continue
    for (let channel = 0; channel < 3; channel++) {
      picture[out + channel] = (line[at + channel] as number) / validity
    }
  }
}

function turn(source: PixelWindow): PixelWindow {
  const { width, height, channels } = source
  const data = new Uint8Array(source.data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels
      data.set(source.data.subarray(from, from + channels), (x * height + y) * channels)
    }
  }
  return { x: source.y, y: source.x, width: height, height: width, channels, data }
}

/**
 * Resamples a window into a picture.
 * @param source  at least `sourceRect(mapping, px)`
 * @param px  side of the picture; its pixel (i, j) has its centre at s = (i + ½)/px, t = (j + ½)/px
 */
export function warp(source: PixelWindow, mapping: SourceMapping, px: number): WarpedPicture {
  if (isTurned(mapping)) return warp(turn(source), { u: mapping.v, v: mapping.u }, px)
  const picture = new Uint8ClampedArray(px * px * 3)
  const isValid = source.channels === 4 ? new Uint8Array(px * px) : null
  const rows = resampleRows(source, mapping, px)
  resampleColumns({ rows, source, picture, isValid }, mapping, px)
  return { data: new Uint8Array(picture.buffer), isValid }
}
