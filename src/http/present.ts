/** Data of the journeys → the answers of the API. */
import type { z } from '@hono/zod-openapi'
import type { HeatmapAnswer } from '../journeys/ask-heatmap.ts'
import { attributionOf, reasonsOf, type Coverage } from '../journeys/render-coverage.ts'
import type { RegionStatus } from '../journeys/region-status.ts'
import type { Candidate } from '../heatmap-types.ts'
import type { LonLat } from '../types.ts'
import type { BuildStatus } from './builds.ts'
import { formsOf } from './negotiate.ts'
import type { coverageSchema } from './coverage-schemas.ts'
import type { regionSchema } from './region-schemas.ts'
import type { heatmapSchema } from './schemas.ts'

/** A region as the API answers it. */
export type RegionJson = z.input<typeof regionSchema>
type CoverageJson = z.input<typeof coverageSchema>
type HeatmapJson = z.input<typeof heatmapSchema>

/**
 * A region with its points, where its build stands in words, and the latest build of this process.
 */
export function presentRegion(
  { region, bbox, points, workers, vintages, stretches }: RegionStatus,
  { summary, build }: { readonly summary: string; readonly build: BuildStatus | null },
): RegionJson {
  const { name, state, centre, attribution, model, gsd, createdAt } = region
  return {
    name,
    state,
    summary,
    problem: region.problem && { ...region.problem },
    workers: [...workers],
    bbox: [...bbox],
    centre: position(centre),
    sampling: { ...region.sampling },
    imagery: { kind: 'unknown', ...region.imagery },
    ...(stretches && { stretches }),
    attribution,
    model,
    gsd,
    denseM: region.runtime?.denseM ?? null,
    vintages,
    createdAt,
    points: {
      total: points.total,
      pending: points.pending,
      leased: points.leased,
      embedded: points.embedded,
      unavailable: { ...points.unavailable },
    },
    build: build && presentBuild(build, points.pending + points.leased),
  }
}

function presentBuild(
  { state, startedAt, progress, problem }: BuildStatus,
  left: number,
): NonNullable<RegionJson['build']> {
  const rate = progress && progress.elapsedS > 0 ? progress.done / progress.elapsedS : null
  const isGoingOn = state === 'running' && rate !== null && rate > 0
  return {
    state,
    startedAt,
    pointsPerSecond: rate,
    secondsLeft: isGoingOn ? Math.round(left / rate) : null,
    ...presentProgress(progress),
    problem,
  }
}

function presentProgress(progress: BuildStatus['progress']) {
  if (progress === null)
    return { pointsDone: 0, waitingFor: null, waiting: null, pureBlack: 0, triedAgain: {} }
  const { done, steps, waiting = null, blackCount, failures } = progress
  return {
    pointsDone: done,
    waitingFor: { ...steps },
    waiting,
    pureBlack: blackCount,
    triedAgain: { ...failures },
  }
}

/** What a coverage says in short. */
export function presentCoverage(
  { region, cells, ...coverage }: Coverage,
  spec: string,
): CoverageJson {
  const sum = (of: 'points' | 'embedded' | 'open') =>
    cells.reduce((total, cell) => total + cell[of], 0)
  return {
    region: region.name,
    cells: spec,
    cellCount: cells.length,
    points: sum('points'),
    embedded: sum('embedded'),
    open: sum('open'),
    unavailable: Object.fromEntries(reasonsOf({ region, cells, ...coverage })),
    attribution: attributionOf(region),
  }
}

/** What a heatmap says in short, and where its files are. */
export function presentHeatmap({
  id,
  cells,
  notice,
  heatmap,
  candidates,
  known,
}: HeatmapAnswer): HeatmapJson {
  const good = heatmap.cells.filter((cell) => cell.isGood)
  const files = formsOf(heatmap).filter(({ format }) => format !== 'summary')
  return {
    id,
    region: heatmap.region.name,
    cells,
    question: { ...heatmap.question },
    cellCount: heatmap.cells.length,
    goodCellCount: good.length,
    goodAreaKm2: good.reduce((sum, cell) => sum + cell.areaKm2, 0),
    best: heatmap.best,
    worst: heatmap.worst,
    points: {
      embedded: heatmap.pointCount,
      unavailable: heatmap.unavailableCount,
      pending: heatmap.pendingCount,
    },
    capturedBetween: heatmap.capturedBetween && [...heatmap.capturedBetween],
    ...(heatmap.dates && { dates: heatmap.dates }),
    attribution: attributionOf(heatmap.region),
    candidates: candidates.map(presentCandidate),
    known: known && { ...known },
    files: Object.fromEntries(
      files.map(({ format, ending }) => [format, `/v1/heatmaps/${id}.${ending}`]),
    ),
    note: notice,
  }
}

function presentCandidate({ rank, point, distance, capturedOn, ...shown }: Candidate) {
  return {
    rank,
    at: position(point),
    distance,
    capturedOn,
    scenes: [...shown.scenes],
    sharedScenes: [...shown.sharedScenes],
  }
}

function position({ lon, lat }: LonLat): [number, number] {
  return [lon, lat]
}
