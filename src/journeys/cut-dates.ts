/**
 * One place → its pictures that are not in the gallery yet: the newest, or one of each of its
 * newest dates.
 */
import { createHash } from 'node:crypto'
import { BadDataError } from '../errors.ts'
import type { KnownVintage } from '../gallery/refresh.ts'
import type { ImagerySource, PatchRequest } from '../imagery/source.ts'
import type { Patch, RoadPoint } from '../types.ts'

/** How many dates are wanted, and which are there. */
export interface DatesWanted {
  /** Dates per point at most; 12 pictures of 64 points take 120 MB. */
  readonly vintages: number
  /** By point; empty in a first build. */
  readonly known: ReadonlyMap<number, readonly KnownVintage[]>
}

/** From where, of what size, and of which dates. */
export interface DatesContext {
  readonly source: ImagerySource
  readonly size: PatchRequest
  readonly dates: DatesWanted
}

/**
 * Cuts what is new of a place; nothing when its imagery is what it was.
 * @throws {BadDataError} when there is no imagery here
 * @throws {UpstreamError} when the source cannot answer now
 */
export async function cutDates(
  context: DatesContext,
  point: RoadPoint,
  signal: AbortSignal,
): Promise<readonly Patch[]> {
  const { source, size, dates } = context
  const known = dates.known.get(point.id) ?? []
  const isPlain = dates.vintages === 1 && known.length === 0
  const offered = isPlain ? [] : ((await source.vintages?.(point, size)) ?? [])
  const { patches, count } = await cutEach(context, { point, known, offered }, signal)
  if (count > 0) return patches
  const patch = await source.patch(point, size, signal)
  return known.some((vintage) => isSame(patch, vintage)) ? [] : [patch]
}

/**
 * Those of the newest dates that are not there; clouds may hide a date, then an older one takes its
 * place.
 */
async function cutEach(
  { source, size, dates }: DatesContext,
  {
    point,
    known,
    offered,
  }: {
    readonly point: RoadPoint
    readonly known: readonly KnownVintage[]
    readonly offered: readonly string[]
  },
  signal: AbortSignal,
): Promise<{ readonly patches: readonly Patch[]; readonly count: number }> {
  const patches: Patch[] = []
  let count = 0
  for (const capturedOn of offered) {
    if (count === dates.vintages) break
    if (known.some((vintage) => vintage.capturedOn === capturedOn)) {
      count++
      continue
    }
    try {
      patches.push(await source.patch(point, { ...size, capturedOn }, signal))
      count++
    } catch (error) {
      if (!(error instanceof BadDataError)) throw error
    }
  }
  return { patches, count }
}

function isSame({ image, capturedOn }: Patch, known: KnownVintage): boolean {
  if (capturedOn !== known.capturedOn) return false
  return createHash('sha256').update(image.data).digest('hex') === known.patchSha256
}
