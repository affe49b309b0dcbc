import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadDataError } from '../../src/errors.ts'
import { knownPlace, rankCells, type KnownPlace } from '../../src/heatmap/rank.ts'
import type { CellDistance } from '../../src/heatmap-types.ts'
import { makeTown } from './made-heatmap.ts'

const cellsOf = (distances: readonly number[]): CellDistance[] =>
  distances.map((distance, i) => ({
    key: `${i},0`,
    distance,
    point: { id: i, lon: 0, lat: 0 },
    pointCount: 1,
  }))

const one = () => 1

describe('rankCells', () => {
  const cases = [
    { name: 'distinct', distances: [3, 1, 2], ranks: [1, 2, 3] },
    { name: 'ties share the worse rank', distances: [1, 1, 2, 2, 2, 5], ranks: [2, 2, 5, 5, 5, 6] },
    { name: 'all equal', distances: [4, 4, 4], ranks: [3, 3, 3] },
    { name: 'one cell', distances: [7], ranks: [1] },
    { name: 'none', distances: [], ranks: [] },
    { name: 'negative distances', distances: [-1, -3], ranks: [1, 2] },
  ]
  for (const { name, distances, ranks } of cases) {
    test(`ranks: ${name}`, () => {
      expect(rankCells(cellsOf(distances), one).cells.map((cell) => cell.rank)).toEqual(ranks)
    })
  }

  test('a rank is the number of cells that are as good or better', () => {
    const few = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(few, (distances) => {
        for (const { rank, distance } of rankCells(cellsOf(distances), one).cells) {
          expect(rank).toBe(distances.filter((other) => other <= distance).length)
        }
      }),
    )
  })

  test('score is 1 at the best, 0 at the worst, linear between; good starts at 0.9', () => {
    const { cells, best, worst } = rankCells(cellsOf([10, 0, 1, 1.0001, 5]), one)
    expect({ best, worst }).toEqual({ best: 0, worst: 10 })
    expect(cells.map((cell) => cell.score)).toEqual([1, 0.9, expect.closeTo(0.89999, 6), 0.5, 0])
    expect(cells.map((cell) => cell.isGood)).toEqual([true, true, false, false, false])
  })

  test('when nothing differs every cell has score 1', () => {
    const { cells } = rankCells(cellsOf([2, 2]), one)
    expect(cells.map((cell) => [cell.score, cell.isGood])).toEqual([
      [1, true],
      [1, true],
    ])
  })

  for (const bad of [NaN, Infinity, -Infinity]) {
    test(`a distance of ${bad} is refused`, () => {
      expect(() => rankCells(cellsOf([1, bad]), one)).toThrow(BadDataError)
    })
  }

  test('the order of the input changes nothing', () => {
    const list = cellsOf([3, 1, 1, 2])
    expect(rankCells([...list].reverse(), one)).toEqual(rankCells(list, one))
  })
})

describe('knownPlace', () => {
  const heatmap = makeTown()

  test('tells rank, percentile and the area that is as good or better', () => {
    const cell = heatmap.cells[4]!
    const known = knownPlace(heatmap, cell.point)
    const better = heatmap.cells.slice(0, 4).reduce((sum, { areaKm2 }) => sum + areaKm2, 0)
    expect(known).toMatchObject({ isSearched: true, rank: cell.rank, betterKm2: better })
    expect(known.isSearched && known.percentile).toBe((100 * cell.rank) / heatmap.cells.length)
  })

  test('ties count against the place', () => {
    const tied = { ...heatmap, cells: heatmap.cells.map((cell) => ({ ...cell, distance: 1 })) }
    const known = knownPlace(tied, tied.cells[0]!.point)
    const others = tied.cells.slice(1).reduce((sum, { areaKm2 }) => sum + areaKm2, 0)
    expect(known.isSearched && known.betterKm2).toBeCloseTo(others, 12)
  })

  test('a place whose cell has no points was not searched', () => {
    expect(knownPlace(heatmap, { lon: 4.395, lat: 51.87 })).toMatchObject({
      isSearched: false,
      isInRegion: true,
    })
  })

  test('a place outside the region tells how far the nearest searched cell is', () => {
    const kmOf = (known: KnownPlace) => (known.isSearched ? NaN : known.nearestM / 1000)
    const far = [
      // On a sphere 6849 km. The boundary ends at 51.89° north; a degree of latitude is 111.3 km, a
      // cell up to 1 km.
      { name: 'north', of: heatmap, at: { lon: 4.35, lat: 52.89 }, km: 111.3 },
      { name: 'north, hexagons', of: makeTown('h3:8'), at: { lon: 4.35, lat: 52.89 }, km: 111.3 },
      { name: 'turned around', of: heatmap, at: { lon: 51.87, lat: 4.36 }, km: 6849 },
    ]
    for (const { name, of, at, km } of far) {
      const known = knownPlace(of, at)
      expect(known, name).toMatchObject({ isSearched: false, isInRegion: false })
      expect(Math.abs(kmOf(known) - km), `${name}: ${kmOf(known)}`).toBeLessThan(0.005 * km + 1)
    }
  })
})
