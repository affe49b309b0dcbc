/**
 * A built region → its points of which there is imagery of dates that they lack wait to be embedded
 * again.
 */
import { InputError } from '../errors.ts'
import {
  beginRefresh,
  findDatePolicy,
  findKnownVintages,
  markRefreshing,
  setVintages,
  type KnownVintage,
} from '../gallery/refresh.ts'
import { readEmbeddedPlaces } from '../gallery/point-states.ts'
import { countPoints } from '../gallery/points.ts'
import { findRegion } from '../gallery/regions.ts'
import { parseImageryConfig } from '../imagery/config.ts'
import type { ImagerySource } from '../imagery/source.ts'
import type { Region, RoadPoint } from '../types.ts'
import { mapOrdered } from './flow.ts'
import { nextCommand } from './next-command.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'
import { refuseBuilding, underWay } from './refuse-building.ts'
import { refuseDense } from './refuse-dense.ts'
import { collectStretches, openRegionSource } from './region-source.ts'
import { refuseOtherModel } from './visit-region.ts'

/** Places asked for at a time. */
const PLACES_UNDER_WAY = 16

/** What is refreshed, and from where. */
export interface RefreshRequest {
  readonly name: string
  /** Another source from now on, e.g. a newer release; absent: the region's own. */
  readonly imagery?: unknown
  /** Embed every point again, also where the source tells no dates. */
  readonly isAll: boolean
  /** Dates of each place that are embedded from now on, newest first; absent: as many as before. */
  readonly vintages?: number | undefined
}

/** How the search is followed and stopped. */
export interface RefreshProgress {
  readonly signal: AbortSignal
  readonly onLook: (looked: number, waiting: number) => void
}

/** What became of the points that were looked at. */
export interface Refreshed {
  readonly looked: number
  /** They wait to be embedded now. */
  readonly waiting: number
  /** All that wait for a build: an earlier refresh that was cut short may have left some. */
  readonly open: number
  /** Points without imagery, which are not looked at: another try of a build is theirs. */
  readonly unavailable: number
  /** They lie outside the source's imagery, and keep what they have. */
  readonly uncovered: number
  /**
   * Whether the source told for each point that waits that it has a date which the gallery lacks.
   */
  readonly isDated: boolean
}

/**
 * Says how many dates of each place are embedded from now on, also by who builds the region now,
 * newest first; what is embedded stays.
 * @throws {NotFoundError} `region-not-found`
 * @throws {InputError} `dense-dates` for more than one of a dense region
 */
export async function keepVintages(
  { db }: Pick<Outside, 'db'>,
  name: string,
  vintages: number,
): Promise<void> {
  const region = await findRegion(db, name)
  if (vintages > 1) refuseDense(region)
  await setVintages(db, region.id, vintages)
}

/**
 * Lets the points wait of which the source has a wanted date that the gallery lacks; a build then
 * embeds them, and the rows of other dates stay. Wanted are the newest dates, as many as the region
 * keeps. Stopped half-way, those that were found wait, and the next call goes on.
 * @throws {NotFoundError} `region-not-found`
 * A refresh that is refused keeps nothing of the wish.
 * @throws {InputError} `refresh-undated` when the source tells no dates, `region-building` while it
 *   is built, `model-mismatch`, and those of the source
 */
export async function refreshRegion(
  outside: Outside,
  { name, imagery, isAll, vintages }: RefreshRequest,
  progress: RefreshProgress,
): Promise<Refreshed> {
  const region = await findRegion(outside.db, name)
  refuseDense(region)
  refuseBuilding(region, 'a refresh')
  refuseOtherModel(region, await outside.encoder('overhead'))
  const config = imagery === undefined ? undefined : { ...parseImageryConfig(imagery) }
  const { signal } = progress
  const { stretches, measured } = collectStretches()
  const source = await (config === undefined
    ? openRegionSource(outside, region, { signal })
    : outside.openSource(config, { signal, stretches }))
  const others = async () => {
    const { pending, unavailable } = await countPoints(outside.db, region.id)
    return { open: pending, unavailable: Object.values(unavailable).reduce((a, b) => a + b, 0) }
  }
  try {
    const settings = {
      imagery: config,
      attribution: source.attribution,
      stretches: measured(),
    }
    // Somebody may have begun a build while the source was opened.
    if (!(await beginRefresh(outside.db, region.id, settings))) throw underWay(name, 'a refresh')
    const test = await lackTest(outside, { regionId: region.id, source, vintages })
    const marking = { regionId: region.id, test, vintages }
    const found = await markLacking(outside, { ...marking, isAll }, progress)
    const isUndated = found.undated > 0 && found.undated + found.uncovered === found.looked
    // Another source without dates is of another date as a whole; of the same one nothing can be
    // said.
    if (isUndated && !isAll && imagery === undefined) throw undated(outside, region)
    // Also where no point lacks a date now.
    await settleDates(outside, marking)
    if (!isUndated || isAll) return { ...found, ...(await others()), isDated: !isAll }
    const all = await markLacking(outside, { ...marking, isAll: true }, progress)
    return { ...all, ...(await others()), isDated: false }
  } finally {
    await source.close()
  }
}

/** What a source has of a place, beside what the gallery has; geometry only. */
type LackTest = (
  place: RoadPoint,
  known: readonly KnownVintage[],
) => Promise<'lacking' | 'known' | 'undated' | 'uncovered'>

async function lackTest(
  outside: Outside,
  {
    regionId,
    source,
    vintages: wished,
  }: {
    readonly regionId: number
    readonly source: ImagerySource
    readonly vintages: number | undefined
  },
): Promise<LackTest> {
  const size = patchSizeOf((await outside.encoder('overhead')).card)
  const vintages = wished ?? (await findDatePolicy(outside.db, regionId)).vintages
  return async (place, known) => {
    if (source.coversPatch?.(place, size) === false) return 'uncovered'
    const offered = (await source.vintages?.(place, size)) ?? []
    const has = new Set(known.map(({ capturedOn }) => capturedOn))
    if (offered.length === 0) return 'undated'
    return offered.slice(0, vintages).some((date) => !has.has(date)) ? 'lacking' : 'known'
  }
}

/** What is to be marked. */
interface Marking {
  readonly regionId: number
  readonly test: LackTest
  /** Also those that lack nothing, or of which no date is told. */
  readonly isAll: boolean
  /** Dates of each place, kept before the first point waits for them; absent: as many as before. */
  readonly vintages: number | undefined
}

async function settleDates(
  { db }: Pick<Outside, 'db'>,
  { regionId, vintages }: Pick<Marking, 'regionId' | 'vintages'>,
): Promise<void> {
  if (vintages !== undefined) await setVintages(db, regionId, vintages)
}

async function markLacking(
  { db }: Outside,
  { regionId, test, isAll, vintages }: Marking,
  { signal, onLook }: RefreshProgress,
): Promise<Omit<Refreshed, 'isDated' | 'open' | 'unavailable'> & { readonly undated: number }> {
  const count = { looked: 0, waiting: 0, uncovered: 0, undated: 0 }
  for await (const places of readEmbeddedPlaces(db, regionId)) {
    signal.throwIfAborted()
    const ids = places.map(({ id }) => id)
    const known = await findKnownVintages(db, regionId, ids)
    const wanted: number[] = []
    const answers = mapOrdered(places, PLACES_UNDER_WAY, async (place) => ({
      id: place.id,
      answer: await test(place, known.get(place.id) ?? []),
    }))
    for await (const { id, answer } of answers) {
      if (answer === 'undated' || answer === 'uncovered') count[answer]++
      if (answer === 'lacking' || (isAll && answer !== 'uncovered')) wanted.push(id)
    }
    if (wanted.length > 0) {
      if (count.waiting === 0) await settleDates({ db }, { regionId, vintages })
      count.waiting += await markRefreshing(db, regionId, wanted)
    }
    count.looked += places.length
    onLook(count.looked, count.waiting)
  }
  return count
}

function undated(outside: Outside, region: Region): InputError {
  return new InputError(
    'refresh-undated',
    `Expected a source that tells the dates of a place, got that of region "${region.name}", which does not`,
    {
      hint: `see what changed: \`${nextCommand(outside, region, 'region refresh')} --check 100\`; embed all again: --all; another release: --imagery SOURCE`,
    },
  )
}
