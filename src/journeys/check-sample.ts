/** A sample of a region's points → whether their imagery is what it was. */
import { createHash } from 'node:crypto'
import { BadDataError } from '../errors.ts'
import { readEmbeddedPlaces } from '../gallery/point-states.ts'
import { findKnownVintages, type KnownVintage } from '../gallery/refresh.ts'
import { findRegion } from '../gallery/regions.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { RoadPoint } from '../types.ts'
import { mapOrdered } from './flow.ts'
import type { Outside } from './outside.ts'
import { patchSizeOf } from './patch-size.ts'
import { openRegionSource } from './region-source.ts'
import { refuseDense } from './refuse-dense.ts'

/** Places asked for at a time. */
const PLACES_UNDER_WAY = 16

/** What became of the imagery of a sample. */
export interface SampleCheck {
  readonly checked: number
  readonly same: number
  readonly changed: number
  /** The source has no imagery there any more. */
  readonly gone: number
}

/**
 * Cuts the patches of points again, evenly spread over the region's ids, and compares their pixels;
 * changes nothing. Tiles that are in the cache and fresh are not fetched again.
 * @param count  points at most
 */
export async function checkSample(
  outside: Outside,
  { name, count }: { readonly name: string; readonly count: number },
  signal: AbortSignal,
): Promise<SampleCheck> {
  const region = await findRegion(outside.db, name)
  refuseDense(region)
  const size = patchSizeOf((await outside.encoder('overhead')).card)
  const sample = await sampleOf(outside, region.id, count)
  const ids = sample.map(({ id }) => id)
  const known = await findKnownVintages(outside.db, region.id, ids)
  const source = await openRegionSource(outside, region, { signal })
  try {
    const found = { checked: 0, same: 0, changed: 0, gone: 0 }
    const results = mapOrdered(sample, PLACES_UNDER_WAY, (place) =>
      compare({ source, size, signal }, place, known.get(place.id) ?? []),
    )
    for await (const result of results) {
      found.checked++
      found[result]++
    }
    return found
  } finally {
    await source.close()
  }
}

async function compare(
  context: {
    readonly source: ImagerySource
    readonly size: PatchSize
    readonly signal: AbortSignal
  },
  place: RoadPoint,
  known: readonly KnownVintage[],
): Promise<'same' | 'changed' | 'gone'> {
  const { source, size, signal } = context
  const capturedOn = source.vintages === undefined ? null : (known[0]?.capturedOn ?? null)
  try {
    const request = { ...size, ...(capturedOn !== null && { capturedOn }) }
    const { image } = await source.patch(place, request, signal)
    const sha256 = createHash('sha256').update(image.data).digest('hex')
    return sha256 === known[0]?.patchSha256 ? 'same' : 'changed'
  } catch (error) {
    if (error instanceof BadDataError) return 'gone'
    throw error
  }
}

/** Points are drawn at random, so every n-th of them is spread over the region. */
async function sampleOf({ db }: Outside, regionId: number, count: number): Promise<RoadPoint[]> {
  const places: RoadPoint[] = []
  for await (const page of readEmbeddedPlaces(db, regionId)) places.push(...page)
  const step = Math.max(1, Math.ceil(places.length / count))
  return places.filter((_, i) => i % step === 0)
}
