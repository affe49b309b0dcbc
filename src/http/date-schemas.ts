/** The part of the API's shapes that is about dates of imagery. */
import { z } from '@hono/zod-openapi'

/** A year, a month or a day; what it says is checked where it is used. */
const isoDate = z.string().max(10)

/** Fields of a request. */
export const datesBody = {
  imageryFrom: isoDate.optional().openapi({
    description: 'only imagery of this year, month or day and later; none without a date',
    example: '2020',
  }),
  imageryTo: isoDate.optional().openapi({
    description: 'only imagery of this year, month or day and before',
    example: '2022-03',
  }),
  vintage: z.enum(['latest', 'nearest']).optional().openapi({
    description: 'of several dates of a place: the latest, or the one nearest to photoDate',
  }),
  photoDate: isoDate.optional().openapi({
    description: 'when the photo was taken, as you know it: it is never read from it',
  }),
}

/** What an answer tells of them. */
export const datesSchema = z
  .object({
    from: z.string().nullable(),
    to: z.string().nullable(),
    nearestTo: z.string().nullable(),
    leftOut: z.object({ otherDate: z.int(), undated: z.int() }),
  })
  .openapi({ description: 'the dates that were asked for, and the points that this left out' })
