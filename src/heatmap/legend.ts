/** The column beside the map: colours with numbers, "not searched", what was searched with what. Pure. */
import { formatCells } from '../geo/cells.ts'
import type { Heatmap } from '../types.ts'
import { captionOf, formatNumber, formatShare } from './caption.ts'
import { HATCH_GROUND, HATCH_PERIOD_PX, HATCH_STRIPE, HATCH_STRIPE_PX } from './paint.ts'
import { hexAt, type Colour } from './ramp.ts'
import { GOOD_SCORE } from './rank.ts'
import type { TextPaths } from './text-paths.ts'
import { drawLines } from './text-block.ts'

export const LEGEND_WIDTH_PX = 280
const BAR = { width: 24, height: 240 }
const MUTED = '#4a4a55'
const SMALL = { sizePx: 13 }

/** Draws the legend with its top left at `x`, `y`; tells where it ends. */
export function drawLegend(
  heatmap: Heatmap,
  text: TextPaths,
  { x, y }: { readonly x: number; readonly y: number },
): { readonly svg: string; readonly bottom: number } {
  const heading = text.draw(headingOf(heatmap), { x, y: y + 14 }, { sizePx: 14, isBold: true })
  const barTop = y + 34
  const hatchTop = barTop + BAR.height + 22
  const hatch = drawHatch(heatmap, text, { x, y: hatchTop })
  const facts = drawLines(factsOf(heatmap), text, {
    x,
    y: hatchTop + 62,
    widthPx: LEGEND_WIDTH_PX,
    style: { ...SMALL, colour: MUTED },
  })
  return {
    svg: [heading, drawBar(heatmap, text, { x, y: barTop }), hatch, facts.svg].join(''),
    bottom: facts.bottom,
  }
}

function headingOf({ question }: Heatmap): string {
  if (question.kind === 'best-scene') return 'Strength of the best scene'
  return question.kind === 'scene' ? 'Strength of the scene, in σ' : 'Distance to the query'
}

/** Scenes are measured in standard deviations above the average patch; their distance is the negative. */
function isStrength({ question }: Heatmap): boolean {
  return question.kind === 'scene' || question.kind === 'best-scene'
}

function drawBar(
  heatmap: Heatmap,
  text: TextPaths,
  { x, y }: { readonly x: number; readonly y: number },
): string {
  const stops = Array.from({ length: 21 }, (_, i) => i / 20).map(
    (share) => `<stop offset="${share}" stop-color="${hexAt(1 - share)}"/>`,
  )
  const { best, worst } = heatmap
  const sign = isStrength(heatmap) ? -1 : 1
  const valueAt = (score: number) => (sign * (worst - score * (worst - best))).toFixed(3)
  const ticks = [
    { score: 1, label: `${valueAt(1)}  best`, isBold: true },
    { score: GOOD_SCORE, label: `${valueAt(GOOD_SCORE)}  good from here up`, isBold: false },
    { score: 0.5, label: valueAt(0.5), isBold: false },
    { score: 0, label: `${valueAt(0)}  worst`, isBold: true },
  ]
  const marks = ticks.map(({ score, label, isBold }) => {
    const at = y + (1 - score) * BAR.height
    const line = `<path stroke="#1a1a22" d="M${x} ${at}h${BAR.width + 6}"/>`
    return line + text.draw(label, { x: x + BAR.width + 12, y: at + 5 }, { sizePx: 13, isBold })
  })
  return [
    `<defs><linearGradient id="ramp" x2="0" y2="1">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${x}" y="${y}" width="${BAR.width}" height="${BAR.height}" fill="url(#ramp)"/>`,
    ...marks,
  ].join('')
}

function drawHatch(
  heatmap: Heatmap,
  text: TextPaths,
  { x, y }: { readonly x: number; readonly y: number },
): string {
  const rgb = (colour: Colour) => `rgb(${colour.join(',')})`
  const size = HATCH_PERIOD_PX / Math.SQRT2
  const pattern =
    `<pattern id="hatch" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<rect width="${size}" height="${size}" fill="${rgb(HATCH_GROUND)}"/>` +
    `<rect width="${HATCH_STRIPE_PX / Math.SQRT2}" height="${size}" fill="${rgb(HATCH_STRIPE)}"/></pattern>`
  const { notSearchedShare, regionKm2 } = captionOf(heatmap)
  const lines = [
    'not searched',
    `${formatShare(notSearchedShare)} of the region’s ${formatNumber(regionKm2)} km²`,
  ]
  const at = (i: number) => ({ x: x + BAR.width + 12, y: y + 11 + 18 * i })
  return [
    `<defs>${pattern}</defs>`,
    `<rect x="${x}" y="${y}" width="${BAR.width}" height="${BAR.width}" fill="url(#hatch)" stroke="#8a8a92"/>`,
    ...lines.map((line, i) => text.draw(line, at(i), { sizePx: 13, isBold: i === 0 })),
  ].join('')
}

function factsOf(heatmap: Heatmap): string[] {
  const { cells, region } = heatmap
  const caption = captionOf(heatmap)
  const good = cells.filter((cell) => cell.isGood)
  const goodKm2 = good.reduce((sum, cell) => sum + cell.areaKm2, 0)
  const count = (value: number) => value.toLocaleString('en')
  const missing = [
    heatmap.unavailableCount > 0 ? `${count(heatmap.unavailableCount)} without imagery` : '',
    heatmap.pendingCount > 0 ? `${count(heatmap.pendingCount)} not built yet` : '',
  ].filter((part) => part !== '')
  return [
    `Good: ${count(good.length)} of ${count(cells.length)} cells, ${formatNumber(goodKm2)} km²`,
    `Cells: ${cellsInWords(heatmap)}`,
    `Points: ${[count(heatmap.pointCount), ...missing].join(', ')}`,
    `Imagery: ${caption.imageryDates}`,
    `Model: ${caption.model}, ${region.gsd} m/px`,
    'Numbers on the map: the best places',
  ]
}

function cellsInWords({ grid }: Heatmap): string {
  if (grid.kind === 'h3') return `H3 hexagons, resolution ${grid.resolution}`
  const size = formatCells({ ...grid, epsg: null }).replace(/^square:([\d.]+)/, '$1 ')
  return `squares of ${size}${grid.epsg === null ? '' : `, EPSG:${grid.epsg}`}`
}
