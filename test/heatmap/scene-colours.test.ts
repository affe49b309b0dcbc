import { describe, expect, test } from 'vitest'
import { HATCH_GROUND, HATCH_STRIPE } from '../../src/heatmap/paint.ts'
import { colourAt, type Colour } from '../../src/heatmap/ramp.ts'
import {
  colourCells,
  keyOfScenes,
  OTHER_SCENES_COLOUR,
  SCENE_COLOURS,
} from '../../src/heatmap/scene-colours.ts'
import { SCENES } from '../../src/scenes.ts'
import { makeBestScenes, makeTown } from './made-heatmap.ts'

/** CIELAB of an sRGB colour, white D65. */
function labOf(colour: Colour): readonly [number, number, number] {
  const [r = 0, g = 0, b = 0] = colour.map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116)
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505)
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b)
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0888)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

test('colours of scenes differ from each other and from the greys of the map', () => {
  const others = [HATCH_GROUND, HATCH_STRIPE, OTHER_SCENES_COLOUR]
  const apart = SCENE_COLOURS.flatMap((colour, i) =>
    [...SCENE_COLOURS.slice(i + 1), ...others].map((other) => {
      const [l, a, b] = labOf(colour)
      const [l2, a2, b2] = labOf(other)
      return Math.hypot(l - l2, a - a2, b - b2)
    }),
  )
  expect(Math.min(...apart)).toBeGreaterThan(23)
})

describe('a map of best scenes', () => {
  const names = SCENES.slice(0, 15).map(({ name }) => name)
  const heatmap = makeBestScenes(names)
  const key = keyOfScenes(heatmap)!

  test('gives the most frequent scenes a colour each', () => {
    expect(key.shown.map(({ scene }) => scene)).toEqual(names.slice(0, 12))
    expect(key.shown.map(({ colour }) => colour)).toEqual(SCENE_COLOURS)
    expect(key.others.map(({ scene }) => scene)).toEqual(names.slice(12))
  })

  test('cells have the colour of their scene, those of rare scenes one for all', () => {
    const colourOf = colourCells(heatmap)
    for (const cell of heatmap.cells) {
      const index = names.indexOf(cell.scene ?? '')
      expect(colourOf(cell)).toEqual(SCENE_COLOURS[index] ?? OTHER_SCENES_COLOUR)
    }
  })
})

test('cells of any other heatmap have the colour of their score', () => {
  const town = makeTown()
  expect(keyOfScenes(town)).toBeNull()
  expect(town.cells.map(colourCells(town))).toEqual(town.cells.map(({ score }) => colourAt(score)))
})
