/** A region by name → what it is and how far its build has come. */
import { findWorkers, type WorkerShare } from '../gallery/builds.ts'
import { countPoints, type PointCounts } from '../gallery/points.ts'
import { countAllStates, type StateCount } from '../gallery/point-states.ts'
import { findDatePolicy } from '../gallery/refresh.ts'
import { deleteRegion, findRegion, listRegions } from '../gallery/regions.ts'
import { findStretches } from '../gallery/stretches.ts'
import { bboxOf, toGeoJsonBbox } from '../geo/polygon.ts'
import { withoutSignatures } from '../imagery/signed-address.ts'
import type { Bbox, Region, Stretches } from '../types.ts'
import { nextCommand, workerCommand } from './next-command.ts'
import type { Outside } from './outside.ts'

/** A region and the state of its points. */
export interface RegionStatus {
  readonly region: Region
  readonly bbox: Bbox
  readonly points: PointCounts
  /** Who holds points of it now. */
  readonly workers: readonly WorkerShare[]
  /** Dates of each place that a build embeds at most. */
  readonly vintages: number
  /**
   * Levels measured on the files of its source, where there are any; of a single region only: a
   * source may have thousands.
   */
  readonly stretches?: Stretches
}

/** @throws {NotFoundError} `region-not-found` */
export async function describeRegion(outside: Outside, name: string): Promise<RegionStatus> {
  const region = await findRegion(outside.db, name)
  const stretches = withoutSignatures(await findStretches(outside.db, region.id))
  const status = await withPoints(outside, region)
  return Object.keys(stretches).length === 0 ? status : { ...status, stretches }
}

/** All regions, by name. */
export async function describeRegions(outside: Outside): Promise<RegionStatus[]> {
  const found: RegionStatus[] = []
  for (const region of await listRegions(outside.db)) found.push(await withPoints(outside, region))
  return found
}

async function withPoints(outside: Outside, region: Region): Promise<RegionStatus> {
  const points = await countPoints(outside.db, region.id)
  const workers = await findWorkers(outside.db, region.id)
  const { vintages } = await findDatePolicy(outside.db, region.id)
  return { region, bbox: toGeoJsonBbox(bboxOf(region.boundary)), points, workers, vintages }
}

/**
 * Where a build stands, in a few words: `built`, `built, 33 points wait`, `building (host-down)`.
 */
export function nameState({ region, points }: Pick<RegionStatus, 'region' | 'points'>): string {
  const { state, problem } = region
  if (state === 'built' && points.pending > 0) return `built, ${points.pending} points wait`
  return problem === null ? state : `${state} (${problem.code})`
}

/**
 * Where a build stands, in one sentence, and how to go on.
 * @param next  what builds the region
 */
export function describeBuild(
  outside: Pick<Outside, 'usualModel'>,
  { region, points, workers }: Pick<RegionStatus, 'region' | 'points' | 'workers'>,
  next = nextCommand(outside, region, 'region build'),
): string {
  const { state, problem } = region
  if (state === 'built') {
    if (points.pending === 0) return 'built'
    return `built, ${points.pending} points wait for newer imagery or another try: ${next}`
  }
  if (state === 'created') return `not begun: ${next}`
  if (state === 'stopped') {
    const why = problem === null ? 'stopped' : `stopped (${problem.message})`
    return `${why}, continue with: ${next}`
  }
  if (problem !== null) {
    return `paused (${problem.message}), tried again at ${problem.nextTryAt ?? 'once'}`
  }
  if (workers.length > 0) return `being built by ${countOf(workers)}`
  return `waits for workers: ${workerCommand(outside, region)}, or ${next}`
}

function countOf({ length }: readonly WorkerShare[]): string {
  return length === 1 ? '1 process' : `${length} processes`
}

/** Deletes points, embeddings and heatmaps too. @throws {NotFoundError} `region-not-found` */
export async function removeRegion(outside: Outside, name: string): Promise<void> {
  await deleteRegion(outside.db, name)
}

/** Whether the database answers and both models load; throws what is wrong. */
export async function checkReady(outside: Outside): Promise<void> {
  await listRegions(outside.db)
  await outside.encoder('ground')
  await outside.encoder('overhead')
}

/** The points of all regions by their states, for whoever watches many. */
export async function countStates({ db }: Pick<Outside, 'db'>): Promise<readonly StateCount[]> {
  return countAllStates(db)
}
