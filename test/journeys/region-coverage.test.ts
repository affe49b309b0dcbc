import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { claimPoints } from '../../src/gallery/points.ts'
import { storeBatch } from '../../src/gallery/embeddings.ts'
import {
  countReasons,
  renderCoverageCsv,
  renderCoverageGeoJson,
  type Coverage,
} from '../../src/heatmap/coverage.ts'
import { renderCoverageTable } from '../../src/heatmap/coverage-table.ts'
import type { Outside } from '../../src/journeys/outside.ts'
import { coverRegion } from '../../src/journeys/region-coverage.ts'
import { describeOnEachDatabase } from '../databases.ts'
import {
  createRandom,
  draftRegion,
  insertPoints,
  insertRegion,
  modelSha256,
  randomPoints,
} from '../gallery/rows.ts'

describeOnEachDatabase('coverage', (open) => {
  const points = randomPoints(300, createRandom(5))
  /** A hole in the imagery: everything in the south-west of the box. */
  const isHole = ({ lon, lat }: { lon: number; lat: number }) => lon < 9.5 && lat < 47.1
  let db: Database
  let coverage: Coverage

  beforeAll(async () => {
    db = await open()
    const { id } = await insertRegion(db, draftRegion('covered'))
    await insertPoints(db, id, points)
    await claimPoints(db, { regionId: id, count: 290, leaseS: 60, worker: 'w' })
    const done = points.slice(0, 280)
    await storeBatch(db, {
      regionId: id,
      modelSha256,
      worker: 'w',
      embedded: done.filter((point) => !isHole(point)),
      unavailable: done
        .filter(isHole)
        .map((point) => ({ id: point.id, reason: point.id % 3 === 0 ? 'nodata' : 'no-tile' })),
    })
    coverage = await coverRegion({ db } as Outside, { name: 'covered', cells: 'square:10km' })
  })

  test('counts every point once, by cell, state and reason', () => {
    const total = (of: 'points' | 'embedded' | 'open') =>
      coverage.cells.reduce((sum, cell) => sum + cell[of], 0)
    const holes = points.slice(0, 280).filter(isHole)
    expect(total('points')).toBe(300)
    expect(total('open')).toBe(20)
    expect(total('embedded')).toBe(280 - holes.length)
    expect(Object.fromEntries(countReasons(coverage))).toEqual({
      nodata: holes.filter(({ id }) => id % 3 === 0).length,
      'no-tile': holes.filter(({ id }) => id % 3 !== 0).length,
    })
    for (const { points: all, embedded, open: left, unavailable } of coverage.cells) {
      const missing = Object.values(unavailable).reduce((sum, count) => sum + count, 0)
      expect(embedded + left + missing).toBe(all)
    }
  })

  test('lists the cells without imagery first', () => {
    const shares = coverage.cells.map(
      (cell) => (cell.points - cell.embedded - cell.open) / cell.points,
    )
    expect(shares).toEqual([...shares].sort((a, b) => b - a))
    expect(shares[0]).toBeGreaterThan(0.5)
    expect(shares.at(-1)).toBe(0)
  })

  test('is a map: a closed ring per cell, with its counts and a colour', () => {
    const map = JSON.parse(renderCoverageGeoJson(coverage)) as {
      features: { id: string; geometry: { coordinates: number[][][] }; properties: object }[]
    }
    expect(map.features.length).toBe(coverage.cells.length)
    for (const { geometry } of map.features) {
      const [ring = []] = geometry.coordinates
      expect(ring[0]).toEqual(ring.at(-1))
    }
    expect(map.features[0]?.properties).toMatchObject({
      points: coverage.cells[0]?.points,
      fill: expect.stringMatching(/^#[0-9a-f]{6}$/) as unknown,
    })
  })

  test('is a table with a column for each reason', () => {
    const [head, ...lines] = renderCoverageCsv(coverage).trimEnd().split('\r\n')
    expect(head).toBe(
      `cell,lon,lat,points,embedded,open,${countReasons(coverage)
        .map(([reason]) => reason)
        .join(',')}`,
    )
    expect(lines.length).toBe(coverage.cells.length)
    expect(lines[0]).toMatch(/^"-?\d+,-?\d+",9\.\d{6},47\.\d{6},\d+,\d+,\d+,\d+,\d+$/)
  })

  test('is told in shares of all points', () => {
    const text = renderCoverageTable(coverage)
    expect(text).toMatch(/^region "covered": 300 points in \d+ cells\nembedded {2,}\d+ +[\d.]+ %/)
    expect(text).toMatch(/no-tile +\d+ +[\d.]+ %/)
    expect(text.split('\n').at(-1)).toMatch(/^-?\d+,-?\d+ +\d+ +[\d.]+ % {2}9\.\d{5},47\.\d{5}$/)
  })
})
