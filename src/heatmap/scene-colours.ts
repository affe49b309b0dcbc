/** Cells of a heatmap → their colours: by score, or on a map of the best scenes by scene. Pure. */
import type { Cell, Heatmap } from '../heatmap-types.ts'
import { colourAt, type Colour } from './ramp.ts'
import { tallyScenes, type SceneTally } from './scene-tally.ts'

/**
 * More could not be told apart. Chosen by computer of the palettes of Tol, Okabe and Ito: pairs are
 * at least 23 apart in CIELAB, 13 for eyes without red or green cones, also from the greys of the
 * map; the most different ones come first.
 */
export const SCENE_COLOURS: readonly Colour[] = [
  [238, 136, 102],
  [75, 0, 146],
  [255, 215, 0],
  [51, 187, 238],
  [127, 60, 0],
  [238, 204, 102],
  [0, 77, 64],
  [213, 94, 0],
  [0, 114, 178],
  [230, 159, 0],
  [17, 119, 51],
  [153, 153, 51],
]
/** Of all scenes beyond those. */
export const OTHER_SCENES_COLOUR: Colour = [110, 110, 118]

/** The scenes of a map of best scenes, the most frequent first. */
export interface SceneKey {
  readonly shown: readonly (SceneTally & { readonly colour: Colour })[]
  /** Those that share one colour. */
  readonly others: readonly SceneTally[]
}

/** Gives the most frequent scenes a colour each; null on a map of anything else. */
export function keyOfScenes({ question, cells }: Heatmap): SceneKey | null {
  if (question.kind !== 'best-scene') return null
  const tallies = tallyScenes(cells)
  return {
    shown: SCENE_COLOURS.flatMap((colour, i) => {
      const tally = tallies[i]
      return tally ? [{ ...tally, colour }] : []
    }),
    others: tallies.slice(SCENE_COLOURS.length),
  }
}

/** What colour each cell of a heatmap has, in every format. */
export function colourCells(heatmap: Heatmap): (cell: Cell) => Colour {
  const key = keyOfScenes(heatmap)
  if (key === null) return ({ score }) => colourAt(score)
  const colours = new Map(key.shown.map(({ scene, colour }) => [scene, colour]))
  return ({ scene }) => colours.get(scene ?? '') ?? OTHER_SCENES_COLOUR
}
