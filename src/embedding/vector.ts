/** Arithmetic on logits: the reference distance, queries for the gallery, what a vector shows. */
import { InputError } from '../errors.ts'
import { SCENES } from '../scenes.ts'
import type { SceneGroup, SceneTerm } from '../scenes.ts'
import type { GalleryQuery, GroupWeights, SceneShare } from '../heatmap-types.ts'
import type { Logits } from '../types.ts'
import type { LogitStats } from './card.ts'

/**
 * `iqt-l2`, the reference's distance: ‖ŵ∘(o − t)‖₂ with ŵ = w/‖w‖; all weights equal → RMS of the
 * difference.
 * @param w  weight per class, default all 1
 */
export function iqtL2(o: Logits, t: Logits, w?: Float32Array): number {
  checkLogits(o)
  checkLogits(t)
  let squares = 0
  let weightSquares = 0
  o.forEach((value, c) => {
    const weight = w?.[c] ?? 1
    squares += (weight * (value - (t[c] ?? 0))) ** 2
    weightSquares += weight ** 2
  })
  return Math.sqrt(squares / weightSquares)
}

/**
 * The query of a photo: `iqt-l2` to every row. A class weighs as much as the heaviest of its
 * groups.
 * @throws {InputError} `logits-invalid`, `group-weights`
 */
export function photoQuery(logits: Logits, groupWeights: GroupWeights = {}): GalleryQuery {
  checkLogits(logits)
  const weights = classWeights(groupWeights)
  const length = Math.hypot(...weights)
  const query = { operator: 'l2', vector: logits, offset: 0 } as const
  if (weights.every((weight) => weight === weights[0])) {
    return { ...query, scale: 1 / Math.sqrt(SCENES.length) }
  }
  return { ...query, weights: weights.map((weight) => weight / length), scale: 1 }
}

/**
 * One embedding for several photos of the same place: the mean. Σ‖oᵢ − t‖² = n‖ō − t‖² + a
 * constant, so ranking by the mean is ranking by the sum of the squared distances to all of them.
 */
export function fuseLogits(list: readonly Logits[]): Logits {
  if (list.length === 0) {
    throw new InputError('logits-invalid', 'Expected at least one embedding, got none')
  }
  list.forEach(checkLogits)
  return Float32Array.from(
    SCENES,
    (_, c) => list.reduce((sum, logits) => sum + (logits[c] ?? 0), 0) / list.length,
  )
}

/**
 * The query of a scene expression: distance = −Σ ±(logit − mean)/std, so that −distance says by how
 * many standard deviations a patch stands above the average patch, summed over the terms. One class
 * ranks exactly as its raw logit does.
 * @param stats  of the overhead model; without them raw logits are summed
 */
export function sceneQuery(
  terms: readonly SceneTerm[],
  stats: LogitStats | undefined,
): GalleryQuery {
  const vector = new Float32Array(SCENES.length)
  // The largest factor goes into the scale: entries stay within ±1, where half precision is kind.
  const scale = Math.max(...terms.map(({ scene }) => 1 / (stats?.std[scene.index] ?? 1)))
  let offset = 0
  for (const { scene, sign } of terms) {
    const std = stats?.std[scene.index] ?? 1
    vector[scene.index] = (vector[scene.index] ?? 0) + sign / std / scale
    offset += (sign * (stats?.mean[scene.index] ?? 0)) / std
  }
  return { operator: '-dot', vector, scale, offset }
}

/** The `k` largest softmax shares, largest first; equal ones in class order. */
export function softmaxTop(logits: Logits, k: number): readonly SceneShare[] {
  const shares = softmax(logits)
  return SCENES.map(({ name, index }) => ({ scene: name, share: shares[index] ?? 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, k)
}

/** Softmax share of all indoor scenes together, 0…1. */
export function indoorShare(logits: Logits): number {
  return softmax(logits).reduce((sum, share, c) => sum + (SCENES[c]?.isIndoor ? share : 0), 0)
}

function softmax(logits: Logits): number[] {
  checkLogits(logits)
  const peak = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  const powers = Array.from(logits, (logit) => Math.exp(logit - peak))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}

/**
 * Logits in standard deviations above their class's mean, `float32[365]`.
 * @param stats  of the view; without them the mean and deviation of these logits themselves
 */
export function standardise(logits: Logits, stats: LogitStats | undefined): Float32Array {
  checkLogits(logits)
  if (stats !== undefined) {
    return logits.map((logit, c) => (logit - (stats.mean[c] ?? 0)) / (stats.std[c] ?? 1))
  }
  const mean = logits.reduce((a, b) => a + b, 0) / logits.length
  const variance = logits.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / logits.length
  return logits.map((logit) => (logit - mean) / (Math.sqrt(variance) || 1))
}

/**
 * Standard deviations above the average of its view from which a side shows a scene: by chance one
 * in six does.
 */
const SHOWN_MIN = 1

/**
 * Scenes that both sides show, strongest agreement first. The agreement is the smaller of the two
 * standardised logits: a scene is shared as far as the weaker side shows it.
 * @param options.taught  indices of the scenes whose look from above the overhead model was taught;
 *   absent: all. Logits of the others follow those of taught ones, which is no evidence (a computer
 *   room in a harbour).
 */
export function sharedScenes(
  photo: Logits,
  patch: Logits,
  options: {
    readonly ground: LogitStats | undefined
    readonly overhead: LogitStats | undefined
    readonly taught: readonly number[] | undefined
    readonly count: number
  },
): readonly string[] {
  const ground = standardise(photo, options.ground)
  const overhead = standardise(patch, options.overhead)
  return SCENES.filter(({ index }) => options.taught?.includes(index) ?? true)
    .map(({ name, index }) => ({
      name,
      agreement: Math.min(ground[index] ?? 0, overhead[index] ?? 0),
    }))
    .filter(({ agreement }) => agreement >= SHOWN_MIN)
    .sort((a, b) => b.agreement - a.agreement)
    .slice(0, options.count)
    .map(({ name }) => name)
}

function classWeights(groupWeights: GroupWeights): Float32Array {
  const { manMade = 1, natural = 1, indoor = 1 } = groupWeights
  const values = [manMade, natural, indoor]
  const isUsable = values.every((value) => Number.isFinite(value) && value >= 0)
  if (!isUsable || Math.max(...values) === 0) {
    throw new InputError(
      'group-weights',
      `Expected weights of at least 0, one above it, for manMade, natural, indoor, got ${values.join(', ')}`,
    )
  }
  const byGroup: Record<SceneGroup, number> = { manMade, natural, indoor }
  return Float32Array.from(SCENES, (scene) =>
    Math.max(...scene.groups.map((group) => byGroup[group])),
  )
}

/** A NaN compares as smaller than nothing and would rank first: it is refused everywhere. */
function checkLogits(logits: Logits): void {
  const bad = logits.findIndex((value) => !Number.isFinite(value))
  if (logits.length === SCENES.length && bad === -1) return
  const got =
    bad === -1 ? `${logits.length}` : `${String(logits[bad])} for ${SCENES[bad]?.name ?? bad}`
  throw new InputError(
    'logits-invalid',
    `Expected ${SCENES.length} finite logits for embedding, got ${got}`,
  )
}
