/** Putting a window of pixels together from blocks or tiles, each RGB or RGB and validity. */
import type { PixelRect, PixelWindow } from '../image/resample.ts'
import { dropValidity } from './bands.ts'

/** An empty window: nothing in it is valid yet. */
export function createWindow(rect: PixelRect): PixelWindow {
  return { ...rect, channels: 4, data: new Uint8Array(rect.width * rect.height * 4) }
}

/** The common part of two rectangles; `null` when there is none. */
export function intersect(a: PixelRect, b: PixelRect): PixelRect | null {
  const x = Math.max(a.x, b.x)
  const y = Math.max(a.y, b.y)
  const width = Math.min(a.x + a.width, b.x + b.width) - x
  const height = Math.min(a.y + a.height, b.y + b.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/** Copies a piece's pixels to where the window holds nothing yet. */
export function paintPiece(window: PixelWindow, piece: PixelWindow): void {
  const part = intersect(window, piece)
  if (part === null) return
  const { channels } = piece
  for (let y = part.y; y < part.y + part.height; y++) {
    let from = ((y - piece.y) * piece.width + part.x - piece.x) * channels
    let to = ((y - window.y) * window.width + part.x - window.x) * 4
    for (let x = 0; x < part.width; x++, from += channels, to += 4) {
      if (window.data[to + 3] !== 0) continue
      window.data[to] = piece.data[from] as number
      window.data[to + 1] = piece.data[from + 1] as number
      window.data[to + 2] = piece.data[from + 2] as number
      window.data[to + 3] = channels === 3 ? 255 : (piece.data[from + 3] as number)
    }
  }
}

/** Drops the validity where every pixel is valid: the usual, faster case. */
export function finishWindow(window: PixelWindow): PixelWindow {
  const { data } = window
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return window
  return { ...window, channels: 3, data: dropValidity(data) }
}
