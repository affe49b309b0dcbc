/**
 * The column beside the map: colours with numbers, "not searched", what was searched with what.
 * Pure.
 */
import type { Heatmap, HeatmapQuestion } from '../heatmap-types.ts'
import { captionOf, formatNumber, formatShare } from './caption.ts'
import {
  cellsInWords,
  drawHatch,
  drawRamp,
  RAMP_HEIGHT_PX,
  SMALL_MUTED,
  type Spot,
} from './legend-parts.ts'
import { GOOD_SCORE } from './rank.ts'
import { keyOfScenes } from './scene-colours.ts'
import { drawScenes } from './scene-legend.ts'
import type { TextPaths } from './text-paths.ts'
import { drawLines } from './text-block.ts'

export const LEGEND_WIDTH_PX = 280

/** Draws the legend with its top left at `x`, `y`; tells where it ends. */
export function drawLegend(
  heatmap: Heatmap,
  text: TextPaths,
  { x, y }: Spot,
): { readonly svg: string; readonly bottom: number } {
  const heading = text.draw(headingOf(heatmap), { x, y: y + 14 }, { sizePx: 14, isBold: true })
  const scenes = keyOfScenes(heatmap)
  const keyAt = { x, y: y + 34 }
  const key = scenes ? drawScenes(scenes, text, keyAt) : drawBar(heatmap, text, keyAt)
  const hatchTop = key.bottom + 22
  const hatch = drawHatch({ lines: hatchLines(heatmap) }, text, { x, y: hatchTop })
  const facts = drawLines(factsOf(heatmap), text, {
    x,
    y: hatchTop + 62,
    widthPx: LEGEND_WIDTH_PX,
    style: SMALL_MUTED,
  })
  return {
    svg: [heading, key.svg, hatch, facts.svg].join(''),
    bottom: facts.bottom,
  }
}

function headingOf({ question }: Heatmap): string {
  if (question.kind === 'best-scene') return 'Scene, share of area searched'
  return isStrength(question) ? 'Strength of the scene, in σ' : 'Distance to the query'
}

/**
 * Most scenes are measured in standard deviations above the average patch; their distance is the
 * negative.
 */
function isStrength(question: HeatmapQuestion): boolean {
  return question.kind === 'scene' && question.byPhotos === undefined
}

function drawBar(heatmap: Heatmap, text: TextPaths, at: Spot) {
  const { best, worst, question } = heatmap
  const sign = isStrength(question) ? -1 : 1
  const valueAt = (score: number) => (sign * (worst - score * (worst - best))).toFixed(3)
  const ticks = [
    { score: 1, label: `${valueAt(1)}  best`, isBold: true },
    { score: GOOD_SCORE, label: `${valueAt(GOOD_SCORE)}  good from here up`, isBold: false },
    { score: 0.5, label: valueAt(0.5), isBold: false },
    { score: 0, label: `${valueAt(0)}  worst`, isBold: true },
  ]
  return { svg: drawRamp(ticks, text, at), bottom: at.y + RAMP_HEIGHT_PX }
}

function hatchLines(heatmap: Heatmap): string[] {
  const { notSearchedShare, regionKm2 } = captionOf(heatmap)
  return [
    'not searched',
    `${formatShare(notSearchedShare)} of the region’s ${formatNumber(regionKm2)} km²`,
  ]
}

function factsOf(heatmap: Heatmap): string[] {
  const { region } = heatmap
  const caption = captionOf(heatmap)
  const missing = [
    heatmap.unavailableCount > 0 ? `${count(heatmap.unavailableCount)} without imagery` : '',
    heatmap.pendingCount > 0 ? `${count(heatmap.pendingCount)} not built yet` : '',
  ].filter((part) => part !== '')
  return [
    ...goodOf(heatmap),
    `Cells: ${cellsInWords(heatmap.grid)}`,
    `Points: ${[count(heatmap.pointCount), ...missing].join(', ')}`,
    `Imagery: ${caption.imageryDates}`,
    `Model: ${caption.model}, ${region.gsd} m/px`,
    heatmap.question.kind === 'best-scene'
      ? 'Numbers on the map: where each scene is clearest'
      : 'Numbers on the map: the best places',
  ]
}

/** Of best scenes none is good or bad. */
function goodOf({ question, cells }: Heatmap): string[] {
  if (question.kind === 'best-scene') return []
  const good = cells.filter((cell) => cell.isGood)
  const goodKm2 = good.reduce((sum, cell) => sum + cell.areaKm2, 0)
  return [
    `Good: ${count(good.length)} of ${count(cells.length)} cells, ${formatNumber(goodKm2)} km²`,
  ]
}

function count(value: number): string {
  return value.toLocaleString('en')
}
