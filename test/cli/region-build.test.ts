import { describe, expect, test } from 'vitest'
import { readWish } from '../../src/cli/region-build.ts'

const nothing = { retry: undefined, denseM: undefined, vintages: undefined }

describe('region build', () => {
  const wishes = [
    { asked: 'town', given: 'town', options: {}, wish: {} },
    { asked: 'town --retry', given: 'town', options: { retry: true }, wish: { retry: true } },
    { asked: '--retry town', options: { retry: 'town' }, wish: { retry: true } },
    {
      asked: '--retry nodata,no-tile town',
      given: 'town',
      options: { retry: 'nodata,no-tile' },
      wish: { retry: ['nodata', 'no-tile'] },
    },
    { asked: '--dense town', options: { dense: 'town' }, wish: { denseM: null } },
    {
      asked: '--dense 8 --retry town',
      options: { dense: '8', retry: 'town' },
      wish: { denseM: 8, retry: true },
    },
    {
      asked: '--retry nodata --dense town',
      options: { dense: 'town', retry: 'nodata' },
      wish: { denseM: null, retry: ['nodata'] },
    },
    { asked: 'town --dense', given: 'town', options: { dense: true }, wish: { denseM: null } },
    {
      asked: 'town --vintages 2',
      given: 'town',
      options: { vintages: '2' },
      wish: { vintages: 2 },
    },
  ] as const
  for (const { asked, options, wish, ...more } of wishes) {
    test(`${asked} is of the region town`, () => {
      const read = readWish('given' in more ? more.given : undefined, options)
      expect(read).toEqual({ name: 'town', wish: { ...nothing, ...wish } })
    })
  }

  const refused = [
    { asked: '', given: undefined, options: {}, says: 'the name of a region' },
    { asked: 'town --dense abc', given: 'town', options: { dense: 'abc' }, says: 'got "abc"' },
    { asked: 'town --dense -8', given: 'town', options: { dense: '-8' }, says: 'got "-8"' },
    { asked: 'town --vintages 0', given: 'town', options: { vintages: '0' }, says: '1 to 12' },
    { asked: 'town --vintages 13', given: 'town', options: { vintages: '13' }, says: '1 to 12' },
  ] as const
  for (const { asked, given, options, says } of refused) {
    test(`"${asked}" is refused in words`, () => {
      expect(() => readWish(given, options)).toThrow(says)
    })
  }
})
