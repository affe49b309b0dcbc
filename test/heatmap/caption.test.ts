import { expect, test } from 'vitest'
import { captionOf, formatShare, NOTICE, tellNotSearched } from '../../src/heatmap/caption.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'
import { makeTown } from './made-heatmap.ts'

const leftOut = { otherDate: 12, undated: 3 }

test('the caption tells which dates were asked for, and what that leaves out', () => {
  const town = makeTown()
  expect(captionOf(town).imageryDates).not.toMatch(/asked|left/)
  const span = { ...town, dates: { from: '2019', to: '2021-06', nearestTo: null, leftOut } }
  expect(captionOf(span).imageryDates).toMatch(
    /; asked for: from 2019 to 2021-06; left out: 12 points of other dates, 3 without a date$/,
  )
})

test('the notice names scenes that the model never learned from labelled ground', () => {
  const town = makeTown()
  expect(captionOf(town).notice).toBe(NOTICE)
  const question = { kind: 'scene', expression: 'igloo', scenes: ['igloo'], untaught: ['igloo'] }
  expect(captionOf({ ...town, question } as Heatmap).notice).toMatch(
    /^a place.*never learned igloo.*chance$/,
  )
  const noticeBy = (byPhotos: string) =>
    captionOf({ ...town, question: { ...question, byPhotos } } as Heatmap).notice
  expect(noticeBy('of-it')).toMatch(/never learned igloo.*what photos of it show/)
  expect(noticeBy('like-it')).toMatch(/no photo of it was in training.*most like it.*chance$/)
})

test('the notice tells how groups of scenes were weighed, where they were', () => {
  const groupWeights = { manMade: 0.5, indoor: 0 }
  const noticeOf = (question: Heatmap['question']) => captionOf({ ...makeTown(), question }).notice
  const weighed = `${NOTICE}; scenes were weighed: man-made 0.5, natural 1, indoor 0`
  expect(noticeOf({ kind: 'embedding', groupWeights })).toBe(weighed)
  expect(noticeOf({ kind: 'photo', photos: [], groupWeights })).toBe(weighed)
  expect(noticeOf({ kind: 'embedding' })).toBe(NOTICE)
})

test('the notice says of photos from indoors that imagery shows nothing of it', () => {
  const question = { kind: 'photo', photos: [], indoorShare: 0.834 } as const
  const told = `${NOTICE}; 83 % of what the photo shows is indoors to the model, and imagery from above shows no interiors`
  expect(captionOf({ ...makeTown(), question }).notice).toBe(told)
  const embedding = { kind: 'embedding', indoorShare: 0.834 } as const
  expect(captionOf({ ...makeTown(), question: embedding }).notice).toBe(
    told.replace('photo', 'embedding'),
  )
  const weighed = { ...question, groupWeights: { indoor: 0 } }
  expect(captionOf({ ...makeTown(), question: weighed }).notice).toBe(
    `${told}; scenes were weighed: man-made 1, natural 1, indoor 0`,
  )
})

test('the notice says where cells are finer than the grid that was searched', () => {
  const noticeFor = (cells: string, stepM: number) => {
    const town = makeTown(cells)
    const region = {
      ...town.region,
      sampling: { kind: 'grid', stepM, whereImagery: false } as const,
    }
    return captionOf({ ...town, region }).notice
  }
  const finer = /^a place to start looking.*finer than the grid of 1500 m .*no more precise$/
  expect(noticeFor('square:1km', 1500)).toMatch(finer)
  expect(noticeFor('square:1km', 1000)).toBe(NOTICE)
  expect(noticeFor('h3:8', 1500)).toMatch(finer)
  expect(noticeFor('h3:8', 800)).toBe(NOTICE)
  // Points on roads have no step.
  expect(captionOf(makeTown('square:200m')).notice).toBe(NOTICE)
})

test('shares are nothing or all only where they are', () => {
  const written = [0, 0.0004, 0.004, 0.0994, 0.5, 0.9951, 0.9995, 0.99996, 1].map(formatShare)
  expect(written).toEqual(
    ['0', '< 0.1', '0.4', '9.9', '50', '99.5', '> 99.9', '> 99.9', '100'].map(
      (share) => `${share} %`,
    ),
  )
})

test('of a region that was searched as a whole nothing is told as not searched, whatever rounding leaves', () => {
  const town = makeTown('square:1km')
  const { regionKm2 } = captionOf(town)
  const searched = (km2: number) => ({
    ...town,
    cells: town.cells.map((cell) => ({ ...cell, areaKm2: km2 / town.cells.length })),
  })
  expect(captionOf(searched(regionKm2 * (1 - 1e-12))).notSearchedShare).toBe(0)
  expect(captionOf(searched(regionKm2 * (1 - 1e-6))).notSearchedShare).toBeCloseTo(1e-6, 9)
})

test('a known place without a rank tells why, and how far the nearest cell is', () => {
  const away = { isSearched: false, key: '0,0' } as const
  expect(tellNotSearched({ ...away, isInRegion: false, nearestM: 5_391_234 })).toBe(
    'outside the region; the middle of the nearest cell that was searched is 5,391 km away',
  )
  expect(tellNotSearched({ ...away, isInRegion: true, nearestM: 75.4 })).toBe(
    'not searched: no patch that was searched lies in its cell; the middle of the nearest cell that was searched is 75 m away',
  )
})

test('the nearest date leaves nothing out', () => {
  const dates = { from: null, to: null, nearestTo: '2022-03-18', leftOut }
  expect(captionOf({ ...makeTown(), dates }).imageryDates).toMatch(
    /; of each place the nearest to 2022-03-18$/,
  )
})

test.each([
  { expression: 'harbor', scenes: ['harbor'], title: '“harbor”' },
  { expression: 'Parking Lot', scenes: ['parking_lot'], title: '“Parking Lot”' },
  { expression: 'lake', scenes: ['lake/natural'], title: '“lake” (lake/natural)' },
  {
    expression: 'airport - river',
    scenes: ['airfield', 'river'],
    title: '“airport - river” (airfield, river)',
  },
])('the title names the scenes of words that are not their names: $expression', (given) => {
  const { expression, scenes, title } = given
  const question = { kind: 'scene', expression, scenes } as const
  expect(captionOf({ ...makeTown(), question }).title).toBe(`Where does it look like ${title}?`)
})
