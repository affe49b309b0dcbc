import { expect, test } from 'vitest'
import { captionOf, NOTICE } from '../../src/heatmap/caption.ts'
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

test('the nearest date leaves nothing out', () => {
  const dates = { from: null, to: null, nearestTo: '2022-03-18', leftOut }
  expect(captionOf({ ...makeTown(), dates }).imageryDates).toMatch(
    /; of each place the nearest to 2022-03-18$/,
  )
})
