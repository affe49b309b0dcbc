/** The question that photos ask, or their embeddings, as it is told with its answer. Pure. */
import { indoorShare } from '../embedding/vector.ts'
import type { GroupWeights, HeatmapQuestion, QuestionLimits } from '../heatmap-types.ts'
import type { Logits } from '../types.ts'

/**
 * Of held-out photos 94 % of those from indoors show more indoor scenes than this, and 3.5 % of
 * those from outdoors (docs/models.md).
 */
const INDOORS_FROM = 0.5

/** @param logits  of all frames together */
export function photoQuestion(
  photos: readonly { readonly name: string; readonly sha256: string }[],
  logits: Logits,
  groupWeights?: GroupWeights | null,
): HeatmapQuestion {
  const named = photos.map(({ name, sha256 }) => ({ name, sha256 }))
  return { kind: 'photo', photos: named, ...limitsOf(logits, groupWeights) }
}

/** @param logits  of all embeddings together */
export function embeddingQuestion(
  logits: Logits,
  groupWeights?: GroupWeights | null,
): HeatmapQuestion {
  return { kind: 'embedding', ...limitsOf(logits, groupWeights) }
}

function limitsOf(logits: Logits, groupWeights?: GroupWeights | null): QuestionLimits {
  const share = indoorShare(logits)
  return {
    ...(share > INDOORS_FROM && { indoorShare: share }),
    ...(groupWeights && { groupWeights }),
  }
}
