/** `whereabouts embed photo`: photos → logits, one JSON object a line. */
import { basename } from 'node:path'
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { embedPhoto } from '../journeys/embed-photo.ts'
import { openModels } from '../wire.ts'
import { configOf, readInput, writeResult } from './context.ts'
import { formatScenes } from './report.ts'

/** Registers `embed`. */
export function addEmbedCommand(program: Command): void {
  const embed = program.command('embed').description('logits of pictures')
  embed
    .command('photo')
    .argument('<photo...>')
    .description('365 scene logits of each photo')
    .option('--format <NAME>', 'jsonl or text', 'text')
    .action(embedPhotos)
}

async function embedPhotos(
  paths: readonly string[],
  options: { readonly format: string },
  command: Command,
): Promise<void> {
  if (options.format !== 'jsonl' && options.format !== 'text') {
    throw new InputError('format', `Expected jsonl or text for --format, got "${options.format}"`)
  }
  const models = openModels(configOf(command))
  try {
    const model = (await models.encoder('ground')).card
    for (const path of paths) {
      const photo = await embedPhoto(models, { name: basename(path), bytes: await readInput(path) })
      const line = JSON.stringify({
        name: photo.name,
        sha256: photo.sha256,
        model: { name: model.name, sha256: model.sha256 },
        scenes: photo.scenes,
        logits: Array.from(photo.logits),
      })
      const text = `${photo.name}: ${formatScenes(photo.scenes)}`
      await writeResult(`${options.format === 'jsonl' ? line : text}\n`, undefined)
    }
  } finally {
    await models.close()
  }
}
