import { describe, expect, test } from 'vitest'
import { isInPolygon, isInRing, signedDoubleArea } from '../../src/geo/rings.ts'

const square = (west: number, south: number, side: number) => [
  [west, south],
  [west + side, south],
  [west + side, south + side],
  [west, south + side],
  [west, south],
]

describe('rings', () => {
  test('have an area, positive for counter-clockwise ones, however far from 0°', () => {
    expect(signedDoubleArea(square(0, 0, 2))).toBe(8)
    expect(signedDoubleArea([...square(0, 0, 2)].reverse())).toBe(-8)
    expect(signedDoubleArea(square(179.5, 89, 2 ** -20))).toBe(2 ** -39)
    expect(signedDoubleArea([])).toBe(0)
  })

  const bent = [
    [0, 0],
    [4, 0],
    [4, 4],
    [2, 1],
    [0, 4],
    [0, 0],
  ]
  const PLACES: [lon: number, lat: number, isInside: boolean][] = [
    [2, 0.5, true],
    [2, 2, false],
    [0.5, 2.9, true],
    [3.5, 2.9, true],
    [-1, 1, false],
    [5, 1, false],
  ]
  for (const [lon, lat, isInside] of PLACES) {
    test(`of any shape hold ${lon},${lat}: ${isInside}`, () => {
      expect(isInRing(bent, lon, lat)).toBe(isInside)
      expect(isInRing([...bent].reverse(), lon, lat)).toBe(isInside)
    })
  }

  test('of two squares side by side hold a place on their border once', () => {
    const [west, east] = [square(0, 0, 1), square(1, 0, 1)]
    expect([west, east].filter((ring) => isInRing(ring, 1, 0.5)).length).toBe(1)
  })

  test('as holes take their places out of a polygon', () => {
    const polygon = [square(0, 0, 4), square(1, 1, 2)]
    expect([isInPolygon(polygon, 0.5, 0.5), isInPolygon(polygon, 2, 2)]).toEqual([true, false])
    expect(isInPolygon([], 0, 0)).toBe(false)
  })
})
