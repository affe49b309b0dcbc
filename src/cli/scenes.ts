/** `whereabouts scenes`. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { readCard } from '../embedding/model-files.ts'
import { listScenes } from '../scenes.ts'
import { modelsDirOf } from '../wire.ts'
import { configOf } from './context.ts'

/** Registers `scenes`. */
export function addScenesCommand(program: Command): void {
  program
    .command('scenes')
    .description(
      'the 365 scenes that can be searched for, and which of them the overhead model learned from labelled ground',
    )
    .argument('[words...]', 'only those that these words can mean')
    .option('--json', 'as JSON')
    .action((words: readonly string[], options: { readonly json?: true }, command: Command) =>
      list(words.join(' '), options, command),
    )
}

async function list(words: string, { json }: { readonly json?: true }, command: Command) {
  const config = configOf(command)
  const { taughtScenes } = await readCard(join(modelsDirOf(config), config.overheadModel))
  const rows = listScenes(words === '' ? undefined : words).map(({ index, name, isIndoor }) => ({
    index,
    name,
    isIndoor,
    isLearned: taughtScenes?.includes(index) ?? true,
  }))
  if (json === true) {
    console.log(JSON.stringify(rows, null, 2))
    return
  }
  for (const { name, isIndoor, isLearned } of rows) {
    const where = isIndoor ? 'indoors' : 'outdoors'
    console.log([name, where, ...(isLearned ? ['learned'] : [])].join('\t'))
  }
}
