/**
 * The figures that decide between pairs of models, from TypeScript: the same as
 * `python -m whereabouts_train.evaluate` prints, in the same JSON. Distances, scene queries,
 * inference and resampling are the program's own. @io disk, native
 *
 *   npm run evaluate:models -- --packs PACKS [--pair PHOTO OVERHEAD]... [--out FILE]
 *
 * PACKS holds the folders that whereabouts_train.pack wrote (models/train/README.md): `ground`, and
 * what there is of `ucm`, `rsscn7`, `maps` (New York), `resisc12` and `landuse33`.
 */
import { writeFile } from 'node:fs/promises'
import { InvalidArgumentError, program } from 'commander'
import { evaluatePairs } from './evaluate/pairs.ts'

/**
 * m/px of the pixels. RSSCN7 mixes two scales about 0.5, the last two many; they are read as if at
 * 0.5.
 */
const SETS = { ucm: 0.3, rsscn7: 0.5, maps: 0.5, resisc12: 0.5, landuse33: 0.5 }

interface Options {
  readonly pair: readonly string[]
  readonly packs: string
  readonly sets?: readonly string[]
  readonly gsd: number
  readonly photos: number
  readonly threads: number
  readonly out?: string
}

const options = program
  .name('evaluate:models')
  .option(
    '--pair <folders...>',
    'photo and overhead model, several times: others minus the first',
    ['models/photo-mobilenetv2-3', 'models/overhead-mobilenetv2-10'],
  )
  .option('--packs <folder>', 'where the packs lie', 'models/train/packs')
  .option('--sets <name=gsd...>', 'packs of patches with the m/px of their pixels')
  .option('--gsd <number>', 'm/px at which patches are read', parseNumber, 0.5)
  .option('--photos <number>', 'photos at most, for accuracy', parseNumber, 2000)
  .option('--threads <number>', 'inference threads', parseNumber, 1)
  .option('--out <file>', 'write JSON here')
  .parse()
  .opts<Options>()

const results = await evaluatePairs({
  ...options,
  pairs: pairsOf(options.pair),
  sets: options.sets === undefined ? SETS : setsOf(options.sets),
  photoCount: options.photos,
})
const text = JSON.stringify(results, null, 1)
if (options.out !== undefined) await writeFile(options.out, `${text}\n`)
console.log(text)

function parseNumber(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a number above 0.')
}

function pairsOf(folders: readonly string[]): readonly (readonly [string, string])[] {
  if (folders.length % 2 !== 0) {
    throw new Error(`Expected --pair PHOTO OVERHEAD, got ${folders.length} folders in all`)
  }
  return Array.from({ length: folders.length / 2 }, (_, i) => [
    folders[2 * i] ?? '',
    folders[2 * i + 1] ?? '',
  ])
}

function setsOf(texts: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = '', gsd = ''] = text.split('=')
      return [name, parseNumber(gsd)]
    }),
  )
}
