import { expect, test } from 'vitest'
import { tallyScenes } from '../../src/heatmap/scene-tally.ts'

const cell = (scene: string | undefined, id: number, areaKm2 = 0.25) => ({
  ...(scene !== undefined && { scene }),
  point: { id, lon: id, lat: 0 },
  areaKm2,
  distance: -id,
})

test('scenes are counted with their area, the most frequent first, each with its clearest place', () => {
  const cells = [cell('harbor', 7), cell('street', 3), cell('street', 1, 0.5), cell('street', 9)]
  expect(tallyScenes(cells)).toEqual([
    { scene: 'street', cellCount: 3, areaKm2: 1, clearest: { id: 3, lon: 3, lat: 0 }, sigma: 3 },
    { scene: 'harbor', cellCount: 1, areaKm2: 0.25, clearest: { id: 7, lon: 7, lat: 0 }, sigma: 7 },
  ])
})

test('of scenes with as many cells that which stands out most comes first', () => {
  const cells = [cell('river', 1), cell('beach', 2), cell('beach', 3), cell('river', 4)]
  expect(tallyScenes(cells).map(({ scene }) => scene)).toEqual(['river', 'beach'])
})

test('a heatmap of anything else has none', () => {
  expect(tallyScenes([cell(undefined, 1)])).toEqual([])
})
