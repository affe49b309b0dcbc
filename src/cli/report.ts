/** Heatmap and candidates → the short table on stdout, and the files that were asked for. */
import { formatCells } from '../geo/cells.ts'
import {
  BEST_IS_RELATIVE,
  GOOD_IS_RELATIVE,
  noticeOf,
  scenesMeant,
  SHARES_ARE,
  tellNotSearched,
  tellRanks,
} from '../heatmap/caption.ts'
import { HEATMAP_ENDINGS, isBinary, type HeatmapFormat } from '../heatmap/formats.ts'
import type { KnownPlace } from '../heatmap/rank.ts'
import { tallyScenes, type SceneTally } from '../heatmap/scene-tally.ts'
import { renderHeatmap } from '../journeys/render-heatmap.ts'
import type { Candidate, Heatmap, SceneShare } from '../heatmap-types.ts'
import type { LonLat } from '../types.ts'
import type { World } from '../wire.ts'
import { writeResult } from './context.ts'
import { chooseFormat, type OutputOptions } from './output-format.ts'

/** The format that was asked for, by name or by the ending of `--out`; none: the table alone. */
export function formatAsked(options: OutputOptions): HeatmapFormat | null {
  return chooseFormat(HEATMAP_ENDINGS, options)
}

/** Writes the heatmap file; returns whether stdout is still free for the table. */
export async function writeHeatmap(
  world: World,
  heatmap: Heatmap,
  options: OutputOptions,
): Promise<boolean> {
  const format = formatAsked(options)
  if (format === null) return true
  const { bytes } = await renderHeatmap(world, heatmap, format)
  const content = isBinary(format) ? bytes : new TextDecoder().decode(bytes)
  await writeResult(content, options.out)
  if (options.out !== undefined) console.error(`wrote ${options.out}`)
  // The table says it below a file, every other format in itself.
  else if (format === 'csv') console.error(noticeOf(heatmap))
  return options.out !== undefined
}

/** `39 % residential_neighborhood, 12 % street`. */
export function formatScenes(scenes: readonly SceneShare[]): string {
  return scenes.map(({ scene, share }) => `${Math.round(share * 100)} % ${scene}`).join(', ')
}

/** The candidates and what was searched, for people. */
export function formatFindings(heatmap: Heatmap, candidates: readonly Candidate[]): string {
  const good = heatmap.cells.filter((cell) => cell.isGood)
  const km2 = good.reduce((sum, cell) => sum + cell.areaKm2, 0)
  return formatTable(heatmap, {
    found: `${good.length} of them good (${formatKm2(km2)} km²)`,
    rows: [
      ...scenesMeant(heatmap.question).map((scenes) => `scenes of these words: ${scenes}`),
      ...formatCandidates(heatmap, candidates),
      GOOD_IS_RELATIVE,
    ],
  })
}

function formatCandidates(heatmap: Heatmap, candidates: readonly Candidate[]): string[] {
  if (candidates.length === 0) return []
  return [
    'rank  lon,lat               distance  imagery     scenes',
    ...candidates.map(formatCandidate),
    ...tellRanks(candidates),
    ...unitOf(heatmap),
    SHARES_ARE,
  ]
}

/**
 * Distances to a photo, or to what photos show, are differences of logits; those to a scene may be
 * below 0. Other scenes may stand beside them.
 */
function unitOf({ question }: Heatmap): string[] {
  if (question.kind !== 'scene') return []
  if (question.byPhotos !== undefined) {
    const photos = question.byPhotos === 'of-it' ? 'photos of it' : 'photos most like it'
    return [`distance: from what ${photos} show; beside it what the place shows most`]
  }
  return [
    'distance: by how many standard deviations a place shows less of it than the average patch (below 0: more); beside it what the place shows most',
  ]
}

/**
 * Which scenes a map of the best scene of every cell shows, for people.
 * @param count  scenes at most
 */
export function formatBestScenes(heatmap: Heatmap, count: number): string {
  const tallies = tallyScenes(heatmap.cells)
  const rest = tallies.slice(count)
  const restCells = rest.reduce((sum, { cellCount }) => sum + cellCount, 0)
  return formatTable(heatmap, {
    found: `${tallies.length} different best scenes`,
    rows: [
      ' cells       km²  clearest at           σ there  scene',
      ...tallies.slice(0, count).map(formatTally),
      ...(rest.length === 0 ? [] : [`and ${rest.length} more in ${restCells} cells`]),
      BEST_IS_RELATIVE,
    ],
  })
}

function formatTable(
  heatmap: Heatmap,
  { found, rows }: { readonly found: string; readonly rows: readonly string[] },
): string {
  return [
    `${heatmap.cells.length} cells of ${formatCells(heatmap.grid)} searched, ${found}`,
    ...notSearched(heatmap),
    ...leftOut(heatmap),
    ...rows,
    `imagery: ${heatmap.region.attribution}`,
    noticeOf(heatmap),
  ].join('\n')
}

function formatCandidate(candidate: Candidate): string {
  const { rank, point, distance, capturedOn, scenes, sharedScenes } = candidate
  return [
    String(rank).padStart(4),
    formatPlace(point),
    distance.toFixed(3).padStart(8),
    (capturedOn ?? 'no date').padEnd(10),
    sharedScenes.length > 0
      ? `both more than usual: ${sharedScenes.join(', ')}`
      : formatScenes(scenes.slice(0, 3)),
  ].join('  ')
}

function formatTally({ cellCount, areaKm2, clearest, sigma, scene }: SceneTally): string {
  const figures = [String(cellCount).padStart(6), formatKm2(areaKm2).padStart(8)]
  return [...figures, formatPlace(clearest), sigma.toFixed(1).padStart(7), scene].join('  ')
}

function formatPlace({ lon, lat }: LonLat): string {
  return `${lon.toFixed(5)},${lat.toFixed(5)}`.padEnd(20)
}

function notSearched(heatmap: Heatmap): string[] {
  const { unavailableCount, pendingCount, pointCount, dates } = heatmap
  const otherCount = dates === undefined ? 0 : dates.leftOut.otherDate + dates.leftOut.undated
  const total = unavailableCount + pendingCount + pointCount + otherCount
  const parts = [
    ...(unavailableCount === 0 ? [] : [`${unavailableCount} of ${total} points have no imagery`]),
    ...(pendingCount === 0 ? [] : [`${pendingCount} of ${total} points are not built yet`]),
  ]
  return parts.length === 0 ? [] : [`not searched: ${parts.join(', ')}`]
}

function leftOut({ dates }: Heatmap): string[] {
  if (dates === undefined || (dates.from === null && dates.to === null)) return []
  const { otherDate, undated } = dates.leftOut
  return [
    `left out: ${otherDate} points with imagery of other dates, ${undated} with none of a known date`,
  ]
}

/** How well a known place was found. */
export function formatKnown(known: KnownPlace): string {
  if (!known.isSearched) {
    return `known place: ${tellNotSearched(known)} (is it LON,LAT, longitude first, e.g. 9.52,47.14?)`
  }
  return `known place: rank ${known.rank} of ${known.cellCount} cells (best ${known.percentile.toFixed(1)} %), other cells of ${formatKm2(known.betterKm2)} km² are as good or better`
}

/** Cells may be of 50 m or of 25 km. */
function formatKm2(km2: number): string {
  return String(Number(km2.toPrecision(3)))
}
