/** Logits of two models can be compared only if the overhead one learned those of the photo one. */
import { logitSpaceOf } from '../embedding/card.ts'
import { InputError } from '../errors.ts'
import type { Region } from '../types.ts'
import type { Outside } from './outside.ts'
import { refuseOtherModel } from './visit-region.ts'

/**
 * Before a photo is compared with a region's embeddings.
 * @throws {InputError} `model-mismatch` when another overhead model made them, `model-space` when
 *   the photo model is of another space than that one
 */
export async function refuseMixedModels(
  outside: Pick<Outside, 'encoder'>,
  region: Region,
): Promise<void> {
  const { card: ground } = await outside.encoder('ground')
  const overhead = await outside.encoder('overhead')
  refuseOtherModel(region, overhead)
  const [expected, got] = [logitSpaceOf(overhead.card), logitSpaceOf(ground)]
  if (expected === got) return
  throw new InputError(
    'model-space',
    `Expected a photo model of space "${expected}" for ${overhead.card.name}, got ${ground.name} of space "${got}"`,
    { hint: 'give --photo-model one of that space; `whereabouts models list` shows the spaces' },
  )
}
