/**
 * Words for a scene → the heatmap of where it shows from above; or the best scene of every cell.
 */
import type { Encoder } from '../embedding/encoder.ts'
import { photoQuery, sceneQuery, standardise } from '../embedding/vector.ts'
import { meanLogitsByCell } from '../gallery/search.ts'
import { findRegion } from '../gallery/regions.ts'
import { createCellGeometry, parseCells } from '../geo/cells.ts'
import { parseSceneExpression, SCENES, type Scene, type SceneTerm } from '../scenes.ts'
import type {
  Candidate,
  CellDistance,
  GalleryQuery,
  Heatmap,
  ImageryDates,
} from '../heatmap-types.ts'
import { findCandidates } from './find-candidates.ts'
import type { Outside } from './outside.ts'
import { refuseOtherModel } from './visit-region.ts'
import { assembleHeatmap, searchRegion, type RegionSearch } from './search-region.ts'

/** What `scene` asks for. */
export interface SceneRequest {
  /** A class, words or an alias; also `a + b - c`. */
  readonly expression: string
  readonly region: string
  readonly cells: string
  readonly candidateCount: number
  /** Absent: the latest imagery of every point. */
  readonly dates?: ImageryDates | undefined
}

/**
 * Searches a region for a scene class without a photo.
 * @throws {InputError} `scene-unknown`, `scene-ambiguous` with the candidates, and those of the
 *   region
 */
export async function searchScene(
  outside: Outside,
  request: SceneRequest,
): Promise<{ heatmap: Heatmap; candidates: Candidate[] }> {
  const heatmap = await searchRegion(outside, {
    region: request.region,
    grid: parseCells(request.cells),
    dates: request.dates,
    ...(await sceneSearch(outside, request.expression)),
  })
  const candidates = await findCandidates(outside, heatmap, { count: request.candidateCount })
  return { heatmap, candidates }
}

/**
 * What words for a scene ask of the gallery. One scene of which the model learned no labelled
 * ground is searched for by what photos of it, or most like it, show on the mean, where the model
 * has that: in controls that found twice as much (docs/models.md).
 * @throws {InputError} `scene-unknown`, `scene-ambiguous` with the candidates
 */
export async function sceneSearch(
  outside: Pick<Outside, 'encoder'>,
  expression: string,
): Promise<Pick<RegionSearch, 'query' | 'question'>> {
  const terms = parseSceneExpression(expression)
  const encoder = await outside.encoder('overhead')
  const { taughtScenes, stats } = encoder.card
  const untaught = terms.filter(({ scene }) => taughtScenes?.includes(scene.index) === false)
  const [alone] = terms.length === 1 ? untaught.filter(({ sign }) => sign === 1) : []
  const photos = alone && (await photosOf(alone.scene, encoder))
  return {
    query: photos?.query ?? sceneQuery(terms, stats),
    question: {
      kind: 'scene',
      expression,
      scenes: namesOf(terms),
      ...(untaught.length > 0 && { untaught: namesOf(untaught) }),
      ...(photos && { byPhotos: photos.kind }),
    },
  }
}

/**
 * The query by what photos of a scene, or most like it, show; undefined where the model has no
 * prototypes.
 */
async function photosOf(
  { index }: Scene,
  encoder: Encoder,
): Promise<{ query: GalleryQuery; kind: 'of-it' | 'like-it' } | undefined> {
  const prototype = await encoder.prototype?.(index)
  if (prototype === undefined) return undefined
  const isShown = encoder.card.prototypes?.scenes.includes(index) ?? false
  return { query: photoQuery(prototype), kind: isShown ? 'of-it' : 'like-it' }
}

function namesOf(terms: readonly SceneTerm[]): string[] {
  return terms.map(({ scene }) => scene.name)
}

/**
 * The scene that stands out most in every cell: the largest of the standardised logits of the
 * cell's mean embedding, among the scenes that the model learned from labelled ground (all 365
 * where its card does not tell): others would win by chance. `distance` is its negative, so cells
 * with a clear scene rank first; the point of a cell is the one that shows the scene most clearly.
 */
export async function mapBestScenes(
  outside: Outside,
  request: Pick<SceneRequest, 'region' | 'cells' | 'dates'>,
): Promise<Heatmap> {
  const grid = parseCells(request.cells)
  const region = await findRegion(outside.db, request.region)
  const encoder = await outside.encoder('overhead')
  refuseOtherModel(region, encoder)
  const { card } = encoder
  const competing = card.taughtScenes ?? SCENES.map((scene) => scene.index)
  const means = await meanLogitsByCell(outside.db, {
    regionId: region.id,
    grid,
    dates: request.dates,
    sceneOf: (mean) => {
      const values = standardise(mean, card.stats)
      return competing.reduce((best, i) =>
        (values[i] ?? -Infinity) > (values[best] ?? -Infinity) ? i : best,
      )
    },
  })
  const distances = means.map(({ key, logits, scene, point, pointCount }): CellDistance => ({
    key,
    distance: -(standardise(logits, card.stats)[scene] ?? 0),
    point,
    pointCount,
    scene: SCENES[scene]?.name ?? String(scene),
  }))
  return assembleHeatmap(outside, {
    region,
    geometry: createCellGeometry(grid, region.centre),
    search: { grid, question: { kind: 'best-scene' }, dates: request.dates },
    distances,
  })
}
