/** `whereabouts models list|verify`. */
import type { Command } from 'commander'
import { listModels, readModel } from '../embedding/model-files.ts'
import { NotFoundError } from '../errors.ts'
import { modelsDirOf } from '../wire.ts'
import { configOf } from './context.ts'

/** Registers `models`. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('the networks that turn pictures into logits')
  models
    .command('list')
    .description('name, view, space, size and checksum of every model')
    .action((_options: unknown, command: Command) => list(command))
  models
    .command('verify')
    .argument('[name...]', 'folder names; none: all')
    .description('check every model file against the checksum on its card')
    .action((names: readonly string[], _options: unknown, command: Command) =>
      verify(names, command),
    )
}

async function list(command: Command): Promise<void> {
  for (const { card } of await listModels(modelsDirOf(configOf(command)))) {
    const megabytes = (card.bytes / 1e6).toFixed(1)
    console.log(
      [card.name, card.view, card.space, `${megabytes} MB`, card.sha256.slice(0, 12)].join('\t'),
    )
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
