import { describe, expect, test } from 'vitest'
import { endingOf, formatOf, HEATMAP_FORMATS, isBinary } from '../../src/heatmap/formats.ts'

describe('formatOf', () => {
  const cases = [
    { asked: 'geojson', format: 'geojson' },
    { asked: 'heat.geojson', format: 'geojson' },
    { asked: '/out/heat.JSON', format: 'geojson' },
    { asked: '.tif', format: 'geotiff' },
    { asked: 'geotiff', format: 'geotiff' },
    { asked: 'a.b.tiff', format: 'geotiff' },
    { asked: 'kml', format: 'kml' },
    { asked: 'C:\\maps\\x.png', format: 'png' },
    { asked: 'heat.shp', format: null },
    { asked: 'heat.geojson/', format: null },
    { asked: '', format: null },
  ]
  for (const { asked, format } of cases) {
    test(`"${asked}" is ${format}`, () => expect(formatOf(asked)).toBe(format))
  }

  test('every format is found by its name and its ending', () => {
    for (const format of HEATMAP_FORMATS) {
      expect(formatOf(format)).toBe(format)
      expect(formatOf(`x.${endingOf(format)}`)).toBe(format)
    }
  })

  test('text formats are not binary', () => {
    expect(HEATMAP_FORMATS.filter(isBinary)).toEqual(['geotiff', 'png'])
  })
})
