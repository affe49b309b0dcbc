/**
 * The evaluation from Node against `whereabouts_train.evaluate`, on packs of drawn pictures: the
 * labels are arbitrary, so the figures are poor; they have to be the same.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluatePairs } from '../../scripts/evaluate/pairs.ts'
import { resizeBicubic } from '../../src/image/resize.ts'
import type { Rgb8 } from '../../src/types.ts'
import { drawnPatches, drawnPhotos } from '../pictures.ts'
import { describeWithPython } from '../shared.ts'

const run = promisify(execFile)
const modelsDir = fileURLToPath(new URL('../../models/', import.meta.url))
/** The first has no prototypes, so that both ways of asking for scenes are compared. */
const pairs = [
  ['photo-mobilenetv2', 'overhead-mobilenetv2'],
  ['photo-mobilenetv2-3', 'overhead-mobilenetv2-10'],
].map(([photo = '', overhead = '']) => [modelsDir + photo, modelsDir + overhead] as const)
/** Two that the overhead models learned from labelled ground, two that they did not. */
const SCENE_NAMES = ['harbor', 'forest_path', 'igloo', 'kitchen']
const INTEL = ['street', 'buildings', 'sea']
const GSD = { pixels: 0.3, test: 0.5 }
const TIMEOUT_MS = 300_000

interface Labelled {
  readonly line: string
  readonly image: Rgb8
}

/** As NumPy writes uint8 [n, side, side, 3]. */
async function writePack(folder: string, pictures: readonly Labelled[], side: number) {
  await mkdir(folder, { recursive: true })
  const shape = `(${pictures.length}, ${side}, ${side}, 3)`
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`
  const header = Buffer.from(`${text.padEnd(117)}\n`)
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0])
  const pixels = pictures.map(({ image }) => resizeBicubic(image, side, side).data)
  await writeFile(join(folder, 'pixels.npy'), Buffer.concat([start, header, ...pixels]))
  const lines = pictures.map(({ line }) => `${line},\n`)
  await writeFile(join(folder, 'items.csv'), `set,cls,split,path,place\n${lines.join('')}`)
}

async function writePacks(folder: string): Promise<void> {
  const photos = drawnPhotos(48).map((image, i) => {
    const [set, cls, split] =
      i < 30
        ? ['tiny-ground', SCENE_NAMES[i % SCENE_NAMES.length], i < 4 ? 'train' : 'val']
        : ['intel', INTEL[i % INTEL.length], 'test']
    return { line: `${set},${cls},${split},${i}.jpg`, image }
  })
  await writePack(join(folder, 'ground'), photos, 64)
  const patches = drawnPatches(40, 96).map((image, i) => {
    const line = `drawn,${SCENE_NAMES[(i * 7) % 4]},${i % 5 === 0 ? 'train' : 'test'},${i}.png`
    return { line, image }
  })
  await writePack(join(folder, 'patches'), patches, 96)
}

/** Values stay, the ends of intervals go: the random numbers differ between the languages. */
function withoutIntervals(figures: unknown): unknown {
  if (Array.isArray(figures)) {
    return figures.every((part) => typeof part === 'number')
      ? [figures[0] as number]
      : figures.map(withoutIntervals)
  }
  if (figures === null || typeof figures !== 'object') return figures
  return Object.fromEntries(
    Object.entries(figures).map(([key, part]) => [key, withoutIntervals(part)]),
  )
}

/** Path of every number in the figures, to the number. */
function flat(figures: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (figures === null || typeof figures !== 'object') return [[path, figures]]
  return Object.entries(figures).flatMap(([key, part]) => flat(part, `${path}/${key}`))
}

describeWithPython('Evaluation from Node and Python', { timeout: TIMEOUT_MS }, (python) => {
  let dir = ''
  let node: unknown
  let theirs: unknown
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'whereabouts-evaluate-'))
    await writePacks(dir)
    node = await evaluatePairs({
      pairs,
      packs: dir,
      sets: { patches: GSD.pixels, 'not-there': 1 },
      gsd: GSD.test,
      photoCount: 10,
      threads: 1,
    })
    const out = join(dir, 'python.json')
    const options = [
      ...pairs.flatMap((pair) => ['--pair', ...pair]),
      ...['--ground', join(dir, 'ground'), '--overhead', join(dir, 'patches')],
      ...['--overhead-gsd', String(GSD.pixels), '--gsd', String(GSD.test)],
      ...['--photos', '10', '--out', out],
    ]
    await run(python, ['-m', 'whereabouts_train.evaluate', ...options], {
      cwd: join(modelsDir, 'train'),
    })
    theirs = JSON.parse(await readFile(out, 'utf8'))
  }, TIMEOUT_MS)
  afterAll(() => rm(dir, { recursive: true }))

  test('every figure is the same, the ends of intervals apart', () => {
    const received = new Map(flat(withoutIntervals(node)))
    const expected = new Map(flat(withoutIntervals(theirs)))
    expect([...received.keys()].sort()).toEqual([...expected.keys()].sort())
    // Rounded to 4 digits, percentages to 2: one step apart at most.
    const different = [...expected].filter(([path, value]) => {
      const got = received.get(path)
      if (typeof value !== 'number' || typeof got !== 'number') return value !== got
      return Math.abs(got - value) > (Math.abs(value) > 1 ? 0.0101 : 0.000101)
    })
    expect(different.map(([path, value]) => [path, value, received.get(path)])).toEqual([])
  })

  test('scenes with and without labelled ground stand apart, the latter also by prototypes', () => {
    const queries = (node as Record<string, Record<string, unknown>>[]).map(
      (pair) => pair['patches@0.5']?.['sceneQueries'],
    ) as { taught: { scenes: number }; untaught: Record<string, number> }[]
    expect(queries.map(({ taught }) => taught.scenes)).toEqual([2, 2])
    expect(queries.map(({ untaught }) => untaught['scenes'])).toEqual([2, 2])
    const [first, second] = queries.map(({ untaught }) => untaught)
    expect(first?.['asSearched']).toBe(first?.['mAP'])
    expect(second?.['asSearched']).not.toBe(second?.['mAP'])
  })
})
