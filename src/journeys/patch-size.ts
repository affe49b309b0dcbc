/** Model card → the patch that it wants. */
import type { ModelCard } from '../embedding/card.ts'
import { ConfigError } from '../errors.ts'
import type { PatchSize } from '../imagery/source.ts'

/**
 * Side and ground sample distance of the patches of an overhead model.
 * @throws {ConfigError} `model-view` for a ground model
 */
export function patchSizeOf(card: ModelCard): PatchSize {
  if (card.view === 'overhead' && card.gsd !== undefined) return { px: card.size[0], gsd: card.gsd }
  throw new ConfigError(
    'model-view',
    `Expected an overhead model, got "${card.name}" (${card.view})`,
    {
      hint: 'see `whereabouts models list` and --overhead-model',
    },
  )
}
