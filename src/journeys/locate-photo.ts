/** Photos → heatmap, candidates and, where the place is known, how well it was found. */
import { fuseLogits, photoQuery } from '../embedding/vector.ts'
import { InputError } from '../errors.ts'
import { parseCells } from '../geo/cells.ts'
import type { Candidate, GroupWeights, Heatmap, ImageryDates } from '../heatmap-types.ts'
import type { Logits } from '../types.ts'
import { embedPhoto, type EmbeddedPhoto, type PhotoFile } from './embed-photo.ts'
import type { Outside } from './outside.ts'
import { findCandidates } from './find-candidates.ts'
import { photoQuestion } from './photo-question.ts'
import { searchRegion } from './search-region.ts'

/** What `locate` asks for. Several photos are frames of one place: their logits are averaged. */
export interface LocateRequest {
  readonly photos: readonly PhotoFile[]
  readonly region: string
  /** `square:25km`, `h3:7` … */
  readonly cells: string
  readonly groupWeights?: GroupWeights
  readonly candidateCount: number
  /** Absent: the latest imagery of every point. */
  readonly dates?: ImageryDates | undefined
}

/** What `locate` found. */
export interface Located {
  readonly photos: readonly EmbeddedPhoto[]
  readonly heatmap: Heatmap
  readonly candidates: readonly Candidate[]
}

/**
 * Locates a photo, or several frames of one place.
 * @throws {InputError} `photo-missing`, and those of the photos, cells and region
 */
export async function locatePhoto(outside: Outside, request: LocateRequest): Promise<Located> {
  if (request.photos.length === 0) {
    throw new InputError('photo-missing', 'Expected at least one photo, got none')
  }
  const grid = parseCells(request.cells)
  const photos: EmbeddedPhoto[] = []
  for (const photo of request.photos) photos.push(await embedPhoto(outside, photo))
  const logits: Logits = fuseLogits(photos.map((photo) => photo.logits))
  const heatmap = await searchRegion(outside, {
    region: request.region,
    grid,
    dates: request.dates,
    query: photoQuery(logits, request.groupWeights),
    question: photoQuestion(photos, logits, request.groupWeights),
  })
  const candidates = await findCandidates(outside, heatmap, {
    count: request.candidateCount,
    photo: logits,
  })
  return { photos, heatmap, candidates }
}
