/** Ranking patches by words for a scene, with the program's own queries. */
import type { Encoder } from '../../src/embedding/encoder.ts'
import { iqtL2, sceneQuery } from '../../src/embedding/vector.ts'
import type { GalleryQuery } from '../../src/heatmap-types.ts'
import { sceneSearch } from '../../src/journeys/search-scene.ts'
import { SCENES, type Scene } from '../../src/scenes.ts'
import type { Logits } from '../../src/types.ts'
import { round } from './intervals.ts'
import { mean, rankFitting } from './ranks.ts'

/** Mean average precision over some scenes; null of none. */
interface Part {
  readonly scenes: number
  /** By the scene's logit. */
  readonly mAP: number | null
  /**
   * As the program searches: scenes without labelled ground by their prototype, where there is one.
   */
  readonly asSearched: number | null
}

/**
 * All scenes that some patch fits; apart by whether the overhead model's training had labelled
 * ground of them.
 */
export interface SceneFigures extends Part {
  /** Mean share of patches that fit: what chance reaches, about. */
  readonly chance: number
  readonly taught: Part
  readonly untaught: Part
  /** Index of the scene → average precision by its logit. */
  readonly perScene: Readonly<Record<number, number>>
}

/**
 * Asks for every scene that some patch fits.
 * @param encoder  of the overhead view
 * @param fits  of each patch, the indices of its scenes
 */
export async function sceneFigures(
  encoder: Encoder,
  patches: readonly Logits[],
  fits: readonly ReadonlySet<number>[],
): Promise<SceneFigures> {
  const shown = SCENES.filter(({ index }) => fits.some((scenes) => scenes.has(index)))
  const rows = await Promise.all(
    shown.map(async (scene) => {
      const isFitting = fits.map((scenes) => scenes.has(scene.index))
      const precisionOf = (query: GalleryQuery) =>
        rankFitting(
          Float64Array.from(patches, (patch) => distanceOf(query, patch)),
          isFitting,
        ).precision
      return {
        scene,
        byLogit: precisionOf(sceneQuery([{ scene, sign: 1 }], encoder.card.stats)),
        asSearched: precisionOf(await programsQuery(encoder, scene)),
        chance: mean(isFitting.map(Number)),
      }
    }),
  )
  const { taughtScenes } = encoder.card
  const isTaught = ({ scene }: { scene: Scene }) => taughtScenes?.includes(scene.index) ?? true
  return {
    ...partOf(rows),
    chance: round(mean(rows.map(({ chance }) => chance)), 4),
    taught: partOf(rows.filter(isTaught)),
    untaught: partOf(rows.filter((row) => !isTaught(row))),
    perScene: Object.fromEntries(
      rows.map(({ scene, byLogit }) => [scene.index, round(byLogit, 4)]),
    ),
  }
}

async function programsQuery(encoder: Encoder, scene: Scene): Promise<GalleryQuery> {
  const { query } = await sceneSearch({ encoder: async () => encoder }, scene.name)
  return query
}

/** What the gallery computes in SQL: `scale × op(vector, row) + offset`. */
function distanceOf(query: GalleryQuery, row: Logits): number {
  // An l2 without weights, scaled by 1/√365, is the reference's distance itself.
  if (query.operator === 'l2') return iqtL2(query.vector, row)
  const dot = query.vector.reduce((sum, value, c) => sum + value * (row[c] ?? 0), 0)
  return -query.scale * dot + query.offset
}

function partOf(rows: readonly { readonly byLogit: number; readonly asSearched: number }[]): Part {
  const of = (values: readonly number[]) => (values.length === 0 ? null : round(mean(values), 4))
  return {
    scenes: rows.length,
    mAP: of(rows.map(({ byLogit }) => byLogit)),
    asSearched: of(rows.map(({ asSearched }) => asSearched)),
  }
}
