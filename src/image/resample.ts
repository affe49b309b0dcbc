/**
 * Warps a window of source pixels into a square picture: cubic convolution in two passes (rows,
 * then columns), widened where the picture is coarser than the source so that nothing aliases.
 * Where the source has holes, the weights of its valid pixels are normalised. The sums are made by
 * warp-kernel.wat.
 */
import type { Biquadratic } from './biquadratic.ts'
import { evaluate, fitBiquadratic, quadraticAt, solveForT } from './biquadratic.ts'
import { kernelTable, PHASES, SUPPORT, type KernelTable } from './kernel-table.ts'
import { allocateNew, type Allocate } from './pixel-pool.ts'
import { reserveKernelMemory, warpKernel } from './warp-kernel.ts'

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

/**
 * A warped picture: `rgb8[px, px, 3]`; `isValid` is `uint8[px, px]`, `null` when the source has no
 * holes.
 */
export interface WarpedPicture {
  readonly data: Uint8Array
  readonly isValid: Uint8Array | null
}

/** The picture to be made, and in which memory. */
export interface PictureWanted {
  readonly px: number
  readonly allocate?: Allocate | undefined
}

/**
 * Widths of the kernel in source px, 1 where the picture is finer than the source; px across per px
 * down.
 */
interface KernelScales {
  readonly across: number
  readonly down: number
  readonly shear: number
}

function kernelScales({ u, v }: SourceMapping, px: number): KernelScales {
  const step = 1e-3
  const slope = (surface: Biquadratic, ds: number, dt: number): number =>
    (evaluate(surface, 0.5 + ds, 0.5 + dt) - evaluate(surface, 0.5 - ds, 0.5 - dt)) /
    (2 * step * px)
  const vt = slope(v, 0, step)
  const ut = slope(u, 0, step)
  const determinant = slope(u, step, 0) * vt - ut * slope(v, step, 0)
  return {
    across: Math.max(1, Math.abs(determinant / vt)),
    down: Math.max(1, Math.abs(vt)),
    shear: Math.abs(ut / vt),
  }
}

/**
 * True where the picture's rows run along the source's columns: then the source is turned first.
 */
function isTurned({ u, v }: SourceMapping): boolean {
  const across = (surface: Biquadratic): number =>
    Math.abs(evaluate(surface, 1, 0.5) - evaluate(surface, 0, 0.5))
  return across(v) > across(u)
}

function turnMapping({ u, v }: SourceMapping): SourceMapping {
  return { u: v, v: u }
}

/** The source pixels that a picture of `px` × `px` is made of, kernels included. */
export function sourceRect(mapping: SourceMapping, px: number): PixelRect {
  if (isTurned(mapping)) {
    const { x, y, width, height } = uprightRect(turnMapping(mapping), px)
    return { x: y, y: x, width: height, height: width }
  }
  return uprightRect(mapping, px)
}

function uprightRect(mapping: SourceMapping, px: number): PixelRect {
  const { across, down, shear } = kernelScales(mapping, px)
  const range = (surface: Biquadratic, reach: number): [number, number] => {
    const values = surface.nodes
    const margin = SUPPORT * reach + 1
    return [Math.floor(Math.min(...values) - margin), Math.ceil(Math.max(...values) + margin)]
  }
  // Rows above and below the picture are resampled too; they lie further across by the shear.
  const [left, right] = range(mapping.u, across + shear * down)
  const [top, bottom] = range(mapping.v, down)
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** As long as its data, which may be a view of the kernel's memory from before that grew. */
function byteCountOf({ width, height, channels }: PixelWindow): number {
  return width * height * channels
}

/**
 * Where the source lies in the kernel's memory. Before it there is room: the first rows of a turned
 * picture reach out of the window where nothing of them is used.
 */
const WINDOW_AT = 65_536

/**
 * Memory in which a window can be put together for the next `warp`, which then need not copy it.
 */
export function reserveWindow(byteCount: number): Uint8Array {
  return reserveKernelMemory(WINDOW_AT + byteCount).subarray(WINDOW_AT, WINDOW_AT + byteCount)
}

/** Byte offsets in the kernel's memory. */
interface Layout {
  readonly across: number
  readonly down: number
  readonly source: number
  readonly rows: number
  readonly picture: number
  readonly isValid: number
  readonly end: number
}

const align = (address: number): number => Math.ceil(address / 16) * 16

function planLayout(source: PixelWindow, kernels: Kernels, px: number): Layout {
  // Taps of weight 0 are read too: up to three pixels or rows beyond the end.
  const across = align(WINDOW_AT + byteCountOf(source) + 32)
  const down = align(across + kernels.across.weights.byteLength)
  const rows = align(down + kernels.down.weights.byteLength)
  const picture = align(rows + (source.height + 3) * px * 8)
  const isValid = align(picture + px * px * 3 + 1)
  return { across, down, source: WINDOW_AT, rows, picture, isValid, end: isValid + px * px }
}

interface Kernels {
  readonly across: KernelTable
  readonly down: KernelTable
}

/** What both passes work on. */
interface Warp {
  readonly source: PixelWindow
  readonly mapping: SourceMapping
  readonly px: number
  readonly kernels: Kernels
  readonly layout: Layout
}

/**
 * Tells the kernel where the taps of a line of `px` pixels begin, whose centres lie at a + b s + c
 * s².
 */
function setPositions(
  [a, b, c]: readonly [a: number, b: number, c: number],
  { reach }: KernelTable,
  px: number,
): void {
  const step = 1 / px
  const bend = 2 * c * step * step
  const first = a + (b * step) / 2 + bend / 8
  warpKernel.setPositions(first + 0.5 - reach + 0.5 / PHASES, b * step + bend, bend)
}

/** Rows of the source → rows of the picture's width. */
function resampleRows({ source, mapping, px, kernels, layout }: Warp): void {
  const { width, height, channels } = source
  const top = source.y + 0.5
  const span = Math.max(1, height - 1)
  const nodes = new Float64Array(9)
  for (let index = 0; index < 9; index++) {
    const s = (index % 3) / 2
    const t = solveForT(mapping.v, s, top + (Math.floor(index / 3) / 2) * span)
    nodes[index] = evaluate(mapping.u, s, t) - source.x
  }
  const along = fitBiquadratic(nodes)
  warpKernel.setKernel(layout.across, kernels.across.taps, px)
  for (let row = 0; row < height; row++) {
    setPositions(quadraticAt(along, row / span), kernels.across, px)
    const line = layout.source + row * width * channels
    const out = layout.rows + row * px * 8
    if (channels === 3) warpKernel.rowRgb(line, out)
    else warpKernel.rowRgbv(line, out)
  }
}

function resampleColumns({ source, mapping, px, kernels, layout }: Warp, hasHoles: boolean): void {
  warpKernel.setKernel(layout.down, kernels.down.taps, px)
  for (let row = 0; row < px; row++) {
    const [a, b, c] = quadraticAt(mapping.v, (row + 0.5) / px)
    setPositions([a - source.y, b, c], kernels.down, px)
    const out = layout.picture + row * px * 3
    if (hasHoles) warpKernel.columnRgbv(layout.rows, out, layout.isValid + row * px)
    else warpKernel.columnRgb(layout.rows, out)
  }
}

function turn(source: PixelWindow): PixelWindow {
  const { width, height, channels, data } = source
  const turned = new Uint8Array(data.length)
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (x * height + y) * channels
      for (let channel = 0; channel < channels; channel++, from++) {
        turned[to + channel] = data[from] as number
      }
    }
  }
  return { x: source.y, y: source.x, width: height, height: width, channels, data: turned }
}

/**
 * Resamples a window into a picture.
 * @param source  at least `sourceRect(mapping, px)`
 * @param picture.px  its side; its pixel (i, j) has its centre at s = (i + ½)/px, t = (j + ½)/px
 * @param picture.allocate  makes room for its colours; absent: new memory
 */
export function warp(
  source: PixelWindow,
  mapping: SourceMapping,
  picture: PictureWanted,
): WarpedPicture {
  return isTurned(mapping)
    ? warpUpright(turn(source), turnMapping(mapping), picture)
    : warpUpright(source, mapping, picture)
}

function warpUpright(
  source: PixelWindow,
  mapping: SourceMapping,
  { px, allocate = allocateNew }: PictureWanted,
): WarpedPicture {
  const scales = kernelScales(mapping, px)
  const kernels = { across: kernelTable(scales.across), down: kernelTable(scales.down) }
  const layout = planLayout(source, kernels, px)
  const isInPlace = source.data.buffer === warpKernel.memory.buffer
  const memory = reserveKernelMemory(layout.end)
  new Int16Array(memory.buffer).set(kernels.across.weights, layout.across / 2)
  new Int16Array(memory.buffer).set(kernels.down.weights, layout.down / 2)
  const sourceEnd = layout.source + byteCountOf(source)
  if (!isInPlace) memory.set(source.data, layout.source)
  memory.fill(255, sourceEnd, sourceEnd + 16)
  const hasHoles = source.channels === 4 && warpKernel.hasHoles(layout.source, sourceEnd) === 1
  const work = { source, mapping, px, kernels, layout }
  resampleRows(work)
  resampleColumns(work, hasHoles)
  const data = allocate(px * px * 3)
  data.set(memory.subarray(layout.picture, layout.picture + data.length))
  return {
    data,
    isValid: hasHoles ? memory.slice(layout.isValid, layout.end) : null,
  }
}
