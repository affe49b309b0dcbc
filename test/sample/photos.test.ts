import { expect, test } from 'vitest'
import { drawPhotos, PHOTO_NAMES } from '../../src/sample/photos.ts'
import { bboxOf } from '../../src/sample/osm.ts'
import { TOWN_SIZE_M } from '../../src/sample/plan.ts'

test('every photo has places within the town, and pixels of its own', () => {
  const photos = drawPhotos(1, PHOTO_NAMES)
  expect(photos.map(({ name }) => name)).toEqual(PHOTO_NAMES)
  const [west, south, east, north] = bboxOf({
    west: 0,
    south: 0,
    east: TOWN_SIZE_M,
    north: TOWN_SIZE_M,
  })
  for (const { places } of photos) {
    expect(places.length).toBeGreaterThan(0)
    expect(places.every(({ lon }) => lon > west && lon < east)).toBe(true)
    expect(places.every(({ lat }) => lat > south && lat < north)).toBe(true)
  }
  const looks = photos.map(({ image }) => image.data.reduce((sum, value) => sum + value, 0))
  expect(new Set(looks).size).toBe(PHOTO_NAMES.length)
})

test('a photo drawn alone equals the same photo drawn among all', () => {
  const [alone] = drawPhotos(1, ['railway'])
  const among = drawPhotos(1, ['railway', 'field']).find(({ name }) => name === 'railway')
  expect(Buffer.compare(alone!.image.data, among!.image.data)).toBe(0)
})
