/** Model folders on disk: `<dir>/model.json` and the files that it names, verified. @io disk */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { BadDataError, ConfigError, NotFoundError } from '../errors.ts'
import { parseModelCard } from './card.ts'
import type { ModelCard } from './card.ts'

/** A model whose bytes are the ones that its card describes. */
export interface ModelFiles {
  readonly card: ModelCard
  readonly onnxPath: string
  /** Where the card names one. */
  readonly prototypesPath?: string
}

/**
 * Reads a model's card and verifies the files that it names.
 * @throws {NotFoundError} `model-unknown` when card or a file is missing
 * @throws {ConfigError} `model-card` when the card is not one
 * @throws {BadDataError} `model-corrupt` when the bytes are not the card's
 */
export async function readModel(dir: string): Promise<ModelFiles> {
  const card = await readCard(dir)
  const onnxPath = join(dir, card.file)
  const { size } = await stat(onnxPath).catch((cause: unknown) => missing(onnxPath, cause))
  if (size !== card.bytes) corrupt(onnxPath, `${card.bytes} bytes`, `${size}`)
  await checkSha256(onnxPath, card.sha256)
  if (card.prototypes === undefined) return { card, onnxPath }
  const prototypesPath = join(dir, card.prototypes.file)
  await checkSha256(prototypesPath, card.prototypes.sha256)
  const [got, expected] = [
    (await stat(prototypesPath)).size,
    card.classes ** 2 * Float32Array.BYTES_PER_ELEMENT,
  ]
  if (got !== expected) corrupt(prototypesPath, `${expected} bytes`, `${got}`)
  return { card, onnxPath, prototypesPath }
}

/**
 * Folders below `modelsDir` (two levels: `name`, `family/name`) that hold a card, sorted by name.
 */
export async function listModels(
  modelsDir: string,
): Promise<readonly { readonly dir: string; readonly card: ModelCard }[]> {
  const entries = await readdir(modelsDir, { withFileTypes: true, recursive: true }).catch(
    (cause: unknown) => missing(modelsDir, cause),
  )
  const dirs = entries
    .filter((entry) => entry.isFile() && entry.name === 'model.json')
    .map((entry) => entry.parentPath)
    .sort()
  return Promise.all(dirs.map(async (dir) => ({ dir, card: await readCard(dir) })))
}

/**
 * Reads what a model says of itself, without its weights.
 * @throws {NotFoundError} `model-unknown`, {ConfigError} `model-card`
 */
export async function readCard(dir: string): Promise<ModelCard> {
  const path = join(dir, 'model.json')
  const text = await readFile(path, 'utf8').catch((cause: unknown) => missing(path, cause))
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ConfigError('model-card', `Expected JSON for ${path}, got ${excerpt(text)}`, {
      cause,
    })
  }
  return parseModelCard(json, path)
}

async function checkSha256(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash).catch((cause: unknown) => missing(path, cause))
  const got = hash.digest('hex')
  if (got !== expected) corrupt(path, `sha256 ${expected}`, got)
}

function missing(path: string, cause: unknown): never {
  throw new NotFoundError('model-unknown', `Expected a model for ${path}, got no such file`, {
    hint: 'whereabouts models list shows what is installed',
    facts: { path },
    cause,
  })
}

function corrupt(path: string, expected: string, got: string): never {
  throw new BadDataError(
    'model-corrupt',
    `Expected ${expected} for ${basename(path)}, got ${got}`,
    {
      hint: 'copy the model folder again; file and model.json belong together',
      facts: { path, expected, got },
    },
  )
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
