/** Lines of text that are wrapped to a width. Pure. */
import type { TextPaths, TextStyle } from './text-paths.ts'

/** Where a block stands; `y` is its top. */
export interface TextBlock {
  readonly x: number
  readonly y: number
  readonly widthPx: number
  readonly style: TextStyle
}

const LINE_HEIGHT = 1.45

/** Draws paragraphs one below the other; tells where they end. */
export function drawLines(
  paragraphs: readonly string[],
  text: TextPaths,
  { x, y, widthPx, style }: TextBlock,
): { readonly svg: string; readonly bottom: number } {
  const lines = paragraphs.flatMap((paragraph) =>
    wrap(paragraph, (part) => text.widthOf(part, style) <= widthPx),
  )
  const step = style.sizePx * LINE_HEIGHT
  const svg = lines.map((line, i) => text.draw(line, { x, y: y + style.sizePx + i * step }, style))
  return { svg: svg.join(''), bottom: y + lines.length * step }
}

function wrap(paragraph: string, fits: (part: string) => boolean): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of paragraph.split(' ').flatMap((long) => chop(long, fits))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (fits(longer)) {
      line = longer
    } else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

/** A word wider than the block (a long file name) is cut. */
function chop(word: string, fits: (part: string) => boolean): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of word) {
    if (piece !== '' && !fits(piece + character)) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}
