/**
 * What warp-kernel.wat computes, once more in plain loops over doubles: the reference that it is
 * held against.
 */
import { evaluate, quadraticAt, solveForT, type Biquadratic } from '../../src/image/biquadratic.ts'
import type { PixelWindow, SourceMapping, WarpedPicture } from '../../src/image/resample.ts'

function cubic(distance: number): number {
  const d = Math.abs(distance)
  if (d >= 2) return 0
  return d < 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2
}

/** Sum of the samples around a position, pixel centres at ½; samples outside count as holes. */
function convolve(
  position: number,
  scale: number,
  sample: (index: number) => readonly number[],
): number[] {
  const sums = [0, 0, 0, 0]
  let total = 0
  for (let i = Math.floor(position - 2 * scale); i <= position + 2 * scale; i++) {
    const weight = cubic((i + 0.5 - position) / scale)
    total += weight
    sample(i).forEach((value, channel) => (sums[channel]! += weight * value))
  }
  return sums.map((sum) => sum / total)
}

function slopes(surface: Biquadratic, px: number): [alongS: number, alongT: number] {
  const step = 1e-3
  const at = (s: number, t: number): number => evaluate(surface, 0.5 + s, 0.5 + t) / (2 * step * px)
  return [at(step, 0) - at(-step, 0), at(0, step) - at(0, -step)]
}

/** Also how much of the kernel's weight was valid, `float64[px, px]`, 0…1. */
export interface PlainPicture extends WarpedPicture {
  readonly validity: Float64Array
}

/** `warp` of resample.ts for mappings that are not turned. */
export function warpPlain(source: PixelWindow, { u, v }: SourceMapping, px: number): PlainPicture {
  const [us, ut] = slopes(u, px)
  const [vs, vt] = slopes(v, px)
  const across = Math.max(1, Math.abs(us - (ut * vs) / vt))
  const down = Math.max(1, Math.abs(vt))
  const sampleOf = (x: number, y: number): number[] => {
    if (x < 0 || y < 0 || x >= source.width || y >= source.height) return [0, 0, 0, 0]
    const at = (y * source.width + x) * source.channels
    const pixel = [...source.data.subarray(at, at + source.channels)]
    return source.channels === 4 ? pixel : [...pixel, 255]
  }
  const rows = Array.from({ length: source.height }, (_, y) =>
    Array.from({ length: px }, (_, i) => {
      const s = (i + 0.5) / px
      const position = evaluate(u, s, solveForT(v, s, source.y + y + 0.5)) - source.x
      return convolve(position, across, (x) => sampleOf(x, y))
    }),
  )
  const data = new Uint8ClampedArray(px * px * 3)
  const isValid = new Uint8Array(px * px)
  const validities = new Float64Array(px * px)
  for (let j = 0; j < px; j++) {
    const [a, b, c] = quadraticAt(v, (j + 0.5) / px)
    for (let i = 0; i < px; i++) {
      const s = (i + 0.5) / px
      const position = a + (b + c * s) * s - source.y
      const pixel = convolve(position, down, (y) => rows[y]?.[i] ?? [0, 0, 0, 0])
      const validity = pixel[3]! / 255
      validities[j * px + i] = validity
      if (validity < 0.5) continue
      isValid[j * px + i] = 1
      data.set(
        pixel.slice(0, 3).map((value) => value / validity),
        (j * px + i) * 3,
      )
    }
  }
  return {
    data: new Uint8Array(data.buffer),
    isValid: isValid.includes(0) ? isValid : null,
    validity: validities,
  }
}
