/** A built region → its points of which there is imagery of dates that they lack wait to be embedded again. */
import { InputError } from '../errors.ts'
import {
  findDatePolicy,
  findEmbeddedPlaces,
  findKnownVintages,
  markRefreshing,
  setImagery,
  setVintages,
  type EmbeddedPlace,
  type KnownVintage,
} from '../gallery/refresh.ts'
import { findRegion } from '../gallery/regions.ts'
import { parseImageryConfig } from '../imagery/config.ts'
import type { ImagerySource } from '../imagery/source.ts'
import { mapOrdered } from './flow.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'

/** Points looked at between two words to the database. */
const PAGE_POINTS = 2000
/** Places asked for at a time. */
const PLACES_UNDER_WAY = 16

/** What is refreshed, and from where. */
export interface RefreshRequest {
  readonly name: string
  /** Another source from now on, e.g. a newer release; absent: the region's own. */
  readonly imagery?: unknown
  /** Embed every point again, also where the source tells no dates. */
  readonly isAll: boolean
}

/** How the search is followed and stopped. */
export interface RefreshProgress {
  readonly signal: AbortSignal
  readonly onLook: (looked: number, waiting: number) => void
}

/** How many points were looked at, and how many of them wait now. */
export interface Refreshed {
  readonly looked: number
  readonly waiting: number
}

/**
 * Says how many dates of each place later builds embed, newest first; what is embedded stays.
 * @throws {NotFoundError} `region-not-found`
 */
export async function keepVintages(
  { db }: Pick<Outside, 'db'>,
  name: string,
  vintages: number,
): Promise<void> {
  await setVintages(db, (await findRegion(db, name)).id, vintages)
}

/**
 * Lets the points wait of which the source has a wanted date that the gallery lacks; a build then embeds them, and the
 * rows of other dates stay. Wanted are the newest dates, as many as the region keeps.
 * Stopped half-way, those that were found wait, and the next call goes on.
 * @throws {NotFoundError} `region-not-found`
 * @throws {InputError} `refresh-undated` when the source tells no dates, and those of the source
 */
export async function refreshRegion(
  outside: Outside,
  { name, imagery, isAll }: RefreshRequest,
  progress: RefreshProgress,
): Promise<Refreshed> {
  const region = await findRegion(outside.db, name)
  const isOther = imagery !== undefined
  const config = parseImageryConfig(isOther ? imagery : region.imagery)
  const source = await outside.openSource(config)
  try {
    const isDated = source.vintages !== undefined
    if (!isDated && !isOther && !isAll) throw undated(name)
    if (isOther) {
      const { attribution } = source
      await setImagery(outside.db, region.id, { imagery: { ...config }, attribution })
    }
    const isNewer =
      isAll || !isDated ? async () => true : await lackTest(outside, region.id, source)
    return await markNewer(outside, { regionId: region.id, isNewer }, progress)
  } finally {
    await source.close()
  }
}

type IsNewer = (place: EmbeddedPlace, known: readonly KnownVintage[]) => Promise<boolean>

async function lackTest(
  outside: Outside,
  regionId: number,
  source: ImagerySource,
): Promise<IsNewer> {
  const size = patchSizeOf((await outside.encoder('overhead')).card)
  const { vintages } = await findDatePolicy(outside.db, regionId)
  return async (place, known) => {
    const offered = (await source.vintages?.(place, size)) ?? []
    const has = new Set(known.map(({ capturedOn }) => capturedOn))
    return offered.slice(0, vintages).some((date) => !has.has(date))
  }
}

async function markNewer(
  { db }: Outside,
  { regionId, isNewer }: { readonly regionId: number; readonly isNewer: IsNewer },
  { signal, onLook }: RefreshProgress,
): Promise<Refreshed> {
  let looked = 0
  let waiting = 0
  for await (const places of pagesOf(db, regionId)) {
    signal.throwIfAborted()
    const ids = places.map(({ id }) => id)
    const known = await findKnownVintages(db, regionId, ids)
    const newer: number[] = []
    const answers = mapOrdered(places, PLACES_UNDER_WAY, async (place) =>
      (await isNewer(place, known.get(place.id) ?? [])) ? place.id : null,
    )
    for await (const id of answers) if (id !== null) newer.push(id)
    if (newer.length > 0) waiting += await markRefreshing(db, regionId, newer)
    looked += places.length
    onLook(looked, waiting)
  }
  return { looked, waiting }
}

/** Embedded points of a region, page by page in the order of their ids. */
export async function* pagesOf(
  db: Outside['db'],
  regionId: number,
): AsyncGenerator<EmbeddedPlace[]> {
  let after = -1
  for (;;) {
    const places = await findEmbeddedPlaces(db, { regionId, after, count: PAGE_POINTS })
    const last = places.at(-1)
    if (last === undefined) return
    after = last.id
    yield places
  }
}

function undated(name: string): InputError {
  return new InputError(
    'refresh-undated',
    `Expected a source that tells the dates of a place, got that of region "${name}", which does not`,
    {
      hint: `see what changed: \`whereabouts region refresh ${name} --check 100\`; embed all again: --all; another release: --imagery SOURCE`,
    },
  )
}
