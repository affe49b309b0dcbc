/** Putting a window of pixels together from blocks or tiles, each RGB or RGB and validity. */
import { reserveWindow, type PixelRect, type PixelWindow } from '../image/resample.ts'

/** The common part of two rectangles; `null` when there is none. */
export function intersect(a: PixelRect, b: PixelRect): PixelRect | null {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  const width = Math.min(a.x + a.width, b.x + b.width) - x
  const height = Math.min(a.y + a.height, b.y + b.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/**
 * Copies pieces of one pixel grid into a window; where they overlap, the first that holds data
 * there wins.
 * @returns RGB where RGB pieces fill the window side by side, else RGB and validity; valid until
 *   the next call, since all windows are put together in the memory of the kernel that warps them
 */
export function assembleWindow(rect: PixelRect, pieces: readonly PixelWindow[]): PixelWindow {
  const inside = pieces.flatMap((piece) => {
    const part = intersect(rect, piece)
    return part === null ? [] : [{ piece, part }]
  })
  const isDisjoint = inside.every(({ part }, index) =>
    inside.slice(index + 1).every((other) => intersect(part, other.part) === null),
  )
  const area = inside.reduce((sum, { part }) => sum + part.width * part.height, 0)
  const isFull = isDisjoint && area === rect.width * rect.height
  const channels = isFull && inside.every(({ piece }) => piece.channels === 3) ? 3 : 4
  const data = reserveWindow(rect.width * rect.height * channels)
  const isCopied = isFull && inside.every(({ piece }) => piece.channels === channels)
  if (!isCopied) data.fill(0)
  const window: PixelWindow = { ...rect, channels, data }
  for (const one of inside) {
    if (isDisjoint && one.piece.channels === channels) copyRows(window, one)
    else paintMissing(window, one)
  }
  return window
}

/** A piece and the part of it that lies in the window. */
interface Inside {
  readonly piece: PixelWindow
  readonly part: PixelRect
}

/** The usual, fast case: nothing else lies there, and the channels are the same. */
function copyRows(window: PixelWindow, { piece, part }: Inside): void {
  const { channels } = window
  for (let y = part.y; y < part.y + part.height; y++) {
    const from = ((y - piece.y) * piece.width + part.x - piece.x) * channels
    const to = ((y - window.y) * window.width + part.x - window.x) * channels
    window.data.set(piece.data.subarray(from, from + part.width * channels), to)
  }
}

/** Copies a piece's pixels to where the window holds nothing yet. */
function paintMissing(window: PixelWindow, { piece, part }: Inside): void {
  const { channels, data } = piece
  const target = window.data
  for (let y = part.y; y < part.y + part.height; y++) {
    let from = ((y - piece.y) * piece.width + part.x - piece.x) * channels
    let to = ((y - window.y) * window.width + part.x - window.x) * 4
    for (let x = 0; x < part.width; x++, from += channels, to += 4) {
      if (target[to + 3] !== 0) continue
      target[to] = data[from] as number
      target[to + 1] = data[from + 1] as number
      target[to + 2] = data[from + 2] as number
      target[to + 3] = channels === 3 ? 255 : (data[from + 3] as number)
    }
  }
}
