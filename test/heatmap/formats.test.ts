import { expect, test } from 'vitest'
import { endingOf, HEATMAP_ENDINGS, HEATMAP_FORMATS, isBinary } from '../../src/heatmap/formats.ts'

test('every format has endings, its usual one first', () => {
  for (const format of HEATMAP_FORMATS) expect(HEATMAP_ENDINGS[format][0]).toBe(endingOf(format))
})

test('text formats are not binary', () => {
  expect(HEATMAP_FORMATS.filter(isBinary)).toEqual(['png', 'geotiff'])
})
