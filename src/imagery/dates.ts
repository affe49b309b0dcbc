/** Several pictures of one place → the newest that shows it whole. */
import { BadDataError, InputError } from '../errors.ts'
import type { LonLat } from '../types.ts'
import { cutPatch, type CutPatch, type PixelLayer } from './cut.ts'
import type { PatchRequest } from './source.ts'

/** The pictures of one date around a place. */
export interface DatedLayers {
  /** ISO date; null: not known. */
  readonly capturedOn: string | null
  /** Does the whole patch lie in them? Geometry only. */
  covers(): boolean
  /** Who is asked for them, one entry for each; null: nobody. */
  hosts(): readonly (string | null)[]
  /** Opens them. */
  layers(): Promise<readonly PixelLayer[]>
}

/**
 * A cut patch and its date; null where that is not known, or where several dates had to complete
 * each other.
 */
export interface DatedPatch extends CutPatch {
  readonly capturedOn: string | null
}

/**
 * Cuts the patch from the newest date that shows it whole; where none does, newer dates are
 * completed by older ones.
 * @param dates  those around the place, newest first
 * @throws {BadDataError} `outside-imagery`, `nodata`, and what the pictures throw
 */
export async function cutNewest(
  dates: readonly DatedLayers[],
  { at, size }: { readonly at: LonLat; readonly size: PatchRequest },
  signal: AbortSignal,
): Promise<DatedPatch> {
  const wanted = datesOf(dates, size)
  const whole = wanted.length > 1 ? wanted.filter((date) => date.covers()) : []
  for (const date of whole) {
    const cut = await tryCut(date, { at, size }, signal)
    if (cut !== null) return cut
  }
  const layers = (await Promise.all(wanted.map((date) => date.layers()))).flat()
  const cut = await cutPatch(layers, { at, size }, signal)
  return { ...cut, capturedOn: commonDate(wanted) }
}

/** Those of the date that is asked for, or all. */
export function datesOf(
  dates: readonly DatedLayers[],
  { capturedOn }: PatchRequest,
): readonly DatedLayers[] {
  if (capturedOn === undefined) return dates
  const exact = dates.filter((date) => date.capturedOn === capturedOn)
  if (exact.length > 0) return exact
  // A database keeps the first day of a year or month that is all that is known.
  return dates.filter((date) => date.capturedOn !== null && capturedOn.startsWith(date.capturedOn))
}

/** The date of all of them, where they have one. */
export function commonDate(dates: readonly DatedLayers[]): string | null {
  return dates.length === 1 ? (dates[0]?.capturedOn ?? null) : null
}

/** Clouds and borders are masked in some pictures: then the next older one may be whole. */
async function tryCut(
  date: DatedLayers,
  place: { readonly at: LonLat; readonly size: PatchRequest },
  signal: AbortSignal,
): Promise<DatedPatch | null> {
  try {
    const cut = await cutPatch(await date.layers(), place, signal)
    return { ...cut, capturedOn: date.capturedOn }
  } catch (error) {
    if (error instanceof BadDataError) return null
    throw error
  }
}

/** Dates that pictures are wanted of. */
export interface DateSpan {
  readonly imageryFrom?: string | undefined
  readonly imageryTo?: string | undefined
}

/**
 * Does a date (or the year or month that is all that is known) lie between two, where they are
 * given?
 */
export function isWithin(date: string | null, { imageryFrom, imageryTo }: DateSpan): boolean {
  if (imageryFrom === undefined && imageryTo === undefined) return true
  if (date === null) return false
  const isLate = imageryFrom === undefined || date >= imageryFrom.slice(0, date.length)
  return isLate && (imageryTo === undefined || date.slice(0, imageryTo.length) <= imageryTo)
}

/** Groups things by date, newest first, those without a date last. */
export function groupByDate<T extends { readonly capturedOn: string | null }>(
  things: readonly T[],
): [capturedOn: string | null, things: T[]][] {
  const groups = new Map<string | null, T[]>()
  for (const thing of things) {
    const group = groups.get(thing.capturedOn)
    if (group === undefined) groups.set(thing.capturedOn, [thing])
    else group.push(thing)
  }
  return [...groups].sort(([a], [b]) => ((a ?? '') < (b ?? '') ? 1 : -1))
}

/** None of the pictures was taken when the source wants them. */
export function noDates({ imageryFrom, imageryTo }: DateSpan): InputError {
  return new InputError(
    'imagery-dates',
    `Expected pictures from ${imageryFrom ?? 'the beginning'} to ${imageryTo ?? 'now'}, got none`,
    { hint: 'say when pictures were taken (capturedOn), or widen imageryFrom and imageryTo' },
  )
}
