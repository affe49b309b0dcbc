/** The command that goes on with a region, as it can be typed. */
import type { Region } from '../types.ts'
import type { Outside } from './outside.ts'

/**
 * Names the region's overhead model where a command would take another one.
 * @param words  e.g. `region build`
 */
export function nextCommand(
  outside: Pick<Outside, 'usualModel'>,
  region: Pick<Region, 'name' | 'model'>,
  words: string,
): string {
  return `whereabouts ${words} ${region.name}${modelOption(outside, region)}`
}

/** What starts a worker that can take part in the build of the region. */
export function workerCommand(
  outside: Pick<Outside, 'usualModel'>,
  region: Pick<Region, 'model'>,
): string {
  return `whereabouts worker${modelOption(outside, region)}`
}

function modelOption(
  { usualModel }: Pick<Outside, 'usualModel'>,
  { model }: Pick<Region, 'model'>,
): string {
  return model.name === usualModel ? '' : ` --overhead-model ${quote(model.name)}`
}

/** A word for a POSIX shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
