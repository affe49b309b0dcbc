/**
 * The figures of a model pair from TypeScript, the same as `python -m whereabouts_train.evaluate` prints:
 * accuracy on held-out photos, class-matched retrieval on held-out patches. @io disk, native
 *
 *   npx tsx scripts/evaluate-models.ts --photo models/photo-… --overhead models/overhead-… --packs PACKS
 *
 * PACKS holds the folders `ground` and `ucm` that whereabouts_train.pack wrote (models/train/README.md).
 */
import { open, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { readModel } from '../src/embedding/model-files.ts'
import type { ModelFiles } from '../src/embedding/model-files.ts'
import { createTensorWriter } from '../src/embedding/preprocess.ts'
import { iqtL2 } from '../src/embedding/vector.ts'
import { resizeBicubic } from '../src/image/resize.ts'
import { SCENES } from '../src/scenes.ts'
import type { Rgb8 } from '../src/types.ts'

const BATCH_SIZE = 8
/** m/px of UC Merced's pixels. */
const UCM_GSD = 0.3

interface Item {
  readonly row: number
  readonly set: string
  readonly cls: string
  readonly split: string
}

interface Pack {
  readonly items: readonly Item[]
  readonly side: number
  read(row: number): Promise<Rgb8>
  close(): Promise<void>
}

type SceneTable = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** `pixels.npy` (uint8 [n, side, side, 3]) with its `items.csv`. */
async function openPack(folder: string): Promise<Pack> {
  const file = await open(join(folder, 'pixels.npy'))
  const { dataStart, side } = await readNpyHeader(file)
  const lines = (await readFile(join(folder, 'items.csv'), 'utf8')).trim().split(/\r?\n/).slice(1)
  const items = lines.map((line, row) => {
    const [set = '', cls = '', split = ''] = line.split(',')
    return { row, set, cls, split }
  })
  const length = side * side * 3
  return {
    items,
    side,
    read: async (row) => {
      const data = new Uint8Array(length)
      await file.read(data, 0, length, dataStart + row * length)
      return { width: side, height: side, data }
    },
    close: () => file.close(),
  }
}

async function readNpyHeader(file: FileHandle): Promise<{ dataStart: number; side: number }> {
  const head = Buffer.alloc(512)
  await file.read(head, 0, head.length, 0)
  const text = head.toString('latin1')
  const shape = /'shape': \(\d+, (\d+), \d+, 3\)/.exec(text)
  if (!text.startsWith('\x93NUMPY\x01') || !text.includes("'|u1'") || shape?.[1] === undefined) {
    throw new Error(`Expected uint8 [n, side, side, 3] for pixels.npy, got ${text.slice(10, 90)}`)
  }
  return { dataStart: 10 + head.readUInt16LE(8), side: Number(shape[1]) }
}

async function readSceneTable(): Promise<SceneTable> {
  const files = ['models/train/labels/ground.json', 'data/overhead-classes.json']
  const tables = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as SceneTable),
  )
  return Object.assign({}, ...tables) as SceneTable
}

/** Indices of the scenes that a class of a set may show. */
function fittingScenes(item: Item, table: SceneTable): ReadonlySet<number> {
  const names = table[item.set]?.[item.cls] ?? [item.cls]
  return new Set(SCENES.filter(({ name }) => names.includes(name)).map(({ index }) => index))
}

/** Images of one size → logits, without the encoder's check of the size: patches here have 153 px. */
async function createRunner(model: ModelFiles) {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const session = await InferenceSession.create(model.onnxPath, { intraOpNumThreads: 1 })
  const write = createTensorWriter(model.card.input)
  return async (images: readonly Rgb8[]): Promise<readonly Float32Array[]> => {
    const { width = 0, height = 0 } = images[0] ?? {}
    const length = 3 * width * height
    const tensor = new Float32Array(images.length * length)
    images.forEach((image, i) => write(image, tensor, i * length))
    const input = new Tensor('float32', tensor, [images.length, 3, height, width])
    const output = await session.run({ [model.card.input.name]: input }, ['logits'])
    const logits = output['logits']?.data as Float32Array
    return images.map((_, i) => logits.slice(i * SCENES.length, (i + 1) * SCENES.length))
  }
}

/** Logits of some pictures of a pack, squashed to `side` px. */
async function embed(
  model: ModelFiles,
  pack: Pack,
  options: { items: readonly Item[]; side: number },
) {
  const run = await createRunner(model)
  const all: Float32Array[] = []
  for (let at = 0; at < options.items.length; at += BATCH_SIZE) {
    const batch = options.items.slice(at, at + BATCH_SIZE)
    const images = await Promise.all(batch.map(({ row }) => pack.read(row)))
    all.push(
      ...(await run(images.map((image) => resizeBicubic(image, options.side, options.side)))),
    )
  }
  return all
}

function hasHit(logits: Float32Array, fits: ReadonlySet<number>, k: number): boolean {
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0))
  return order.slice(0, k).some((scene) => fits.has(scene))
}

/** One query: AUC, mean percentile rank and average precision; ties count half, half and against. */
function rankFitting(distances: readonly number[], fits: readonly boolean[]) {
  const inside = distances.filter((_, i) => fits[i])
  const outside = distances.filter((_, i) => !fits[i])
  const below = (values: readonly number[], at: number) => values.filter((v) => v < at).length
  const upTo = (values: readonly number[], at: number) => values.filter((v) => v <= at).length
  const parts = inside.map((d) => {
    const own = upTo(inside, d)
    const others = upTo(outside, d)
    return {
      lost: (below(outside, d) + others) / 2 / outside.length,
      rank: (own + others - 1) / (distances.length - 1),
      precision: own / (own + others),
    }
  })
  return {
    auc: 1 - mean(parts.map(({ lost }) => lost)),
    percentile: mean(parts.map(({ rank }) => rank)),
    precision: mean(parts.map(({ precision }) => precision)),
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

async function photoFigures(
  model: ModelFiles,
  ground: Pack,
  options: { table: SceneTable; count: number },
) {
  const items = ground.items
    .filter((item) => item.split === 'val' && fittingScenes(item, options.table).size > 0)
    .slice(0, options.count)
  const logits = await embed(model, ground, { items, side: model.card.size[0] })
  const share = (k: number) =>
    100 * mean(logits.map((row, i) => Number(hasHit(row, fitsOf(items, i, options.table), k))))
  return { photos: items.length, top1: share(1), top5: share(5) }
}

function fitsOf(items: readonly Item[], index: number, table: SceneTable): ReadonlySet<number> {
  const item = items[index]
  return item === undefined ? new Set() : fittingScenes(item, table)
}

async function retrievalFigures(
  models: { readonly photo: ModelFiles; readonly overhead: ModelFiles },
  packs: { readonly ground: Pack; readonly ucm: Pack },
  options: { readonly table: SceneTable; readonly gsd: number },
) {
  const patchItems = packs.ucm.items.filter(({ split }) => split === 'test')
  const patchFits = patchItems.map((item) => fittingScenes(item, options.table))
  const known = new Set(patchFits.flatMap((fits) => [...fits]))
  const photoItems = packs.ground.items.filter(
    (item) =>
      item.split === 'val' && [...fittingScenes(item, options.table)].some((s) => known.has(s)),
  )
  const photos = await embed(models.photo, packs.ground, {
    items: photoItems,
    side: models.photo.card.size[0],
  })
  const side = Math.round((packs.ucm.side * UCM_GSD) / options.gsd)
  const patches = await embed(models.overhead, packs.ucm, { items: patchItems, side })
  const perQuery = photos.map((photo, i) => {
    const fits = fitsOf(photoItems, i, options.table)
    const distances = patches.map((patch) => iqtL2(photo, patch))
    return rankFitting(
      distances,
      patchFits.map((scenes) => [...fits].some((s) => scenes.has(s))),
    )
  })
  return {
    photos: photos.length,
    patches: patches.length,
    auc: mean(perQuery.map(({ auc }) => auc)),
    meanPercentileRank: 100 * mean(perQuery.map(({ percentile }) => percentile)),
    mAP: mean(perQuery.map(({ precision }) => precision)),
  }
}

const { values } = parseArgs({
  options: {
    photo: { type: 'string', default: 'models/photo-mobilenetv2-2' },
    overhead: { type: 'string', default: 'models/overhead-mobilenetv2-6' },
    packs: { type: 'string', default: 'models/train/packs' },
    photos: { type: 'string', default: '2000' },
    gsd: { type: 'string', default: '0.5' },
  },
})
const table = await readSceneTable()
const models = { photo: await readModel(values.photo), overhead: await readModel(values.overhead) }
const packs = {
  ground: await openPack(join(values.packs, 'ground')),
  ucm: await openPack(join(values.packs, 'ucm')),
}
const figures = {
  pair: [models.photo.card.name, models.overhead.card.name],
  photo: await photoFigures(models.photo, packs.ground, { table, count: Number(values.photos) }),
  [`ucm@${values.gsd}`]: await retrievalFigures(models, packs, { table, gsd: Number(values.gsd) }),
}
await Promise.all([packs.ground.close(), packs.ucm.close()])
console.log(JSON.stringify(figures, null, 1))
