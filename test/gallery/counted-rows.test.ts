import { beforeAll, describe, expect, test } from 'vitest'
import { countedRows, daysOf } from '../../src/gallery/counted-rows.ts'
import type { Database } from '../../src/gallery/database.ts'
import { findDatesSearched } from '../../src/gallery/dates-searched.ts'
import { findEmbeddings } from '../../src/gallery/embeddings.ts'
import type { PackRow } from '../../src/gallery/pack-columns.ts'
import { insertRegionRows } from '../../src/gallery/pack-rows.ts'
import { findRegion } from '../../src/gallery/regions.ts'
import { markRefreshing } from '../../src/gallery/refresh.ts'
import {
  aggregateDistancesByCell,
  findDistances,
  findNearest,
  meanLogitsByCell,
} from '../../src/gallery/search.ts'
import type { GalleryQuery, ImageryDates } from '../../src/heatmap-types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { makeManifest, makeRows } from './packs.ts'
import { createRandom, randomLogits } from './rows.ts'

/** The dates of each point, by its number modulo their count. */
const dates: readonly (readonly string[])[] = [
  ['2018', '2022-03-18'],
  ['2021-06', '2022-09-30', 'unknown'],
  ['2022'],
  ['unknown'],
  ['2019-12-31', '2022-03'],
]
const pointCount = 20
const datesOf = (id: number) => dates[id % dates.length] ?? []

function rowsOf(id: number): PackRow[] {
  const [row] = makeRows(id, 1)
  return [...datesOf(id)].sort().map((vintage, i) => ({
    ...row!,
    embedding: {
      ...row!.embedding!,
      logits: makeRows(1000 * (i + 1) + id, 1)[0]!.embedding!.logits,
      vintage,
      capturedOn: vintage === 'unknown' ? null : daysOf(vintage)[0],
    },
  }))
}

const query: GalleryQuery = {
  operator: 'l2',
  vector: randomLogits(createRandom(9)),
  scale: 1,
  offset: 0,
}

/** What each point counts with, by hand. */
const cases: {
  name: string
  dates: Partial<ImageryDates> | undefined
  counted: readonly (string | null)[]
  leftOut?: { otherDate: number; undated: number }
  between?: [string, string] | null
}[] = [
  {
    name: 'without a wish the latest counts, and no date only where there is none',
    dates: undefined,
    counted: ['2022-03-18', '2022-09-30', '2022', 'unknown', '2022-03'],
  },
  {
    name: 'a last date leaves out what came later, and what has no date',
    dates: { to: '2021-12' },
    counted: ['2018', '2021-06', null, null, '2019-12-31'],
    leftOut: { otherDate: 4, undated: 4 },
    between: ['2018', '2021-06'],
  },
  {
    name: 'a year or month that is all that is known counts when some day of it lies in the span',
    dates: { from: '2022-03-10', to: '2022-03-12' },
    counted: [null, null, '2022', null, '2022-03'],
    leftOut: { otherDate: 8, undated: 4 },
    between: ['2022', '2022-03'],
  },
  {
    name: 'a span of years holds their first and last days',
    dates: { from: '2019', to: '2021' },
    counted: [null, '2021-06', null, null, '2019-12-31'],
    leftOut: { otherDate: 8, undated: 4 },
    between: ['2019-12-31', '2021-06'],
  },
  {
    name: 'the date nearest to that of the photo counts, before or after it',
    dates: { nearestTo: '2021-01-05' },
    counted: ['2022-03-18', '2021-06', '2022', 'unknown', '2019-12-31'],
    leftOut: { otherDate: 0, undated: 0 },
    between: ['2019-12-31', '2022-03-18'],
  },
  {
    name: 'a photo of a month is as near to every day of it; among equals the later date counts',
    dates: { nearestTo: '2022-09' },
    counted: ['2022-03-18', '2022-09-30', '2022', 'unknown', '2022-03'],
    between: ['2022', '2022-09-30'],
  },
  {
    name: 'within a span the nearest counts',
    dates: { to: '2022-04', nearestTo: '2023' },
    counted: ['2022-03-18', '2021-06', '2022', null, '2022-03'],
    leftOut: { otherDate: 0, undated: 4 },
  },
]

describeOnEachDatabase('a question that names dates', (open) => {
  let db: Database
  let regionId: number
  beforeAll(async () => {
    db = await open()
    async function* rows() {
      for (let id = 0; id < pointCount; id++) yield rowsOf(id)
    }
    const region = { ...makeManifest().region, name: 'dated' }
    await insertRegionRows(db, { region, rows: rows() })
    regionId = (await findRegion(db, 'dated')).id
    // Says that there are points with several dates; this one becomes embedded again below.
    await markRefreshing(db, regionId, [])
  })

  const choiceOf = (wish: Partial<ImageryDates> | undefined) => ({
    regionId,
    dates: wish && { from: null, to: null, nearestTo: null, ...wish },
  })
  const distanceTo = ({ embedding }: PackRow) =>
    Math.hypot(...embedding!.logits.map((value, i) => value - query.vector[i]!))

  for (const { name, dates: wish, counted, leftOut, between } of cases) {
    describe(name, () => {
      const chosen = Array.from({ length: pointCount }, (_, id) =>
        rowsOf(id).filter((row) => row.embedding?.vintage === counted[id % dates.length]),
      ).flat()

      test('for the distances of points, and of the nearest', async () => {
        const found = await findDistances(db, { ...choiceOf(wish), query })
        expect(found.map(({ point }) => point.id)).toEqual(chosen.map(({ id }) => id))
        found.forEach(({ distance }, i) => expect(distance).toBeCloseTo(distanceTo(chosen[i]!), 1))
        const [nearest] = await findNearest(db, { ...choiceOf(wish), query, count: 1 })
        expect(nearest?.distance).toBe(Math.min(...found.map(({ distance }) => distance)))
      })

      test('for cells, in which every point counts once', async () => {
        const grid = { kind: 'square' as const, sizeM: 1e6, epsg: null }
        const cells = await aggregateDistancesByCell(db, { ...choiceOf(wish), query, grid })
        const means = await meanLogitsByCell(db, { ...choiceOf(wish), grid, sceneOf: () => 0 })
        const count = (found: { pointCount: number }[]) =>
          found.reduce((sum, cell) => sum + cell.pointCount, 0)
        expect([count(cells), count(means)]).toEqual([chosen.length, chosen.length])
        const best = Math.min(...chosen.map(distanceTo))
        expect(Math.min(...cells.map(({ distance }) => distance))).toBeCloseTo(best, 1)
      })

      test('for the rows that are shown, and for what is told', async () => {
        const ids = Array.from({ length: pointCount }, (_, id) => id)
        const rows = await findEmbeddings(db, choiceOf(wish), ids)
        expect(rows.map(({ capturedOn }) => capturedOn ?? 'unknown')).toEqual(
          chosen.map(({ embedding }) => embedding?.vintage),
        )
        if (wish === undefined) return
        const told = await findDatesSearched(db, {
          ...choiceOf(wish),
          dates: choiceOf(wish).dates!,
        })
        if (leftOut !== undefined) expect(told.leftOut).toEqual(leftOut)
        if (between !== undefined) expect(told.capturedBetween).toEqual(between)
      })
    })
  }

  test('where every point has one date, the table is scanned as it is', async () => {
    const region = { ...makeManifest().region, name: 'plain' }
    async function* rows() {
      yield makeRows(0, 5)
    }
    await insertRegionRows(db, { region, rows: rows() })
    const plain = await findRegion(db, 'plain')
    const sqlOf = (wish?: Partial<ImageryDates>) =>
      db.withClient(async (client) => {
        const choice = { ...choiceOf(wish), regionId: plain.id }
        return (await countedRows(client, choice, { first: 2 })).sql
      })
    expect(await sqlOf()).toBe('embeddings')
    expect(await sqlOf({ nearestTo: '2020' })).toBe('embeddings')
    expect(await sqlOf({ from: '2020' })).not.toMatch(/distinct/)
  })
})

test('a year and a month have a first and a last day', () => {
  expect(daysOf('2022')).toEqual(['2022-01-01', '2022-12-31'])
  expect(daysOf('2024-02')).toEqual(['2024-02-01', '2024-02-29'])
  expect(daysOf('2024-02-03')).toEqual(['2024-02-03', '2024-02-03'])
})
