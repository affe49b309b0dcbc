/**
 * Text → outlines, so that pictures need no fonts of the machine and are the same everywhere.
 * Fonts: DejaVu Sans (Latin, Cyrillic, Greek and more), from npm.
 * @io disk
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import opentype, { type Font } from 'opentype.js'

/** Where and how a line of text stands; `y` is its baseline. */
export interface TextStyle {
  readonly sizePx: number
  readonly isBold?: boolean
  readonly colour?: string
  readonly anchor?: 'start' | 'middle' | 'end'
}

/** Measures and draws text. */
export interface TextPaths {
  widthOf(text: string, style: TextStyle): number
  /** An SVG element with the text's outlines. */
  draw(text: string, at: { readonly x: number; readonly y: number }, style: TextStyle): string
}

const require = createRequire(import.meta.url)
let loaded: TextPaths | undefined

/** Reads the fonts on first use. */
export function loadTextPaths(): TextPaths {
  loaded ??= createTextPaths(readFont('DejaVuSans.ttf'), readFont('DejaVuSans-Bold.ttf'))
  return loaded
}

function readFont(name: string): Font {
  const bytes = readFileSync(require.resolve(`dejavu-fonts-ttf/ttf/${name}`))
  return opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

function createTextPaths(regular: Font, bold: Font): TextPaths {
  const fontOf = ({ isBold }: TextStyle) => (isBold ? bold : regular)
  const widthOf = (text: string, style: TextStyle) =>
    walk(fontOf(style), text, { sizePx: style.sizePx })
  return {
    widthOf,
    draw(text, { x, y }, style) {
      const share = { start: 0, middle: 0.5, end: 1 }[style.anchor ?? 'start']
      const start = x - share * (share === 0 ? 0 : widthOf(text, style))
      const parts: string[] = []
      walk(fontOf(style), text, {
        sizePx: style.sizePx,
        visit: (glyph, offset) => {
          parts.push(glyph.getPath(start + offset, y, style.sizePx).toPathData(2))
        },
      })
      return `<path fill="${style.colour ?? '#1a1a22'}" d="${parts.join('')}"/>`
    },
  }
}

/**
 * Steps through glyphs and returns the width in px. Character by character: opentype.js's own
 * layout throws on substitutions that it does not know.
 */
function walk(
  font: Font,
  text: string,
  { sizePx, visit }: { sizePx: number; visit?: (glyph: opentype.Glyph, offset: number) => void },
): number {
  const scale = sizePx / font.unitsPerEm
  let offset = 0
  let previous: opentype.Glyph | undefined
  for (const character of text) {
    const glyph = font.charToGlyph(character)
    if (previous) offset += font.getKerningValue(previous, glyph) * scale
    visit?.(glyph, offset)
    offset += (glyph.advanceWidth ?? 0) * scale
    previous = glyph
  }
  return offset
}
