/**
 * Packs of pictures as `whereabouts_train.pack` writes them, and which scenes fit a picture.
 * @io disk
 */
import { open, readFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SCENES } from '../../src/scenes.ts'
import type { Rgb8 } from '../../src/types.ts'

/** One picture of a pack: a line of `items.csv`. */
export interface Item {
  readonly row: number
  readonly set: string
  readonly cls: string
  readonly split: string
  /** Indices of the scenes that its class may show; empty where Places has none. */
  readonly fits: ReadonlySet<number>
}

/** Square pictures of one size with their labels. */
export interface Pack {
  readonly items: readonly Item[]
  /** px */
  readonly side: number
  read(item: Item): Promise<Rgb8>
  close(): Promise<void>
}

type SceneTable = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/**
 * Opens `pixels.npy` (uint8 [n, side, side, 3]) with its `items.csv`.
 * @throws {Error} when a file is missing or the array is of another kind
 */
export async function openPack(folder: string): Promise<Pack> {
  const lines = (await readFile(join(folder, 'items.csv'), 'utf8')).trim().split(/\r?\n/).slice(1)
  const table = await readSceneTable()
  const items = lines.map((line, row) => {
    const [set = '', cls = '', split = ''] = line.split(',')
    return { row, set, cls, split, fits: fittingScenes(table[set]?.[cls] ?? [cls]) }
  })
  const file = await open(join(folder, 'pixels.npy'))
  const { dataStart, side } = await readNpyHeader(file)
  const length = side * side * 3
  return {
    items,
    side,
    read: async ({ row }) => {
      const data = new Uint8Array(length)
      const { bytesRead } = await file.read(data, 0, length, dataStart + row * length)
      if (bytesRead < length) {
        throw new Error(
          `Expected picture ${row} in ${folder}/pixels.npy, got a file that ends before`,
        )
      }
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

/** What the classes of other sets mean in scenes; a class of a scene's own name needs no entry. */
async function readSceneTable(): Promise<SceneTable> {
  const files = ['models/train/labels/ground.json', 'data/overhead-classes.json']
  const tables = await Promise.all(
    files.map(async (file) => {
      const path = fileURLToPath(new URL(`../../${file}`, import.meta.url))
      return JSON.parse(await readFile(path, 'utf8')) as SceneTable
    }),
  )
  return Object.assign({}, ...tables) as SceneTable
}

function fittingScenes(names: readonly string[]): ReadonlySet<number> {
  return new Set(SCENES.filter(({ name }) => names.includes(name)).map(({ index }) => index))
}
