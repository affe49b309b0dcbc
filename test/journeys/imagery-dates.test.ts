import { expect, test } from 'vitest'
import { toImageryDates, type DatesRequest } from '../../src/journeys/imagery-dates.ts'

test('who asks for nothing gets the latest of all dates', () => {
  expect(toImageryDates({})).toBeUndefined()
  expect(toImageryDates({ vintage: 'latest' })).toBeUndefined()
})

test('a span may be open, and of years, months or days', () => {
  expect(toImageryDates({ imageryFrom: '2020' })).toEqual({
    from: '2020',
    to: null,
    nearestTo: null,
  })
  expect(toImageryDates({ imageryFrom: '2022-03', imageryTo: '2022' })).toEqual({
    from: '2022-03',
    to: '2022',
    nearestTo: null,
  })
})

test('the date of the photo asks for the nearest, said or not', () => {
  const expected = { from: null, to: null, nearestTo: '2022-03-18' }
  expect(toImageryDates({ photoDate: '2022-03-18' })).toEqual(expected)
  expect(toImageryDates({ photoDate: '2022-03-18', vintage: 'nearest' })).toEqual(expected)
})

const refused: (DatesRequest & { name: string })[] = [
  { name: 'a day that is none', imageryFrom: '2022-02-30' },
  { name: 'words', photoDate: 'last summer' },
  { name: 'a span that ends before it begins', imageryFrom: '2022', imageryTo: '2021-12' },
  { name: 'nearest to nothing', vintage: 'nearest' },
  { name: 'latest and a date of the photo', vintage: 'latest', photoDate: '2022' },
  { name: 'another word', vintage: 'oldest' },
]
test('latest with a date of the photo names that date as what is too much', () => {
  expect(() => toImageryDates({ vintage: 'latest', photoDate: '2022' })).toThrow(
    'Expected no date of the photo with the vintage "latest", got "2022"',
  )
})

test.each(refused)('$name is refused', (request) => {
  expect(() => toImageryDates(request)).toThrow(expect.objectContaining({ code: 'imagery-dates' }))
})
