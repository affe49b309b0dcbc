/**
 * Black bars around a video frame (letterbox, pillarbox) → the frame alone.
 * Conservative: bars come in pairs of about equal thickness and end in a straight, bright edge. A
 * night sky has neither, so a dark photo stays whole; a frame with one bar, or a fade, stays whole
 * too.
 */
import type { Rgb8 } from '../types.ts'

/** Pixels cut off each side. */
export interface Trim {
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
}

/**
 * At least this share of the width and of the height stays (a 9:16 video in a 16:9 frame: 0.316).
 */
export const KEPT_SHARE_MIN = 0.3
/** Channel values up to this are black: video black is 16, compression adds some. */
const BLACK_MAX = 28
/** A pixel of the picture beside the bar is brighter than this … */
const BRIGHT_MIN = 44
/** … for at least this share of the edge, within this many lines. */
const BRIGHT_SHARE_MIN = 0.25
const EDGE_LINES = 3
const BLACK_SHARE_MIN = 0.995
const THICKNESS_MIN = 0.02

/** Finds the bars and cuts them off; `trim` is null when there are none. */
export function trimBars(image: Rgb8): { readonly image: Rgb8; readonly trim: Trim | null } {
  const rows = findBars(image, 'rows')
  const framed = crop(image, { top: rows.before, bottom: rows.after, left: 0, right: 0 })
  const columns = findBars(framed, 'columns')
  const trim = {
    top: rows.before,
    bottom: rows.after,
    left: columns.before,
    right: columns.after,
  }
  if (Object.values(trim).every((thickness) => thickness === 0)) return { image, trim: null }
  return { image: crop(image, trim), trim }
}

interface Bars {
  readonly before: number
  readonly after: number
}

function findBars(image: Rgb8, axis: 'rows' | 'columns'): Bars {
  const lineCount = axis === 'rows' ? image.height : image.width
  const line = (i: number) => brightnessOf(image, axis, i)
  const before = barThickness(lineCount, line)
  const after = barThickness(lineCount, (i) => line(lineCount - 1 - i))
  const isPair = before > 0 && after > 0 && Math.abs(before - after) <= 2 + 0.2 * (before + after)
  const isLimited = lineCount - before - after >= lineCount * KEPT_SHARE_MIN
  return isPair && isLimited ? { before, after } : { before: 0, after: 0 }
}

interface Brightness {
  readonly blackShare: number
  readonly brightShare: number
}

/** Lines from the border inwards that are black, when a bright edge ends them; else 0. */
function barThickness(lineCount: number, line: (i: number) => Brightness): number {
  let thickness = 0
  while (thickness < lineCount && line(thickness).blackShare >= BLACK_SHARE_MIN) thickness++
  if (thickness < Math.max(1, lineCount * THICKNESS_MIN)) return 0
  const end = Math.min(lineCount, thickness + EDGE_LINES)
  for (let i = thickness; i < end; i++) {
    if (line(i).brightShare >= BRIGHT_SHARE_MIN) return thickness
  }
  return 0
}

function brightnessOf(image: Rgb8, axis: 'rows' | 'columns', index: number): Brightness {
  const length = axis === 'rows' ? image.width : image.height
  const step = axis === 'rows' ? 3 : image.width * 3
  let at = axis === 'rows' ? index * image.width * 3 : index * 3
  let black = 0
  let bright = 0
  for (let i = 0; i < length; i++, at += step) {
    const value = Math.max(image.data[at] ?? 0, image.data[at + 1] ?? 0, image.data[at + 2] ?? 0)
    if (value <= BLACK_MAX) black++
    else if (value > BRIGHT_MIN) bright++
  }
  return { blackShare: black / length, brightShare: bright / length }
}

function crop(image: Rgb8, trim: Trim): Rgb8 {
  const width = image.width - trim.left - trim.right
  const height = image.height - trim.top - trim.bottom
  if (width === image.width && height === image.height) return image
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const from = ((y + trim.top) * image.width + trim.left) * 3
    data.set(image.data.subarray(from, from + width * 3), y * width * 3)
  }
  return { width, height, data }
}
