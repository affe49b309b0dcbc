/**
 * What every heatmap file tells beside its cells: question, sources, dates, coverage, warning.
 * Pure.
 */
import { createRegionCover } from '../geo/cells-cover.ts'
import { cellSideM, createCellGeometry, formatCells } from '../geo/cells.ts'
import type { GroupWeights, Heatmap, HeatmapQuestion } from '../heatmap-types.ts'
import type { Region } from '../types.ts'
import type { KnownPlace } from './rank.ts'

/** Stands on every result; `Caption.notice` adds what limits this one. */
export const NOTICE = 'a place to start looking, not proof'

/** What "good" is, wherever cells are counted so. */
export const GOOD_IS_RELATIVE =
  'good: at most a tenth of the way from the best cell of this search to the worst; some cell always is, and distances of different photos do not compare'

/** What the best scene of a cell is, below a table of them. */
export const BEST_IS_RELATIVE =
  'best scene: of those learned from labelled ground, the one that stands out most in the mean of the cell, by standard deviations of single patches (σ); some scene always does (docs/models.md: how often such a scene fits)'

/** What the shares of scenes are, wherever they are shown. */
export const SHARES_ARE =
  'shares in %: how the model divides what a picture shows among 365 scenes, not how likely a place is'

/**
 * The areas of all cells sum to the region's to this share of it (docs/decisions/0003-cells.md).
 */
const ROUNDING = 1e-9

const RANKS_ARE =
  'rank: that of the cell; cells that are equally good share the worst of their ranks, and of those with the same patch one is listed'

/** Explains the ranks of listed places where they do not simply count from 1. */
export function tellRanks(listed: readonly { readonly rank: number }[]): string[] {
  return listed.every(({ rank }, i) => rank === i + 1) ? [] : [RANKS_ARE]
}

/** Facts for people, in words. */
export interface Caption {
  readonly title: string
  readonly notice: string
  readonly region: string
  readonly cells: string
  /** Sources that must be named. */
  readonly attribution: string
  readonly imageryDates: string
  readonly regionKm2: number
  readonly searchedKm2: number
  /** Share of the region's area that no cell with points covers, 0…1. */
  readonly notSearchedShare: number
  readonly model: string
}

/** Collects the facts of a heatmap. */
export function captionOf(heatmap: Heatmap): Caption {
  const { region, grid, capturedBetween } = heatmap
  const geometry = createCellGeometry(grid, region.centre)
  const regionKm2 = createRegionCover(geometry, region.boundary).areaKm2
  const searchedKm2 = heatmap.cells.reduce((sum, cell) => sum + cell.areaKm2, 0)
  const notSearched = 1 - searchedKm2 / regionKm2
  return {
    title: titleOf(heatmap.question),
    notice: noticeOf(heatmap),
    region: region.name,
    cells: formatCells(grid),
    attribution: attributionOf(region),
    imageryDates: [
      capturedBetween === null ? 'dates unknown' : datesOf(capturedBetween),
      ...wishOf(heatmap),
    ].join('; '),
    regionKm2,
    searchedKm2,
    notSearchedShare: notSearched > ROUNDING ? notSearched : 0,
    model: `${region.model.name} (${region.model.sha256.slice(0, 12)})`,
  }
}

function titleOf(question: HeatmapQuestion): string {
  if (question.kind === 'scene') {
    const meant = scenesMeant(question).map((scenes) => ` (${scenes})`)
    return `Where does it look like “${question.expression}”${meant.join('')}?`
  }
  if (question.kind === 'best-scene') return 'Which scene stands out in each place?'
  if (question.kind === 'embedding') return 'Where does it look like the given embedding?'
  const [first, ...others] = question.photos
  const more = others.length === 0 ? '' : ` (with ${others.length} more)`
  return `Where could “${first?.name ?? 'photo'}”${more} have been taken?`
}

/** The classes that words were taken for, where the words are not their names. */
export function scenesMeant(question: HeatmapQuestion): string[] {
  if (question.kind !== 'scene') return []
  const plain = (text: string) => text.toLowerCase().replaceAll('_', ' ')
  const words = plain(question.expression)
  const isNamed = question.scenes.every((scene) => words.includes(plain(scene)))
  return isNamed ? [] : [question.scenes.join(', ')]
}

/**
 * `NOTICE`, which scenes the model was never shown from above, and that cells look finer than what
 * was searched.
 */
export function noticeOf({
  question,
  grid,
  region: { sampling },
}: Pick<Heatmap, 'question' | 'grid' | 'region'>): string {
  const notice = noticeOfQuestion(question)
  if (sampling.kind !== 'grid' || cellSideM(grid) >= sampling.stepM) return notice
  return `${notice}; the cells are finer than the grid of ${sampling.stepM} m that was searched, and so no more precise`
}

function noticeOfQuestion(question: HeatmapQuestion): string {
  if (question.kind === 'photo' || question.kind === 'embedding') return noticeOfPhotos(question)
  if (question.kind !== 'scene' || question.untaught === undefined) return NOTICE
  const never = `${NOTICE}; the overhead model never learned ${question.untaught.join(', ')} from labelled ground`
  if (question.byPhotos === 'of-it') {
    return `${never}: places are ranked by what photos of it show, which finds far less than for a learned scene`
  }
  const chance = 'its order may be little better than chance'
  return question.byPhotos === 'like-it'
    ? `${never}, and no photo of it was in training: places are ranked by what photos most like it show; ${chance}`
    : `${never}: ${chance}`
}

function noticeOfPhotos({
  kind,
  indoorShare,
  groupWeights,
}: Extract<HeatmapQuestion, { kind: 'photo' | 'embedding' }>): string {
  return [
    NOTICE,
    ...(indoorShare === undefined ? [] : [tellIndoors(kind, indoorShare)]),
    ...(groupWeights === undefined ? [] : [tellWeights(groupWeights)]),
  ].join('; ')
}

function tellIndoors(what: 'photo' | 'embedding', share: number): string {
  return `${formatShare(share)} of what the ${what} shows is indoors to the model, and imagery from above shows no interiors`
}

function tellWeights({ manMade = 1, natural = 1, indoor = 1 }: GroupWeights): string {
  return `scenes were weighed: man-made ${manMade}, natural ${natural}, indoor ${indoor}`
}

/** Why a known place has no rank, without the subject. */
export function tellNotSearched(known: Extract<KnownPlace, { isSearched: false }>): string {
  const { isInRegion, nearestM } = known
  const distance =
    nearestM < 1000 ? `${Math.round(nearestM)} m` : `${formatNumber(nearestM / 1000)} km`
  const why = isInRegion
    ? 'not searched: no patch that was searched lies in its cell'
    : 'outside the region'
  return `${why}; the middle of the nearest cell that was searched is ${distance} away`
}

/** Sources that must be named: of the imagery, and of the roads. */
export function attributionOf(region: Region): string {
  const osm = '© OpenStreetMap contributors'
  const isFromOsm = region.sampling.kind === 'roads' && !region.attribution.includes(osm)
  return isFromOsm ? `${region.attribution} · roads ${osm}` : region.attribution
}

function datesOf([from, to]: readonly [string, string]): string {
  return from === to ? from : `${from} to ${to}`
}

/** Which dates were asked for, and what that left out. */
function wishOf({ dates }: Heatmap): string[] {
  if (dates === undefined) return []
  const { from, to, nearestTo, leftOut } = dates
  const span = [...(from === null ? [] : [`from ${from}`]), ...(to === null ? [] : [`to ${to}`])]
  return [
    ...(span.length === 0 ? [] : [`asked for: ${span.join(' ')}`]),
    ...(nearestTo === null ? [] : [`of each place the nearest to ${nearestTo}`]),
    ...(span.length === 0
      ? []
      : [
          `left out: ${leftOut.otherDate} points of other dates, ${leftOut.undated} without a date`,
        ]),
  ]
}

/** Numbers for people: three significant digits, thousands apart. */
export function formatNumber(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))
  return value.toLocaleString('en', { maximumFractionDigits: Math.min(6, digits) })
}

/** Shares in per cent: `12 %`, `0.4 %`, `99.6 %`; only nothing is 0 and only all is 100. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent === 0 || percent === 100) return `${percent} %`
  if (percent < 0.05) return '< 0.1 %'
  if (percent >= 99.95) return '> 99.9 %'
  return percent < 9.95 || percent >= 99 ? `${percent.toFixed(1)} %` : `${Math.round(percent)} %`
}
