/** Accuracy of the photo model on held-out photos. */
import { softmaxTop } from '../../src/embedding/vector.ts'
import { SCENES } from '../../src/scenes.ts'
import type { Logits } from '../../src/types.ts'
import { bootstrap, round, rounded, type Interval } from './intervals.ts'
import type { Item } from './packs.ts'
import { hasHit, mean } from './ranks.ts'

/** Sets whose validation photos have one scene each. */
const GROUND_SETS = ['miniplaces', 'tiny-ground']
const URBAN = ['street', 'buildings']
const indoor = SCENES.filter(({ isIndoor }) => isIndoor)
const indoorIndices = new Set(indoor.map(({ index }) => index))
const indoorNames = new Set(indoor.map(({ name }) => name))

/** Logits of pictures of one pack. */
export type Embed = (items: readonly Item[]) => Promise<readonly Logits[]>

/** What was measured of something, and the same of every picture, for paired differences. */
export interface Measured {
  readonly figures: Readonly<Record<string, unknown>>
  /** Figure → value of every picture. */
  readonly perPicture: Readonly<Record<string, readonly number[]>>
  /** Class of every picture. */
  readonly groups: readonly string[]
}

/** Held-out photos of one scene each. */
export function heldOutPhotos(items: readonly Item[]): readonly Item[] {
  return items.filter(({ set, split }) => split === 'val' && GROUND_SETS.includes(set))
}

/** Class of each picture, for resampling by class. */
export function groupsOf(items: readonly Item[]): readonly string[] {
  return items.map(({ set, cls }) => `${set}/${cls}`)
}

/**
 * Top 1 and 5, indoor or outdoor, in percent; with Intel's test photos where the pack has them.
 * @param count  photos at most
 */
export async function photoFigures(
  embed: Embed,
  all: readonly Item[],
  count: number,
): Promise<Measured> {
  const items = heldOutPhotos(all)
    .filter(({ fits }) => fits.size > 0)
    .slice(0, count)
  const logits = await embed(items)
  const groups = groupsOf(items)
  const top1 = hitsAt(logits, items, 1)
  const figures = {
    photos: items.length,
    top1: percent(top1, groups),
    top5: percent(hitsAt(logits, items, 5), groups),
    indoorOutdoor: percent(
      logits.map((row, i) => Number(looksIndoor(row) === isIndoor(items[i]))),
      groups,
    ),
    ...(await intelFigures(embed, all, count)),
  }
  return { figures, perPicture: { top1 }, groups }
}

/** A hit is any scene of the class's set. */
async function intelFigures(embed: Embed, all: readonly Item[], count: number) {
  const known = all.filter(({ set, split }) => set === 'intel' && split === 'test')
  if (known.length === 0) return {}
  const step = Math.max(1, Math.floor(known.length / count))
  const items = known.filter((_, i) => i % step === 0)
  const logits = await embed(items)
  const classes = items.map(({ cls }) => cls)
  const top5 = hitsAt(logits, items, 5)
  const urban = URBAN.map((name) => {
    const share = mean(top5.filter((_, i) => classes[i] === name))
    return [`${name}Top5`, round(100 * share, 2)]
  })
  return {
    intelTop1: percent(hitsAt(logits, items, 1), classes),
    intelTop5: percent(top5, classes),
    ...(Object.fromEntries(urban) as Record<string, number>),
  }
}

function hitsAt(logits: readonly Logits[], items: readonly Item[], k: number): number[] {
  return logits.map((row, i) => Number(hasHit(row, items[i]?.fits ?? new Set(), k)))
}

/** By the larger share of the softmax. */
function looksIndoor(logits: Logits): boolean {
  const shares = softmaxTop(logits, SCENES.length)
  return (
    shares.reduce((sum, { scene, share }) => sum + (indoorNames.has(scene) ? share : 0), 0) > 0.5
  )
}

function isIndoor(item: Item | undefined): boolean {
  return [...(item?.fits ?? [])].some((scene) => indoorIndices.has(scene))
}

function percent(hits: readonly number[], groups: readonly string[]): Interval {
  return rounded(
    bootstrap(
      hits.map((hit) => 100 * hit),
      groups,
    ),
    2,
  )
}
