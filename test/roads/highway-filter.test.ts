import { describe, expect, test } from 'vitest'
import { isAreaValue, isRoadValue } from '../../src/roads/highway-filter.ts'

describe('isRoadValue', () => {
  const roads = [
    'motorway',
    'residential',
    'service',
    'track',
    'path',
    'footway',
    'steps',
    'corridor',
  ]
  for (const value of roads) test(`keeps ${value}`, () => expect(isRoadValue(value)).toBe(true))

  const dead = ['abandoned', 'construction', 'no', 'planned', 'platform', 'proposed', 'raceway']
  for (const value of [...dead, 'razed', 'rest_area', 'services', 'unknown', 'platform;footway'])
    test(`leaves out ${value}`, () => expect(isRoadValue(value)).toBe(false))
})

test('isAreaValue knows surfaces', () => {
  expect(['yes', 'no', ''].map(isAreaValue)).toEqual([true, false, false])
})
