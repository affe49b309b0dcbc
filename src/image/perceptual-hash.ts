/**
 * A fingerprint that survives scaling and compression: the same photo sent twice is found again.
 */
import type { Rgb8 } from '../types.ts'

const COLUMNS = 9
const ROWS = 8

/**
 * dHash: is each of 9 × 8 mean brightnesses above its right neighbour? 64 bits as 16 hex digits.
 * Photos whose hashes differ in few bits are the same picture.
 */
export function perceptualHash(image: Rgb8): string {
  const means = meanBrightness(image)
  let bits = 0n
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS - 1; column++) {
      const at = row * COLUMNS + column
      bits = (bits << 1n) | ((means[at] ?? 0) > (means[at + 1] ?? 0) ? 1n : 0n)
    }
  }
  return bits.toString(16).padStart(16, '0')
}

function meanBrightness({ width, height, data }: Rgb8): Float64Array {
  const sums = new Float64Array(COLUMNS * ROWS)
  const counts = new Float64Array(COLUMNS * ROWS)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * ROWS) / height) * COLUMNS
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((x * COLUMNS) / width)
      const at = (y * width + x) * 3
      const [r = 0, g = 0, b = 0] = [data[at], data[at + 1], data[at + 2]]
      sums[cell] = (sums[cell] ?? 0) + 299 * r + 587 * g + 114 * b
      counts[cell] = (counts[cell] ?? 0) + 1
    }
  }
  return sums.map((sum, cell) => sum / Math.max(1, counts[cell] ?? 0))
}
