/**
 * Patches that are black as where a picture has no data, though nothing says that it has none: many
 * files are filled so. Pure.
 */
import type { Rgb8 } from '../types.ts'
import { NODATA_SHARE_MAX } from './cut.ts'
import type { PixelSquare } from './source.ts'

/** Pixels that are looked at, each way. */
const LATTICE = 32

/** Whether more of a square is pure black than may be without data. */
export function isBlack({ width, data }: Rgb8, { x, y, px }: PixelSquare): boolean {
  let blackCount = 0
  for (let node = 0; node < LATTICE ** 2; node++) {
    const column = x + Math.floor((((node % LATTICE) + 0.5) * px) / LATTICE)
    const row = y + Math.floor(((Math.floor(node / LATTICE) + 0.5) * px) / LATTICE)
    const at = 3 * (row * width + column)
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 0) blackCount++
  }
  return blackCount > NODATA_SHARE_MAX * LATTICE ** 2
}
