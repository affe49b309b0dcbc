import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RoadNetwork } from '../../src/roads/network.ts'
import { sampleRoadPoints } from '../../src/roads/sample.ts'

/** A network in as many pieces as it has lines, or in one. */
type Cut = 'by line' | 'whole'

/** Horizontal lines of segments of the given lengths, one latitude each; 1 mm is 1e-7° here. */
function makeNetwork(ways: number[][], cut: Cut = 'whole'): RoadNetwork {
  const firsts: number[] = []
  const lon: number[] = []
  const lat: number[] = []
  const lengthMm: number[] = []
  ways.forEach((lengths, row) => {
    let x = 0
    if (cut === 'by line' || row === 0) firsts.push(lon.length)
    for (const length of [...lengths, 0]) {
      lon.push(x)
      lat.push(row * 10_000_000)
      lengthMm.push(length)
      x += length
    }
  })
  return {
    pieces: firsts.map((first, piece) => ({
      lon: Int32Array.from(lon.slice(first, firsts[piece + 1])),
      lat: Int32Array.from(lat.slice(first, firsts[piece + 1])),
      lengthMm: Uint32Array.from(lengthMm.slice(first, firsts[piece + 1])),
    })),
    wayCount: ways.length,
    segmentCount: lengthMm.filter((length) => length > 0).length,
    missingNodeCount: 0,
    totalMm: lengthMm.reduce((sum, length) => sum + length, 0),
    headerBbox: null,
    sha256: '',
    summary: 'made for a test',
  }
}

describe('sampleRoadPoints', () => {
  const network = makeNetwork([[1000, 5, 300_000], [70_000], [1, 1, 1], [25_000_000, 4_000_000]])

  test('draws exactly as many points as asked, ids from 0 in the order of drawing', () => {
    for (const count of [0, 1, 1000]) {
      const points = sampleRoadPoints(network, { count, seed: 7 })
      expect(points.map(({ id }) => id)).toEqual(Array.from({ length: count }, (_, id) => id))
    }
  })

  test('gives the same points for the same seed and others for another', () => {
    const draw = (seed: number) => sampleRoadPoints(network, { count: 50, seed })
    expect(draw(1)).toEqual(draw(1))
    const firsts = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map((seed) => draw(seed)[0]?.lon)
    expect(new Set(firsts).size).toBe(firsts.length)
  })

  test('keeps its draws: seed 1 on this network is written down here', () => {
    expect(sampleRoadPoints(network, { count: 3, seed: 1 })).toMatchInlineSnapshot(`
      [
        {
          "id": 0,
          "lat": 3,
          "lon": 2.7842214,
        },
        {
          "id": 1,
          "lat": 3,
          "lon": 1.2028859,
        },
        {
          "id": 2,
          "lat": 3,
          "lon": 0.3285152,
        },
      ]
    `)
  })

  test('the first n of N points are the sample of n', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.nat(), (n, more, seed) => {
        const all = sampleRoadPoints(network, { count: n + more, seed })
        expect(sampleRoadPoints(network, { count: n, seed })).toEqual(all.slice(0, n))
      }),
      { numRuns: 20 },
    )
  })

  test('the points are the same however the network is cut into pieces', () => {
    const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 1000 })), {
      minLength: 1,
      maxLength: 300,
    })
    fc.assert(
      fc.property(lengths, fc.nat(), (ways, seed) => {
        fc.pre(ways.flat().length > 0)
        const draw = (cut: Cut) => sampleRoadPoints(makeNetwork(ways, cut), { count: 20, seed })
        expect(draw('by line')).toEqual(draw('whole'))
      }),
      { numRuns: 50 },
    )
  })

  test('every point lies on a segment, never in the gap between two lines', () => {
    const lengths = fc.array(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }), {
      minLength: 1,
      maxLength: 300,
    })
    fc.assert(
      fc.property(lengths, fc.nat(), (ways, seed) => {
        for (const { lon, lat } of sampleRoadPoints(makeNetwork(ways), { count: 20, seed })) {
          const way = ways[Math.round(lat)] ?? []
          expect(lat).toBe(Math.round(lat))
          expect(lon * 1e7).toBeLessThanOrEqual(way.reduce((sum, length) => sum + length, 0) + 1e-6)
          expect(lon).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('is uniform by length: chi-square over 100 equal stretches of roads of unequal segments', () => {
    const ways = [[1, 999_999], [10, 20, 30, 999_940], Array.from({ length: 1000 }, () => 1000)]
    const count = 100_000
    const bins = new Float64Array(300)
    for (const { lon, lat } of sampleRoadPoints(makeNetwork(ways), { count, seed: 42 })) {
      const bin = Math.round(lat) * 100 + Math.min(99, Math.floor((lon * 1e7) / 10_000))
      bins[bin] = (bins[bin] ?? 0) + 1
    }
    const expected = count / bins.length
    const chi2 = bins.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0)
    // 299 degrees of freedom: 0.1 % of fair samples lie above 379, 0.1 % below 230.
    expect(chi2).toBeLessThan(379)
    expect(chi2).toBeGreaterThan(230)
  })

  test('refuses an empty network with the next step, and numbers that are not whole', () => {
    const empty = { code: 'no-roads', hint: expect.stringContaining('boundary') as unknown }
    expect(() => sampleRoadPoints(makeNetwork([]), { count: 1, seed: 1 })).toThrow(
      expect.objectContaining(empty),
    )
    for (const options of [
      { count: 1.5, seed: 1 },
      { count: -1, seed: 1 },
      { count: 1, seed: NaN },
    ])
      expect(() => sampleRoadPoints(network, options)).toThrow('Expected a whole number')
  })
})
