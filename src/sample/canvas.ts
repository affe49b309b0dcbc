/** A small software painter: rings in pixels are filled, antialiased, with a colour per pixel. */
import { extentOf } from './shapes.ts'
import type { Ring } from './shapes.ts'

/** `rgb8[height, width, 3]`, row-major. */
export interface Canvas {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

/** Colour of a pixel, `0xRRGGBB`. */
export type Shade = (x: number, y: number) => number

/** What a ring is filled with; `opacity` 0…1, 1 when absent. */
export interface Paint {
  readonly shade: Shade | number
  readonly opacity?: number
}

/** A black canvas. */
export function createCanvas(width: number, height: number): Canvas {
  return { width, height, data: new Uint8ClampedArray(width * height * 3) }
}

/** The colour, `brightness` times as bright. */
export function tint(rgb: number, brightness: number): number {
  const red = clamp((rgb >> 16) * brightness)
  const green = clamp(((rgb >> 8) & 255) * brightness)
  return (red << 16) | (green << 8) | clamp((rgb & 255) * brightness)
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : (value + 0.5) | 0
}

/** From one colour (`t` = 0) to another (`t` = 1). */
export function mix(from: number, to: number, t: number): number {
  const keep = 1 - t
  const red = clamp((from >> 16) * keep + (to >> 16) * t)
  const green = clamp(((from >> 8) & 255) * keep + ((to >> 8) & 255) * t)
  return (red << 16) | (green << 8) | clamp((from & 255) * keep + (to & 255) * t)
}

/** Fills the area that the rings enclose (even-odd: a ring inside another is a hole). */
export function fill(canvas: Canvas, rings: readonly Ring[], paint: Paint): void {
  const { data } = canvas
  const { shade, opacity = 1 } = paint
  const colourAt = typeof shade === 'number' ? (): number => shade : shade
  scan(canvas, rings, (x, y, covered) => {
    const rgb = colourAt(x, y)
    const share = covered * opacity
    const at = (y * canvas.width + x) * 3
    data[at] = (data[at] ?? 0) * (1 - share) + (rgb >> 16) * share
    data[at + 1] = (data[at + 1] ?? 0) * (1 - share) + ((rgb >> 8) & 255) * share
    data[at + 2] = (data[at + 2] ?? 0) * (1 - share) + (rgb & 255) * share
  })
}

/** A shadow: what lies under the rings keeps `light` of its brightness, slightly bluish. */
export function darken(canvas: Canvas, rings: readonly Ring[], light: number): void {
  const { data } = canvas
  scan(canvas, rings, (x, y, covered) => {
    const keep = 1 - covered * (1 - light)
    const at = (y * canvas.width + x) * 3
    data[at] = (data[at] ?? 0) * keep
    data[at + 1] = (data[at + 1] ?? 0) * (keep + 0.02 * covered)
    data[at + 2] = (data[at + 2] ?? 0) * (keep + 0.07 * covered)
  })
}

type Visit = (x: number, y: number, covered: number) => void

/** Sub-rows per pixel row; across, coverage is exact. */
const SUBROWS = 4

function scan(canvas: Canvas, rings: readonly Ring[], visit: Visit): void {
  const extent = extentOf(rings.flat())
  const left = Math.max(0, Math.floor(extent.west))
  const right = Math.min(canvas.width, Math.ceil(extent.east) + 1)
  const top = Math.max(0, Math.floor(extent.south))
  const bottom = Math.min(canvas.height, Math.ceil(extent.north) + 1)
  if (left >= right || top >= bottom) return
  const covered = new Float32Array(right - left)
  for (let y = top; y < bottom; y++) {
    covered.fill(0)
    for (let sub = 0; sub < SUBROWS; sub++) {
      cover(covered, left, crossings(rings, y + (sub + 0.5) / SUBROWS))
    }
    for (let index = 0; index < covered.length; index++) {
      const share = covered[index] ?? 0
      if (share > 0) visit(left + index, y, share > 1 ? 1 : share)
    }
  }
}

/** Where the row meets the rings, sorted. */
function crossings(rings: readonly Ring[], y: number): number[] {
  const found: number[] = []
  for (const ring of rings) {
    let previous = ring[ring.length - 1]
    for (const point of ring) {
      if (previous && previous[1] > y !== point[1] > y) {
        const t = (y - previous[1]) / (point[1] - previous[1])
        found.push(previous[0] + t * (point[0] - previous[0]))
      }
      previous = point
    }
  }
  return found.sort((a, b) => a - b)
}

/** Adds the spans between pairs of crossings to a row of coverage that begins at `left`. */
function cover(covered: Float32Array, left: number, xs: readonly number[]): void {
  for (let pair = 0; pair + 1 < xs.length; pair += 2) {
    const from = Math.max(0, (xs[pair] ?? 0) - left)
    const to = Math.min(covered.length, (xs[pair + 1] ?? 0) - left)
    if (to > from) addSpan(covered, from, to)
  }
}

/** One sub-row from `from` to `to`: whole pixels inside, shares of a pixel at both ends. */
function addSpan(covered: Float32Array, from: number, to: number): void {
  const first = Math.floor(from)
  const last = Math.ceil(to) - 1
  for (let x = first; x <= last; x++) covered[x] = (covered[x] ?? 0) + 1 / SUBROWS
  covered[first] = (covered[first] ?? 0) - (from - first) / SUBROWS
  covered[last] = (covered[last] ?? 0) - (last + 1 - to) / SUBROWS
}
