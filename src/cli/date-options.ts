/** Options of `locate` and `scene` that choose among dates of imagery. */
import type { Command } from 'commander'
import { toImageryDates } from '../journeys/imagery-dates.ts'
import type { ImageryDates } from '../heatmap-types.ts'

/** As commander gives them. */
export interface DateOptions {
  readonly imageryFrom?: string
  readonly imageryTo?: string
  readonly vintage?: string
  readonly photoDate?: string
}

/** Adds them to a command. */
export function addDateOptions(command: Command): Command {
  return command
    .option(
      '--imagery-from <DATE>',
      'only imagery of this year, month or day and later; none without a date',
    )
    .option('--imagery-to <DATE>', 'only imagery of this year, month or day and before')
    .option(
      '--vintage <WHICH>',
      'of several dates of a place: latest (default), or nearest to --photo-date',
    )
    .option('--photo-date <DATE>', 'when the photo was taken, as you know it (never read from it)')
}

/** What they ask for. @throws {InputError} `imagery-dates` */
export function datesOf(options: DateOptions): { readonly dates?: ImageryDates } {
  const { imageryFrom, imageryTo, vintage, photoDate } = options
  const dates = toImageryDates({ imageryFrom, imageryTo, vintage, photoDate })
  return dates === undefined ? {} : { dates }
}
