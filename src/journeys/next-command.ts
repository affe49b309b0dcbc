/** The command that goes on with a region, as it can be typed. */
import type { Region } from '../types.ts'
import type { Outside } from './outside.ts'

/**
 * Names the region's overhead model where a command would take another one.
 * @param words  e.g. `region build`
 */
export function nextCommand(
  { usualModel }: Pick<Outside, 'usualModel'>,
  { name, model }: Pick<Region, 'name' | 'model'>,
  words: string,
): string {
  const option = model.name === usualModel ? '' : ` --overhead-model ${model.name}`
  return `whereabouts ${words} ${name}${option}`
}
