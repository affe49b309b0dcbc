/** Loads pairs of models and packs, and measures the pairs beside each other. @io disk, native */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createEncoder } from '../../src/embedding/onnx.ts'
import { readModel } from '../../src/embedding/model-files.ts'
import { createSessionPool } from '../../src/embedding/session-pool.ts'
import { SCENES } from '../../src/scenes.ts'
import type { Logits, Rgb8 } from '../../src/types.ts'
import { pairedDifference, rounded, type Interval } from './intervals.ts'
import { openPack, type Item, type Pack } from './packs.ts'
import { photoFigures, type Embed, type Measured } from './photo-figures.ts'
import { retrievalFigures, type Pictures } from './retrieval.ts'

/** What is measured, and on what. */
export interface EvaluationOptions {
  /**
   * Folders of a photo model and an overhead model; the first pair is what the others are compared
   * with.
   */
  readonly pairs: readonly (readonly [photo: string, overhead: string])[]
  /** Folder with the pack `ground` and those of `sets`. */
  readonly packs: string
  /** Pack of patches → m/px of its pixels. Those that are missing are left out. */
  readonly sets: Readonly<Record<string, number>>
  /** m/px at which patches are read. */
  readonly gsd: number
  /** Photos at most, for accuracy. */
  readonly photoCount: number
  /** Inference threads. */
  readonly threads: number
}

/** The figures of one pair, as `whereabouts_train.evaluate` writes them. */
export type PairFigures = Readonly<Record<string, unknown>> & {
  readonly pair: readonly [string, string]
}

/** Pictures handed to the threads at a time. */
const BATCH_SIZE = 32

/**
 * Measures every pair; each after the first also by its paired differences from the first.
 * @throws {NotFoundError|ConfigError|BadDataError} of a model, Error of a pack
 */
export async function evaluatePairs(options: EvaluationOptions): Promise<readonly PairFigures[]> {
  const results: PairFigures[] = []
  let first: Measurements | undefined
  for (const folders of options.pairs) {
    const { names, measured } = await measurePair(folders, options)
    const figures = Object.entries(measured).map(([name, { figures }]) => [name, figures])
    results.push({
      pair: names,
      ...(Object.fromEntries(figures) as Record<string, unknown>),
      ...(first && { minusFirst: compare(first, measured) }),
    })
    first ??= measured
  }
  return results
}

/** `photo`, and every set of patches with its scale. */
type Measurements = Readonly<Record<string, Measured>>

async function measurePair(
  [photoDir, overheadDir]: readonly [string, string],
  options: EvaluationOptions,
): Promise<{ names: readonly [string, string]; measured: Measurements }> {
  const photo = await createEncoder(photoDir, { sessions: options.threads })
  const overhead = await createEncoder(overheadDir, { sessions: 1 })
  const groundPack = await openPack(join(options.packs, 'ground'))
  const ground: Pictures = {
    items: groundPack.items,
    embed: embedOnce(groundPack, (images) => photo.encode(images)),
  }
  const measured: Record<string, Measured> = {
    photo: await photoFigures(ground.embed, ground.items, options.photoCount),
  }
  for (const [name, pixelGsd] of Object.entries(options.sets)) {
    const folder = join(options.packs, name)
    if (!existsSync(folder)) continue
    const patches = await openPatches(folder, overheadDir, { ...options, pixelGsd })
    measured[`${name}@${options.gsd}`] = await retrievalFigures(
      { photo, overhead },
      ground,
      patches,
    )
    await patches.close()
  }
  await Promise.all([photo.close(), overhead.close(), groundPack.close()])
  return { names: [photo.card.name, overhead.card.name], measured }
}

/**
 * Whole pictures of a pack at another scale. The encoder itself takes patches of the card's size
 * alone.
 */
async function openPatches(
  folder: string,
  modelDir: string,
  options: { readonly pixelGsd: number; readonly gsd: number; readonly threads: number },
): Promise<Pictures & { close(): Promise<void> }> {
  const pack = await openPack(folder)
  const side = Math.round((pack.side * options.pixelGsd) / options.gsd)
  const { card, onnxPath } = await readModel(modelDir)
  const setup = { card: { ...card, size: [side, side] as [number, number] }, onnxPath }
  const pool = await createSessionPool(setup, options.threads)
  return {
    items: pack.items,
    embed: embedOnce(pack, (images) => pool.run({ output: 'logits', images })),
    close: async () => {
      await Promise.all([pack.close(), pool.close()])
    },
  }
}

/** Remembers the logits of each picture: several figures ask for the same ones. */
function embedOnce(pack: Pack, encode: (images: readonly Rgb8[]) => Promise<Float32Array>): Embed {
  const known = new Map<Item, Logits>()
  return async (items) => {
    const missing = items.filter((item) => !known.has(item))
    for (let at = 0; at < missing.length; at += BATCH_SIZE) {
      const batch = missing.slice(at, at + BATCH_SIZE)
      const logits = await encode(await Promise.all(batch.map((item) => pack.read(item))))
      batch.forEach((item, i) =>
        known.set(item, logits.slice(i * SCENES.length, (i + 1) * SCENES.length)),
      )
    }
    return items.map((item) => known.get(item) ?? new Float32Array(0))
  }
}

/** Second minus first, paired over pictures. */
function compare(first: Measurements, second: Measurements) {
  const all: Record<string, Record<string, Interval>> = {}
  for (const [name, { perPicture, groups }] of Object.entries(second)) {
    const differences: Record<string, Interval> = {}
    for (const [figure, values] of Object.entries(perPicture)) {
      const before = first[name]?.perPicture[figure]
      if (before === undefined) continue
      differences[figure] = rounded(pairedDifference(before, values, groups), 4)
    }
    all[name] = differences
  }
  return all
}
