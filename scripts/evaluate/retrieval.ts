/** Held-out photos against held-out patches, matched by class. */
import type { Encoder } from '../../src/embedding/encoder.ts'
import { iqtL2, standardise } from '../../src/embedding/vector.ts'
import type { Logits } from '../../src/types.ts'
import { bootstrap, round, rounded, type Interval } from './intervals.ts'
import type { Item } from './packs.ts'
import { groupsOf, heldOutPhotos, type Embed, type Measured } from './photo-figures.ts'
import { mean, rankFitting, type Ranked } from './ranks.ts'
import { sceneFigures } from './scene-queries.ts'

/** A loaded pair. */
export interface Pair {
  readonly photo: Encoder
  readonly overhead: Encoder
}

/** The pictures of one view and what turns them into logits. */
export interface Pictures {
  readonly items: readonly Item[]
  readonly embed: Embed
}

/** How both sides are read before they are compared, and the comparison. */
interface Comparison {
  readonly photo: (logits: Logits) => Logits
  readonly patch: (logits: Logits) => Logits
  readonly distance: (photo: Logits, patch: Logits) => number
}

/**
 * AUC, mean percentile rank and mAP of photo → patch by the program's distance and by the
 * calibrated ones, and average precision of scene queries. Photos that no test patch fits ask
 * nothing.
 */
export async function retrievalFigures(
  pair: Pair,
  ground: Pictures,
  overhead: Pictures,
): Promise<Measured> {
  const patchItems = overhead.items.filter(({ split }) => split === 'test')
  const photoItems = heldOutPhotos(ground.items).filter((photo) =>
    patchItems.some((patch) => shareScene(photo, patch)),
  )
  const photos = await ground.embed(photoItems)
  const patches = await overhead.embed(patchItems)
  const groups = groupsOf(photoItems)
  const fits = photoItems.map((photo) => patchItems.map((patch) => shareScene(photo, patch)))
  const figures: Record<string, unknown> = { photos: photos.length, patches: patches.length }
  const perPicture: Record<string, readonly number[]> = {}
  for (const [name, comparison] of Object.entries(comparisons(pair))) {
    const ranked = rankAll(comparison, { photos, patches, fits })
    perPicture[name] = ranked.map(({ auc }) => auc)
    perPicture[`${name}-ap`] = ranked.map(({ precision }) => precision)
    figures[name] = figuresOf(ranked, groups)
  }
  figures['sceneQueries'] = await sceneFigures(
    pair.overhead,
    patches,
    patchItems.map((item) => item.fits),
  )
  return { figures, perPicture, groups }
}

/**
 * The program's distance, and the cosine with the cards' statistics, which come from training data.
 */
function comparisons({ photo, overhead }: Pair): Readonly<Record<string, Comparison>> {
  const [ground, own] = [photo.card.stats, overhead.card.stats]
  const same = (logits: Logits) => logits
  const rms: Comparison = { photo: same, patch: same, distance: iqtL2 }
  if (ground === undefined || own === undefined) return { rms }
  const byGround = (logits: Logits) => unit(standardise(logits, ground))
  const byOwn = (logits: Logits) => unit(standardise(logits, own))
  return {
    rms,
    groundScaled: { photo: byGround, patch: byGround, distance: cosineDistance },
    ownScaled: { photo: byGround, patch: byOwn, distance: cosineDistance },
  }
}

function rankAll(
  comparison: Comparison,
  sides: {
    readonly photos: readonly Logits[]
    readonly patches: readonly Logits[]
    readonly fits: readonly (readonly boolean[])[]
  },
): readonly Ranked[] {
  const patches = sides.patches.map(comparison.patch)
  return sides.photos.map((logits, i) => {
    const photo = comparison.photo(logits)
    const distances = Float64Array.from(patches, (patch) => comparison.distance(photo, patch))
    return rankFitting(distances, sides.fits[i] ?? [])
  })
}

function figuresOf(ranked: readonly Ranked[], groups: readonly string[]) {
  const of = (values: readonly number[]): Interval => rounded(bootstrap(values, groups), 4)
  return {
    auc: of(ranked.map(({ auc }) => auc)),
    meanPercentileRank: round(100 * mean(ranked.map(({ percentile }) => percentile)), 2),
    mAP: of(ranked.map(({ precision }) => precision)),
  }
}

function shareScene(photo: Item, patch: Item): boolean {
  for (const scene of photo.fits) if (patch.fits.has(scene)) return true
  return false
}

function unit(values: Float32Array): Float32Array {
  const length = Math.hypot(...values)
  return values.map((value) => value / length)
}

/** Of vectors of length one. */
function cosineDistance(a: Logits, b: Logits): number {
  return 1 - a.reduce((sum, value, c) => sum + value * (b[c] ?? 0), 0)
}
