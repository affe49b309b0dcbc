/**
 * Bicubic resampling (a = −0.5, widened when shrinking), bit for bit as Pillow 13's
 * `Image.resize(size, BICUBIC)`: two passes with 8 bits between them, weights in 22-bit fixed
 * point; rows first, but columns first where more than twice as many rows as columns are lost
 * (older Pillows: always rows first). One algorithm. Own code because the network was trained on
 * Pillow's pixels, and libvips' differ with the CPU.
 */
import type { Rgb8 } from '../types.ts'

const PRECISION_BITS = 22
const SUPPORT = 2

interface Taps {
  /** First source position and number of weights of each target position. */
  readonly start: Int32Array
  readonly count: Int32Array
  /** `int32[target, stride]` weights, scaled by 2^22. */
  readonly weights: Int32Array
  readonly stride: number
}

/**
 * Resizes to `width` × `height` px, ignoring the aspect ratio.
 * @returns the image itself when it has that size already
 */
export function resizeBicubic(image: Rgb8, width: number, height: number): Rgb8 {
  const rowsLost = image.height - height
  if (rowsLost > 0 && rowsLost > 2 * (image.width - width)) {
    return resizeWidth(resizeHeight(image, height), width)
  }
  return resizeHeight(resizeWidth(image, width), height)
}

function resizeWidth(image: Rgb8, width: number): Rgb8 {
  return image.width === width ? image : resizeRows(image, tapsOf(image.width, width))
}

function resizeHeight(image: Rgb8, height: number): Rgb8 {
  return image.height === height ? image : resizeColumns(image, tapsOf(image.height, height))
}

function cubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5
  return 0
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to
  const widening = Math.max(scale, 1)
  const support = SUPPORT * widening
  const stride = Math.ceil(support) * 2 + 1
  const start = new Int32Array(to)
  const count = new Int32Array(to)
  const weights = new Int32Array(to * stride)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale
    const first = Math.max(0, Math.trunc(centre - support + 0.5))
    const end = Math.min(from, Math.trunc(centre + support + 0.5))
    const raw = Array.from({ length: end - first }, (_, tap) =>
      cubic((tap + first - centre + 0.5) * (1 / widening)),
    )
    const sum = raw.reduce((a, b) => a + b, 0)
    raw.forEach((weight, tap) => {
      weights[i * stride + tap] = toFixedPoint(sum === 0 ? weight : weight / sum)
    })
    start[i] = first
    count[i] = end - first
  }
  return { start, count, weights, stride }
}

/** C's `(int)(0.5 + w × 2^22)`: truncation after a half step away from zero. */
function toFixedPoint(weight: number): number {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * 2 ** PRECISION_BITS)
}

function resizeRows(image: Rgb8, taps: Taps): Rgb8 {
  const width = taps.start.length
  const data = new Uint8ClampedArray(width * image.height * 3)
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3)
    for (let x = 0; x < width; x++) {
      weighRow(row, { taps, x, data, at: (y * width + x) * 3 })
    }
  }
  return { width, height: image.height, data: new Uint8Array(data.buffer) }
}

function weighRow(
  row: Uint8Array,
  into: { taps: Taps; x: number; data: Uint8ClampedArray; at: number },
): void {
  const { taps, x, data, at } = into
  let r = 1 << (PRECISION_BITS - 1)
  let g = r
  let b = r
  let i = (taps.start[x] ?? 0) * 3
  const first = x * taps.stride
  const end = first + (taps.count[x] ?? 0)
  for (let tap = first; tap < end; tap++, i += 3) {
    const weight = taps.weights[tap] ?? 0
    r += (row[i] ?? 0) * weight
    g += (row[i + 1] ?? 0) * weight
    b += (row[i + 2] ?? 0) * weight
  }
  data[at] = r >> PRECISION_BITS
  data[at + 1] = g >> PRECISION_BITS
  data[at + 2] = b >> PRECISION_BITS
}

function resizeColumns(image: Rgb8, taps: Taps): Rgb8 {
  const height = taps.start.length
  const rowLength = image.width * 3
  const data = new Uint8ClampedArray(rowLength * height)
  const sums = new Int32Array(rowLength)
  for (let y = 0; y < height; y++) {
    sums.fill(1 << (PRECISION_BITS - 1))
    const first = taps.start[y] ?? 0
    const weights = taps.weights.subarray(y * taps.stride, y * taps.stride + (taps.count[y] ?? 0))
    weights.forEach((weight, tap) => {
      const at = (first + tap) * rowLength
      addWeighted(sums, image.data.subarray(at, at + rowLength), weight)
    })
    const row = data.subarray(y * rowLength, (y + 1) * rowLength)
    sums.forEach((sum, i) => (row[i] = sum >> PRECISION_BITS))
  }
  return { width: image.width, height, data: new Uint8Array(data.buffer) }
}

function addWeighted(sums: Int32Array, row: Uint8Array, weight: number): void {
  for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (row[i] ?? 0) * weight
}
