import fc from 'fast-check'
import { cellToParent } from 'h3-js'
import { beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/gallery/database.ts'
import { fromHalf, toHalf } from '../../src/gallery/halfvec.ts'
import {
  aggregateDistancesByCell,
  findDistances,
  findNearest,
  groupingOf,
  meanLogitsByCell,
} from '../../src/gallery/search.ts'
import type { CellDistance, CellGrid, GalleryQuery } from '../../src/heatmap-types.ts'
import type { EmbeddedPoint } from '../../src/types.ts'
import { describeOnEachDatabase } from '../databases.ts'
import { createRandom, insertEmbedded, randomLogits, randomPoints } from './rows.ts'

const square = (sizeM: number): CellGrid => ({ kind: 'square', sizeM, epsg: null })
const h3 = (resolution: number): CellGrid => ({ kind: 'h3', resolution })
const l2 = (vector: Float32Array): GalleryQuery => ({ operator: 'l2', vector, scale: 1, offset: 0 })

describeOnEachDatabase('search', (open) => {
  const random = createRandom(7)
  const points = randomPoints(300, random)
  // Rows that tie: the same vector at three places of the same 25 km square.
  points.push({ ...points[10]!, id: 300 }, { ...points[10]!, id: 301 })
  const other = randomPoints(20, random)
  let db: Database
  let regionId: number
  beforeAll(async () => {
    db = await open()
    await insertEmbedded(db, 'other', other)
    regionId = (await insertEmbedded(db, 'searched', points)).id
  })

  const grids = [square(25_000), square(1000), square(50), h3(0), h3(5), h3(9), h3(15)]
  const anyGrid = fc.constantFrom(...grids)
  const anySeed = fc.nat(1e6)

  test('distance, best point and count of every cell equal brute force', async () => {
    const anyQuery = fc.record({
      kind: fc.constantFrom('none', 'groups', 'random'),
      scale: fc.double({ min: 0.01, max: 10, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(anyGrid, anySeed, anyQuery, async (grid, seed, { kind, scale }) => {
        const query = { ...l2(randomLogits(createRandom(seed))), scale, ...weightsOf(kind, seed) }
        const cells = await aggregateDistancesByCell(db, { regionId, query, grid })
        expectSameCells(cells, bruteForce(points, query, grid))
      }),
      { numRuns: 25 },
    )
  })

  test('the negative inner product equals brute force for vectors of any size', async () => {
    const anySize = fc.constantFrom(1e-12, 1e-3, 1, 1e6)
    await fc.assert(
      fc.asyncProperty(anyGrid, anySeed, anySize, async (grid, seed, size) => {
        const vector = randomLogits(createRandom(seed), size)
        const query = { operator: '-dot' as const, vector, scale: 1 / size, offset: 1000 }
        const cells = await aggregateDistancesByCell(db, { regionId, query, grid })
        expectSameCells(cells, bruteForce(points, query, grid))
      }),
      { numRuns: 15 },
    )
  })

  test('the lowest id wins among points that tie', async () => {
    const query = l2(points[10]!.logits)
    const cells = await aggregateDistancesByCell(db, { regionId, query, grid: h3(0) })
    const best = cells.reduce((a, b) => (b.distance < a.distance ? b : a))
    expect(best).toMatchObject({ distance: 0, point: { id: 10 } })
    const nearest = await findNearest(db, { regionId, query, count: 4 })
    expect(nearest.slice(0, 3).map((one) => one.point.id)).toEqual([10, 300, 301])
  })

  test('findDistances answers every point of the region by id', async () => {
    const query = l2(randomLogits(random))
    const found = await findDistances(db, { regionId, query })
    expect(found.map((one) => one.point.id)).toEqual(points.map((point) => point.id))
    found.forEach((one, i) => {
      const { id, lon, lat } = points[i]!
      expect(one.point).toEqual({ id, lon, lat })
      expectClose(one.distance, distance(points[i]!, query))
    })
  })

  test('findNearest answers the head of all distances', async () => {
    const query = l2(randomLogits(random))
    const all = await findDistances(db, { regionId, query })
    all.sort((a, b) => a.distance - b.distance || a.point.id - b.point.id)
    expect(await findNearest(db, { regionId, query, count: 12 })).toEqual(all.slice(0, 12))
  })

  const largestOf = (logits: Float32Array) => logits.indexOf(Math.max(...logits))

  test.each(grids)(
    'meanLogitsByCell averages the rows of each cell, and takes the point that shows its scene most: %j',
    async (grid) => {
      const means = await meanLogitsByCell(db, { regionId, grid, sceneOf: largestOf })
      const cells = groupByCell(points, grid)
      expect(means.map(({ key }) => key).sort()).toEqual([...cells.keys()].sort())
      for (const { key, logits, scene, point, pointCount } of means) {
        const rows = cells.get(key)!
        expect(scene).toBe(largestOf(logits))
        const shown = rows.map((row) => half(row.logits[scene]!))
        const { id, lon, lat } = rows[shown.indexOf(Math.max(...shown))]!
        expect({ point, pointCount }).toEqual({ point: { id, lon, lat }, pointCount: rows.length })
        const errors = logits.map((value, i) => {
          const sum = rows.reduce((total, row) => total + half(row.logits[i]!), 0)
          return Math.abs(value - sum / rows.length)
        })
        expect(Math.max(...errors)).toBeLessThan(1e-5)
      }
    },
  )

  test('where partitions of ours lie on other servers it groups in another way, and gives the same cells', async () => {
    const query = l2(randomLogits(random))
    const ask = () =>
      Promise.all([
        aggregateDistancesByCell(db, { regionId, query, grid: square(1000) }),
        meanLogitsByCell(db, { regionId, grid: h3(5), sceneOf: largestOf }),
      ])
    const expected = await ask()
    const script = (sql: string) => db.withClient((client) => client.script(sql))
    const [empty] = await db.withClient((client) =>
      client.query<{ name: string; bounds: string }>(
        `select relname as name, pg_get_expr(relpartbound, oid) as bounds
           from pg_class join pg_inherits on inhrelid = oid
          where inhparent = 'embeddings'::regclass and oid not in (select tableoid from embeddings) limit 1`,
      ),
    )
    const { name, bounds } = empty!
    await script(`create foreign data wrapper nowhere; create server nowhere foreign data wrapper nowhere;
                  create foreign table of_others () server nowhere`)
    expect(await db.withClient(groupingOf)).toEqual({ end: 'limit all', by: 'cell' })
    await script(`alter table embeddings drop constraint embeddings_pkey;
                  alter table embeddings detach partition ${name};
                  create foreign table far partition of embeddings ${bounds} server nowhere`)
    try {
      expect(await db.withClient(groupingOf)).toEqual({ end: '', by: 'region, cell' })
      expect(await ask()).toEqual(expected)
    } finally {
      await script(`drop foreign data wrapper nowhere cascade;
                    alter table embeddings attach partition ${name} ${bounds};
                    alter table embeddings add primary key (region, point, vintage)`)
    }
  })

  test('a region without embeddings has no cells', async () => {
    const query = l2(randomLogits(random))
    expect(await aggregateDistancesByCell(db, { regionId: 999, query, grid: h3(5) })).toEqual([])
    expect(await findDistances(db, { regionId: 999, query })).toEqual([])
  })

  const good = l2(new Float32Array(365))
  const refused = [
    { name: 'a vector of another dimension', query: l2(new Float32Array(364)), grid: h3(5) },
    { name: 'a vector with NaN', query: l2(new Float32Array(365).fill(NaN)), grid: h3(5) },
    { name: 'a vector beyond half', query: l2(new Float32Array(365).fill(7e4)), grid: h3(5) },
    { name: 'a scale of 0', query: { ...good, scale: 0 }, grid: h3(5) },
    {
      name: 'weights with -dot',
      query: { ...good, operator: '-dot' as const, weights: good.vector },
      grid: h3(5),
    },
    { name: 'resolution 16', query: good, grid: h3(16) },
    { name: 'squares of 0 m', query: good, grid: square(0) },
    {
      name: 'squares of a named CRS',
      query: good,
      grid: { kind: 'square' as const, sizeM: 1000, epsg: 3035 },
    },
  ]
  test.each(refused)('refuses $name', async ({ query, grid }) => {
    const asked = aggregateDistancesByCell(db, { regionId, query, grid })
    await expect(asked).rejects.toMatchObject({ name: 'InputError', code: /-invalid$/ })
  })
})

function weightsOf(kind: string, seed: number): { weights?: Float32Array } {
  if (kind === 'none') return {}
  const random = createRandom(seed + 1)
  return {
    weights: Float32Array.from({ length: 365 }, () =>
      kind === 'groups' ? +(random() > 0.4) : random(),
    ),
  }
}

function half(value: number): number {
  return fromHalf(toHalf(value))
}

function distance(point: EmbeddedPoint, query: GalleryQuery): number {
  const { operator, vector, weights, scale, offset } = query
  let sum = 0
  point.logits.forEach((logit, i) => {
    const row = half(logit)
    const weight = weights?.[i] ?? 1
    sum += operator === 'l2' ? (weight * (row - vector[i]!)) ** 2 : -row * vector[i]!
  })
  return scale * (operator === 'l2' ? Math.sqrt(sum) : sum) + offset
}

function groupByCell(
  points: readonly EmbeddedPoint[],
  grid: CellGrid,
): Map<string, EmbeddedPoint[]> {
  const cells = new Map<string, EmbeddedPoint[]>()
  for (const point of points) {
    const key =
      grid.kind === 'h3'
        ? cellToParent(point.h3.toString(16), grid.resolution)
        : `${Math.floor(point.x / grid.sizeM)},${Math.floor(point.y / grid.sizeM)}`
    cells.set(key, [...(cells.get(key) ?? []), point])
  }
  return cells
}

interface BruteCell {
  readonly distances: ReadonlyMap<number, number>
  readonly best: number
}

function bruteForce(
  points: readonly EmbeddedPoint[],
  query: GalleryQuery,
  grid: CellGrid,
): Map<string, BruteCell> {
  const cells = [...groupByCell(points, grid)].map(([key, rows]): [string, BruteCell] => {
    const distances = new Map(rows.map((row) => [row.id, distance(row, query)]))
    return [key, { distances, best: Math.min(...distances.values()) }]
  })
  return new Map(cells)
}

/** The best point may be another one whose distance is the same within half precision. */
function expectSameCells(cells: CellDistance[], brute: Map<string, BruteCell>): void {
  expect(cells.map(({ key }) => key).sort()).toEqual([...brute.keys()].sort())
  for (const { key, distance, point, pointCount } of cells) {
    const { distances, best } = brute.get(key)!
    expect(pointCount).toBe(distances.size)
    expectClose(distance, best)
    expectClose(distances.get(point.id) ?? NaN, best)
  }
}

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-3 * Math.abs(expected))
}
