/** Coverage → a map: the share of each cell's points that have imagery. Pure. */
import type { Region } from '../types.ts'
import { attributionOf, formatShare } from './caption.ts'
import { countReasons, type Coverage, type CoverageCell } from './coverage.ts'
import {
  cellsInWords,
  drawHatch,
  drawRamp,
  RAMP_HEIGHT_PX,
  SMALL_MUTED,
  type Spot,
} from './legend-parts.ts'
import { layOutPage, type Picture } from './map-page.ts'
import type { MapView } from './map-view.ts'
import { HATCH_GROUND, HATCH_STRIPE, paintMap, type Hatch } from './paint.ts'
import { colourAt, type Colour } from './ramp.ts'
import { drawLines } from './text-block.ts'
import type { TextPaths } from './text-paths.ts'

const LEGEND_WIDTH_PX = 280
const NOT_SEARCHED: Hatch = { ground: HATCH_GROUND, stripe: HATCH_STRIPE }
/**
 * Neither the grey of places without points nor a colour of the ramp: here something is missing.
 */
export const NO_IMAGERY: Hatch = { ground: [250, 222, 208], stripe: [200, 84, 52] }

/** Lays out the page. */
export function layOutCoverage(coverage: Coverage, text: TextPaths): Picture {
  const { region, grid } = coverage
  const cells = coverage.cells.map((cell) => ({ ...cell, point: cell.centre }))
  const content = {
    region,
    title: 'Where is there imagery?',
    subtitle: `Region ${region.name}. ${describeState(region)}`,
    foot: attributionOf(region),
    legendWidthPx: LEGEND_WIDTH_PX,
    paint: (view: MapView) => paintMap({ region, grid, cells }, view, fillOf),
    drawLegend: (at: Spot) => drawLegend(coverage, text, at),
  }
  return layOutPage(content, text)
}

function describeState({ state }: Region): string {
  if (state === 'built') return 'Every point was looked for.'
  return 'The build is not finished: points that it has not reached do not count.'
}

/** Of the points that the build has reached: those that have imagery. Null: it has reached none. */
function imageryShare({ points, embedded, open }: CoverageCell): number | null {
  return points === open ? null : embedded / (points - open)
}

function fillOf(cell: CoverageCell): Colour | Hatch {
  const share = imageryShare(cell)
  if (share === null) return NOT_SEARCHED
  return share === 0 ? NO_IMAGERY : colourAt(share)
}

const TICKS = [
  { score: 1, label: 'all points', isBold: true },
  { score: 0.75, label: '75 %', isBold: false },
  { score: 0.5, label: '50 %', isBold: false },
  { score: 0.25, label: '25 %', isBold: false },
  { score: 0, label: 'hardly any', isBold: true },
]

function drawLegend(coverage: Coverage, text: TextPaths, { x, y }: Spot) {
  const heading = text.draw('Points with imagery', { x, y: y + 14 }, { sizePx: 14, isBold: true })
  const rampTop = y + 34
  const emptyTop = rampTop + RAMP_HEIGHT_PX + 22
  const greyTop = emptyTop + 52
  const empty = coverage.cells.filter((cell) => imageryShare(cell) === 0)
  const emptyLines = ['no imagery', `all points of ${count(empty.length, 'cell')}`]
  const greyLines = ['not searched', 'no points, or not built yet']
  const facts = drawLines(factsOf(coverage), text, {
    x,
    y: greyTop + 58,
    widthPx: LEGEND_WIDTH_PX,
    style: SMALL_MUTED,
  })
  return {
    svg: [
      heading,
      drawRamp(TICKS, text, { x, y: rampTop }),
      drawHatch({ lines: emptyLines, hatch: NO_IMAGERY }, text, { x, y: emptyTop }),
      drawHatch({ lines: greyLines }, text, { x, y: greyTop }),
      facts.svg,
    ].join(''),
    bottom: facts.bottom,
  }
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

function factsOf(coverage: Coverage): string[] {
  const { cells, grid } = coverage
  const sum = (of: 'points' | 'embedded' | 'open') =>
    cells.reduce((total, cell) => total + cell[of], 0)
  const points = sum('points')
  const line = (number: number, words: string) =>
    `${number.toLocaleString('en')} ${words} (${formatShare(number / points)})`
  const open = sum('open')
  return [
    `${count(points, 'point')} in ${count(cells.length, 'cell')}: ${cellsInWords(grid)}`,
    line(sum('embedded'), 'with imagery'),
    ...countReasons(coverage).map(([reason, number]) => line(number, `without: ${reason}`)),
    ...(open === 0 ? [] : [line(open, 'not built yet')]),
  ]
}
