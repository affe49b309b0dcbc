/**
 * Photos that show nothing: a network would answer them as any other, so they are refused before.
 * Pure.
 */
import { InputError } from '../errors.ts'
import type { Rgb8 } from '../types.ts'

/**
 * The photo model reads 224 px. Of 24 drawn photos its best scene was still the same for 15 at 64
 * px, 7 at 32, and 2 at 24, which is chance.
 */
const SIDE_MIN_PX = 32
/**
 * Of 0…255. One lamp of 1 px in 10,000 deviates more, so a photo of a dark night is no black one.
 */
const DEVIATION_MIN = 2

/**
 * Refuses a photo without a picture in it. Noise is not told from one.
 * @param image  black bars trimmed
 * @throws {InputError} `photo-too-small`, `photo-blank`
 */
export function refuseBlank(image: Rgb8): void {
  const { width, height } = image
  if (Math.min(width, height) < SIDE_MIN_PX) {
    throw new InputError(
      'photo-too-small',
      `Expected at least ${SIDE_MIN_PX} px on the shorter side for photo, got ${width} × ${height} px`,
      { hint: 'take the photo in the size in which it was published first, not its thumbnail' },
    )
  }
  if ([0, 1, 2].some((channel) => hasContrast(image.data, channel))) return
  throw new InputError('photo-blank', 'Expected something to see for photo, got a single colour', {
    hint: 'open it to see whether it came whole; of a video take another frame',
  })
}

/** Whether one of three interleaved channels deviates from its mean by `DEVIATION_MIN` or more. */
function hasContrast(data: Uint8Array, channel: number): boolean {
  const least = DEVIATION_MIN ** 2 * (data.length / 3)
  let count = 0
  let sum = 0
  let sumOfSquares = 0
  for (let i = channel; i < data.length; i += 3) {
    const value = data[i] ?? 0
    count++
    sum += value
    sumOfSquares += value * value
    // All pixels deviate at least as much from their mean as some do from theirs: most photos end
    // here soon.
    if (sumOfSquares - (sum * sum) / count >= least) return true
  }
  return false
}
