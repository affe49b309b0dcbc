/** The word "synthetic" in strokes, so that no font of the machine is needed. */
import { fill } from './canvas.ts'
import { ribbon } from './shapes.ts'
import type { Canvas } from './canvas.ts'
import type { Point } from './shapes.ts'

/** Strokes of each letter on a grid: 4 wide, baseline 0, small letters 5 high. */
const LETTERS: Readonly<Record<string, readonly (readonly Point[])[]>> = {
  c: [[[4, 4], [3, 5], [1, 5], [0, 4], [0, 1], [1, 0], [3, 0], [4, 1]]],
  e: [[[0, 2.5], [4, 2.5], [4, 4], [3, 5], [1, 5], [0, 4], [0, 1], [1, 0], [4, 0]]],
  h: [[[0, 0], [0, 8]], [[0, 4], [1, 5], [3, 5], [4, 4], [4, 0]]],
  i: [[[2, 0], [2, 5]], [[2, 6.5], [2, 7.3]]],
  n: [[[0, 0], [0, 5]], [[0, 4], [1, 5], [3, 5], [4, 4], [4, 0]]],
  s: [[[4, 5], [1, 5], [0, 4.2], [0, 3.2], [1, 2.6], [3, 2.4], [4, 1.8], [4, 0.8], [3, 0], [0, 0]]],
  t: [[[1.5, 8], [1.5, 1], [2.5, 0], [4, 0]], [[0, 5], [3.5, 5]]],
  y: [[[0, 5], [2, 0]], [[4, 5], [1, -2.5]]],
} // prettier-ignore

const SCALE_PX = 2.6

/** Writes the caption into the lower right corner. */
export function captionSynthetic(canvas: Canvas): void {
  const word = 'synthetic'
  const left = canvas.width - 24 - word.length * 6 * SCALE_PX
  const bottom = canvas.height - 24
  for (const [shift, shade, widthPx] of [
    [1.5, 0x202020, 3.4],
    [0, 0xffffff, 2.2],
  ] as const) {
    for (const [index, letter] of [...word].entries()) {
      for (const stroke of LETTERS[letter] ?? []) {
        const line = stroke.map(([x, y]): Point => {
          return [left + shift + (index * 6 + x) * SCALE_PX, bottom + shift - y * SCALE_PX]
        })
        fill(canvas, [ribbon(line, widthPx)], { shade, opacity: 0.9 })
      }
    }
  }
}
