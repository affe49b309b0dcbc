/**
 * What `--format` and `--out` mean together, for every command that writes one of several formats.
 */
import { describe, expect, test } from 'vitest'
import { chooseFormat } from '../../src/cli/output-format.ts'
import { HEATMAP_ENDINGS } from '../../src/heatmap/formats.ts'
import { COVERAGE_ENDINGS } from '../../src/journeys/render-coverage.ts'

describe('the format of a heatmap', () => {
  const cases = [
    { asked: {}, format: null },
    { asked: { out: 'heat.geojson' }, format: 'geojson' },
    { asked: { out: '/out/heat.JSON' }, format: 'geojson' },
    { asked: { out: 'a.b.tiff' }, format: 'geotiff' },
    { asked: { format: 'geotiff' }, format: 'geotiff' },
    { asked: { format: 'tif' }, format: 'geotiff' },
    { asked: { format: 'PNG', out: 'map.png' }, format: 'png' },
    { asked: { format: 'kml', out: 'heat.txt' }, format: 'kml' },
    { asked: { format: 'csv', out: './png' }, format: 'csv' },
    { asked: { format: 'csv', out: 'maps.png/heat' }, format: 'csv' },
  ] as const
  for (const { asked, format } of cases) {
    test(`${JSON.stringify(asked)} is ${format}`, () =>
      expect(chooseFormat(HEATMAP_ENDINGS, asked)).toBe(format))
  }

  const refused = [
    {
      asked: { out: 'heat.shp' },
      says: 'an ending of geojson, csv, kml, geotiff or png for --out',
    },
    { asked: { out: 'png' }, says: 'an ending of geojson, csv, kml, geotiff or png for --out' },
    { asked: { format: 'gif' }, says: 'Expected geojson, csv, kml, geotiff or png for --format' },
    { asked: { format: '' }, says: 'for --format, got ""' },
    { asked: { format: 'csv', out: 'a.png' }, says: '(.csv), got "a.png", which ends as png does' },
  ] as const
  for (const { asked, says } of refused) {
    test(`${JSON.stringify(asked)} is refused`, () =>
      expect(() => chooseFormat(HEATMAP_ENDINGS, asked)).toThrow(says))
  }
})

test('each command judges endings by its own formats', () => {
  expect(chooseFormat(COVERAGE_ENDINGS, { out: 'c.txt' })).toBe('text')
  expect(chooseFormat(COVERAGE_ENDINGS, { out: 'c.json' })).toBe('geojson')
  expect(chooseFormat(COVERAGE_ENDINGS, { format: 'csv', out: 'c.kml' })).toBe('csv')
  expect(() => chooseFormat(COVERAGE_ENDINGS, { format: 'csv', out: 'c.txt' })).toThrow(
    'which ends as text does',
  )
  expect(() => chooseFormat(COVERAGE_ENDINGS, { out: 'c.kml' })).toThrow('for --out, got "c.kml"')
})
