/** What somebody says about dates of imagery → what the gallery is asked. */
import { InputError } from '../errors.ts'
import { isIsoDate } from '../imagery/iso-date.ts'
import type { ImageryDates } from '../heatmap-types.ts'

/** As they are given, each an ISO year, month or day. */
export interface DatesRequest {
  readonly imageryFrom?: string | undefined
  readonly imageryTo?: string | undefined
  /** Of several dates of a place; default `nearest` with a date of the photo, else `latest`. */
  readonly vintage?: string | undefined
  /** As the user knows it: it is never taken from the photo's metadata. */
  readonly photoDate?: string | undefined
}

/**
 * Checks them.
 * @returns `undefined` where nothing is asked: all dates, the latest of each place
 * @throws {InputError} `imagery-dates`
 */
export function toImageryDates(request: DatesRequest): ImageryDates | undefined {
  const { imageryFrom: from = null, imageryTo: to = null, photoDate: nearestTo = null } = request
  checkSpan(from, to)
  checkVintage(request.vintage, nearestTo)
  if ([from, to, nearestTo].every((date) => date === null)) return undefined
  return { from, to, nearestTo }
}

function checkSpan(from: string | null, to: string | null): void {
  for (const date of [from, to]) checkDate(date)
  if (from === null || to === null || from <= to || from.startsWith(to)) return
  throw refuse('a first date before the last', `${from} to ${to}`)
}

function checkVintage(vintage: string | undefined, photoDate: string | null): void {
  checkDate(photoDate)
  if (vintage === undefined || vintage === (photoDate === null ? 'latest' : 'nearest')) return
  if (photoDate !== null && vintage === 'latest')
    throw refuse('no date of the photo with the vintage "latest"', photoDate)
  if (vintage === 'nearest') throw refuse('a date of the photo with the vintage "nearest"', 'none')
  throw refuse('the vintage "latest" or "nearest"', vintage)
}

function checkDate(date: string | null): void {
  if (date === null || isIsoDate(date)) return
  throw refuse('a date such as 2022, 2022-03 or 2022-03-18', date)
}

function refuse(expected: string, got: string): InputError {
  return new InputError('imagery-dates', `Expected ${expected}, got "${got}"`, {
    hint: 'e.g. --imagery-from 2020 --imagery-to 2022-03, or --photo-date 2022-03-18',
  })
}
