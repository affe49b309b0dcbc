import { expect, test } from 'vitest'
import { chooseForm, formsOf, lackingFormsOf, splitEnding } from '../../src/http/negotiate.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'

type Parts = Pick<Heatmap, 'question' | 'grid'>
const ofPhoto: Parts = {
  question: { kind: 'photo', photos: [] },
  grid: { kind: 'square', sizeM: 50, epsg: null },
}
const ofScene: Parts = {
  question: { kind: 'best-scene' },
  grid: { kind: 'h3', resolution: 9 },
}
const forms = (parts: Parts) => formsOf(parts as Heatmap)
const formats = (parts: Parts) => forms(parts).map(({ format }) => format)

const accepts = [
  { accept: undefined, format: 'summary' },
  { accept: '*/*', format: 'summary' },
  { accept: 'application/json', format: 'summary' },
  { accept: 'application/geo+json', format: 'geojson' },
  { accept: 'application/*', format: 'summary' },
  { accept: 'text/csv', format: 'csv' },
  { accept: 'application/vnd.google-earth.kml+xml', format: 'kml' },
  { accept: 'image/tiff', format: 'geotiff' },
  { accept: 'image/png', format: 'png' },
  { accept: 'image/*', format: 'png' },
  { accept: 'IMAGE/PNG', format: 'png' },
  { accept: 'image/png;q=0.5, text/csv;q=0.9', format: 'csv' },
  { accept: 'application/json;q=0, application/*', format: 'geojson' },
  { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', format: 'sheet' },
]
for (const { accept, format } of accepts) {
  test(`Accept ${accept ?? '(none)'} gets the ${format}`, () => {
    expect(chooseForm(forms(ofPhoto), { ending: null, accept }).format).toBe(format)
  })
}

const endings = [
  { ending: 'json', format: 'summary' },
  { ending: 'geojson', format: 'geojson' },
  { ending: 'csv', format: 'csv' },
  { ending: 'kml', format: 'kml' },
  { ending: 'tif', format: 'geotiff' },
  { ending: 'png', format: 'png' },
  { ending: 'html', format: 'sheet' },
]
for (const { ending, format } of endings) {
  test(`.${ending} is the ${format}, whatever Accept says`, () => {
    expect(chooseForm(forms(ofPhoto), { ending, accept: 'image/webp' }).format).toBe(format)
  })
}

test('a form that there is not is refused with the list of those that there are', () => {
  for (const asked of [
    { ending: null, accept: 'image/webp' },
    { ending: 'xlsx', accept: undefined },
    { ending: 'html', accept: undefined },
  ]) {
    expect(() => chooseForm(forms(ofScene), asked)).toThrowError(
      expect.objectContaining({
        code: 'not-acceptable',
        facts: { available: expect.arrayContaining(['image/png (.png)']) as unknown },
      }),
    )
  }
})

test('a heatmap of a scene in hexagons has neither sheet nor GeoTIFF', () => {
  expect(formats(ofScene)).toEqual(['summary', 'geojson', 'csv', 'kml', 'png'])
  expect(formats(ofPhoto)).toContain('sheet')
  expect(formats(ofPhoto)).toContain('geotiff')
})

const lacking = [
  { ending: 'tif', accept: undefined, hint: /square cells.*square:50m/ },
  { ending: null, accept: 'image/tiff', hint: /square cells.*square:50m/ },
  { ending: 'html', accept: undefined, hint: /"photos"/ },
  { ending: 'xlsx', accept: undefined, hint: /as Accept/ },
]
for (const { ending, accept, hint } of lacking) {
  test(`the refusal of ${ending ?? accept} tells why hexagons of a scene are not in it`, () => {
    const why = lackingFormsOf(ofScene as Heatmap)
    expect(() => chooseForm(forms(ofScene), { ending, accept }, why)).toThrowError(
      expect.objectContaining({ hint: expect.stringMatching(hint) as unknown }),
    )
  })
}

test('a heatmap of a photo in squares lacks no form', () => {
  expect(lackingFormsOf(ofPhoto as Heatmap)).toEqual([])
})

test('an id is split from its ending', () => {
  expect(splitEnding('ab')).toEqual({ id: 'ab', ending: null })
  expect(splitEnding('ab.tif')).toEqual({ id: 'ab', ending: 'tif' })
})
