/** Squares of a window → the SHA-256 of the pixels of each. */
import { createHash } from 'node:crypto'
import type { PixelSquare } from '../imagery/source.ts'
import { cutRect } from '../imagery/window.ts'
import type { Rgb8 } from '../types.ts'

/** A square and the SHA-256 of its `rgb8[px, px, 3]`, hex. */
export interface HashedSquare {
  readonly square: PixelSquare
  readonly sha256: string
}

/**
 * Hashes squares of one size, those that lie below each other at a time: cut out as one strip, each
 * of them is a piece of it, and the pixels that they share are copied once.
 */
export function* hashSquares(
  image: Rgb8,
  squares: readonly PixelSquare[],
): Generator<readonly HashedSquare[]> {
  const px = squares[0]?.px ?? 0
  const pixels = new Uint8Array(px * image.height * 3)
  for (const column of groupByColumn(squares)) {
    const tops = column.map(({ y }) => y)
    const [x, y] = [column[0]?.x ?? 0, Math.min(...tops)]
    cutRect(image, { x, y, width: px, height: Math.max(...tops) + px - y }, pixels)
    yield column.map((square) => {
      const from = (square.y - y) * px * 3
      const bytes = pixels.subarray(from, from + px * px * 3)
      return { square, sha256: createHash('sha256').update(bytes).digest('hex') }
    })
  }
}

function groupByColumn(squares: readonly PixelSquare[]): Iterable<readonly PixelSquare[]> {
  const columns = new Map<number, PixelSquare[]>()
  for (const square of squares) {
    const column = columns.get(square.x) ?? []
    columns.set(square.x, column)
    column.push(square)
  }
  return columns.values()
}
