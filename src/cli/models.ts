/** `whereabouts models list|verify|fetch`. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { logitSpaceOf } from '../embedding/card.ts'
import { download } from '../embedding/download.ts'
import { listModels, readModel } from '../embedding/model-files.ts'
import { findPublished } from '../embedding/published.ts'
import { NotFoundError } from '../errors.ts'
import { modelsDirOf } from '../wire.ts'
import { configOf, withInterrupt } from './context.ts'
import { openProgress } from './progress.ts'

/** Registers `models`. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('the networks that turn pictures into logits')
  models
    .command('list')
    .description('name, view, space, size and checksum of every model, and which two are in use')
    .action((_options: unknown, command: Command) => list(command))
  models
    .command('verify')
    .argument('[name...]', 'folder names; none: all')
    .description('check every model file against the checksum on its card')
    .action((names: readonly string[], _options: unknown, command: Command) =>
      verify(names, command),
    )
  models
    .command('fetch')
    .argument('<name>', 'places365-resnet18')
    .option('--from <url>', 'a mirror of the published file')
    .option('--to <dir>', 'folder for it; default: <name> in the models folder')
    .description('download weights that others published, verified; continues a broken download')
    .action((name: string, options: FetchOptions, command: Command) =>
      fetchPublished(name, options, command),
    )
}

interface FetchOptions {
  readonly from?: string
  readonly to?: string
}

async function list(command: Command): Promise<void> {
  const config = configOf(command)
  const modelsDir = modelsDirOf(config)
  const inUse = { '--photo-model': config.photoModel, '--overhead-model': config.overheadModel }
  const found = await listModels(modelsDir)
  for (const { dir, card } of found) {
    const megabytes = (card.bytes / 1e6).toFixed(1)
    console.log(
      [
        card.name,
        card.view,
        `${card.space}:${logitSpaceOf(card)}`,
        `${megabytes} MB`,
        card.sha256.slice(0, 12),
        ...(Object.values(inUse).some((name) => join(modelsDir, name) === dir) ? ['in use'] : []),
      ].join('\t'),
    )
  }
  for (const [option, name] of Object.entries(inUse)) {
    if (found.some(({ dir }) => dir === join(modelsDir, name))) continue
    console.error(`warning: ${option} is ${name}, which is not there`)
  }
}

async function verify(names: readonly string[], command: Command): Promise<void> {
  const all = await listModels(modelsDirOf(configOf(command)))
  const asked = all.filter(({ card }) => names.length === 0 || names.includes(card.name))
  const known = all.map(({ card }) => card.name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new NotFoundError(
      'model-unknown',
      `Expected the name of a model, got "${unknown.join(', ')}"`,
      {
        hint: `known: ${known.join(', ')}`,
      },
    )
  }
  for (const { dir } of asked) {
    const { card } = await readModel(dir)
    console.log(`${card.name}\tok\t${card.sha256}`)
  }
}

async function fetchPublished(
  name: string,
  options: FetchOptions,
  command: Command,
): Promise<void> {
  const published = findPublished(name)
  const path = join(options.to ?? join(modelsDirOf(configOf(command)), name), published.file)
  const source = { ...published, url: options.from ?? published.url }
  const line = openProgress()
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
  const onProgress = (bytes: number) =>
    line.show(`${name}: ${megabytes(bytes)} of ${megabytes(source.bytes)} MB`)
  try {
    await withInterrupt((signal) => download(source, path, { onProgress, signal }))
  } finally {
    line.end()
  }
  console.error(`licence: ${published.licence}`)
  console.error(`a model folder of it: ${published.convert.replace('FILE', path)}`)
  console.log(path)
}
