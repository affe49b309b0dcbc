import { describe, expect, test } from 'vitest'
import {
  endingOf,
  formatOf,
  formatOfAccept,
  HEATMAP_FORMATS,
  isBinary,
  mediaTypeOf,
} from '../../src/heatmap/formats.ts'

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

  test('every format is found by its name, its ending and its media type', () => {
    for (const format of HEATMAP_FORMATS) {
      expect(formatOf(format)).toBe(format)
      expect(formatOf(`x.${endingOf(format)}`)).toBe(format)
      expect(formatOfAccept(mediaTypeOf(format))).toBe(format)
    }
  })

  test('text formats are not binary', () => {
    expect(HEATMAP_FORMATS.filter(isBinary)).toEqual(['geotiff', 'png'])
  })
})

describe('formatOfAccept', () => {
  const cases = [
    { accept: '*/*', format: 'geojson' },
    { accept: 'text/csv;q=0.5, image/png', format: 'png' },
    { accept: 'text/html, image/tiff;q=0.9, */*;q=0.1', format: 'geotiff' },
    { accept: 'image/png;q=0, text/csv', format: 'csv' },
    { accept: 'application/json', format: 'geojson' },
    { accept: 'text/html', format: null },
  ]
  for (const { accept, format } of cases) {
    test(`"${accept}" → ${format}`, () => expect(formatOfAccept(accept)).toBe(format))
  }
})
