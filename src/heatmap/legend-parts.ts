/** What legends are made of: the bar of colours, hatched squares, words for cells. Pure. */
import { formatCells } from '../geo/cells.ts'
import type { CellGrid } from '../heatmap-types.ts'
import {
  HATCH_GROUND,
  HATCH_PERIOD_PX,
  HATCH_STRIPE,
  HATCH_STRIPE_PX,
  type Hatch,
} from './paint.ts'
import { hexAt, type Colour } from './ramp.ts'
import type { TextPaths } from './text-paths.ts'

export const SWATCH_PX = 24
export const RAMP_HEIGHT_PX = 240
export const SMALL_MUTED = { sizePx: 13, colour: '#4a4a55' }

/** Top left of a part, px. */
export interface Spot {
  readonly x: number
  readonly y: number
}

/** A mark beside the bar of colours. */
export interface Tick {
  /** 0…1, from the bottom up. */
  readonly score: number
  readonly label: string
  readonly isBold: boolean
}

/** Draws the colours from 1 down to 0, with marks. */
export function drawRamp(ticks: readonly Tick[], text: TextPaths, { x, y }: Spot): string {
  const stops = Array.from({ length: 21 }, (_, i) => i / 20).map(
    (share) => `<stop offset="${share}" stop-color="${hexAt(1 - share)}"/>`,
  )
  const marks = ticks.map(({ score, label, isBold }) => {
    const at = y + (1 - score) * RAMP_HEIGHT_PX
    const line = `<path stroke="#1a1a22" d="M${x} ${at}h${SWATCH_PX + 6}"/>`
    return line + text.draw(label, { x: x + SWATCH_PX + 12, y: at + 5 }, { sizePx: 13, isBold })
  })
  return [
    `<defs><linearGradient id="ramp" x2="0" y2="1">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${x}" y="${y}" width="${SWATCH_PX}" height="${RAMP_HEIGHT_PX}" fill="url(#ramp)"/>`,
    ...marks,
  ].join('')
}

/** Draws a hatched square and what it means, the first line bold. */
export function drawHatch(
  {
    lines,
    hatch = { ground: HATCH_GROUND, stripe: HATCH_STRIPE },
  }: { readonly lines: readonly string[]; readonly hatch?: Hatch },
  text: TextPaths,
  { x, y }: Spot,
): string {
  const rgb = (colour: Colour) => `rgb(${colour.join(',')})`
  const id = `hatch${hatch.stripe.join('-')}`
  const size = HATCH_PERIOD_PX / Math.SQRT2
  const pattern =
    `<pattern id="${id}" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<rect width="${size}" height="${size}" fill="${rgb(hatch.ground)}"/>` +
    `<rect width="${HATCH_STRIPE_PX / Math.SQRT2}" height="${size}" fill="${rgb(hatch.stripe)}"/></pattern>`
  const at = (i: number) => ({ x: x + SWATCH_PX + 12, y: y + 11 + 18 * i })
  return [
    `<defs>${pattern}</defs>`,
    `<rect x="${x}" y="${y}" width="${SWATCH_PX}" height="${SWATCH_PX}" fill="url(#${id})" stroke="#8a8a92"/>`,
    ...lines.map((line, i) => text.draw(line, at(i), { sizePx: 13, isBold: i === 0 })),
  ].join('')
}

/** The grid for people: `squares of 25 km`. */
export function cellsInWords(grid: CellGrid): string {
  if (grid.kind === 'h3') return `H3 hexagons, resolution ${grid.resolution}`
  const size = formatCells({ ...grid, epsg: null }).replace(/^square:([\d.]+)/, '$1 ')
  return `squares of ${size}${grid.epsg === null ? '' : `, EPSG:${grid.epsg}`}`
}
