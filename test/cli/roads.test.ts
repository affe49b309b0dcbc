import { expect, test } from 'vitest'
import { renderGeoJson } from '../../src/cli/roads.ts'

test.each([0, 1, 10_000, 25_001])('%d points are one GeoJSON, written in parts of some MB', (n) => {
  const points = Array.from({ length: n }, (_, id) => ({ id, lon: 9 + id / 1e6, lat: 47.2 }))
  const parts = [...renderGeoJson(points)]
  expect(parts.length).toBe(Math.ceil(n / 10_000) + 1)
  const { type, features } = JSON.parse(parts.join('')) as { type: string; features: object[] }
  expect([type, features.length]).toEqual(['FeatureCollection', n])
  const [last] = features.slice(-1)
  const geometry = { type: 'Point', coordinates: [Number((9 + (n - 1) / 1e6).toFixed(7)), 47.2] }
  if (n > 0) expect(last).toEqual({ type: 'Feature', id: n - 1, properties: {}, geometry })
})
