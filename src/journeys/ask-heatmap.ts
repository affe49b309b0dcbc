/**
 * A question about a region → a heatmap with an address: the same question of the same state has
 * the same id.
 */
import { fuseLogits, photoQuery } from '../embedding/vector.ts'
import { addressHeatmap, findHeatmap, insertHeatmap } from '../gallery/heatmaps.ts'
import { findRegion } from '../gallery/regions.ts'
import { formatCells, parseCells } from '../geo/cells.ts'
import { noticeOf } from '../heatmap/caption.ts'
import { knownPlace, type KnownPlace } from '../heatmap/rank.ts'
import type {
  Candidate,
  GalleryQuery,
  GroupWeights,
  Heatmap,
  HeatmapQuestion,
  ImageryDates,
} from '../heatmap-types.ts'
import type { Logits, LonLat } from '../types.ts'
import { findKeptPhoto, openPhoto, type PhotoOutside } from './keep-photo.ts'
import { makeSheet } from './make-sheet.ts'
import type { Outside } from './outside.ts'
import { findCandidates } from './find-candidates.ts'
import { embeddingQuestion, photoQuestion } from './photo-question.ts'
import { searchRegion } from './search-region.ts'
import { mapBestScenes, sceneSearch } from './search-scene.ts'

/**
 * Raise when what is stored of a heatmap changes its meaning: older ones are then computed anew.
 */
const STORED_FORM = 4
/** Patches on a sheet. */
const SHEET_CANDIDATES = 20

/** What a heatmap is asked about. */
export type About =
  | { readonly kind: 'photos'; readonly ids: readonly string[] }
  | { readonly kind: 'embeddings'; readonly embeddings: readonly (readonly number[])[] }
  | { readonly kind: 'scene'; readonly expression: string }
  | { readonly kind: 'best' }

/** A question, in full. */
export interface HeatmapRequest {
  readonly region: string
  readonly cells: string
  readonly about: About
  readonly groupWeights: GroupWeights | null
  readonly candidateCount: number
  readonly known: LonLat | null
  /** Absent: the latest imagery of every point. */
  readonly dates?: ImageryDates | undefined
}

/** A heatmap with its address, as it is kept. */
export interface HeatmapAnswer {
  /** SHA-256 of the question and of the state of region and models, hex. */
  readonly id: string
  /** As `formatCells` writes it. */
  readonly cells: string
  /** What limits the answer, for people. */
  readonly notice: string
  readonly heatmap: Heatmap
  readonly candidates: readonly Candidate[]
  readonly known: KnownPlace | null
}

type Kept = Heatmap & Pick<HeatmapAnswer, 'candidates' | 'known'>

/**
 * Answers from what is kept, or searches and keeps.
 * @throws {InputError} those of cells, photos and scenes; `cells-too-many` above 400,000
 * @throws {NotFoundError} `region-not-found`, `region-not-built`, `photo-not-found`
 */
export async function askHeatmap(
  parts: PhotoOutside,
  request: HeatmapRequest,
): Promise<{ readonly answer: HeatmapAnswer; readonly isNew: boolean }> {
  const { db } = parts.outside
  const grid = parseCells(request.cells)
  const { id: regionId } = await findRegion(db, request.region)
  const asked = await prepare(parts, request)
  const identity = {
    regionId,
    question: asked.question,
    ...(asked.query && { query: asked.query }),
    grid,
    models: await modelsOf(parts.outside),
    form: STORED_FORM,
    candidateCount: request.candidateCount,
    known: request.known,
    ...(request.dates && { dates: request.dates }),
  }
  const address = await addressHeatmap(db, identity)
  if (address.isStored) {
    return { answer: await readHeatmap(parts.outside, address.id), isNew: false }
  }
  const kept = await search(parts.outside, { ...request, asked })
  await insertHeatmap(db, address, { request: identity, heatmap: kept })
  return { answer: toAnswer(address.id, kept), isNew: true }
}

/** A heatmap that was asked for before. @throws {NotFoundError} `heatmap-not-found` */
export async function readHeatmap(
  outside: Pick<Outside, 'db'>,
  id: string,
): Promise<HeatmapAnswer> {
  const { heatmap } = await findHeatmap(outside.db, id)
  return toAnswer(id, heatmap as Kept)
}

/** The page with the photo beside the best patches. @throws {NotFoundError} `photo-not-found` */
export async function sheetOfHeatmap(
  parts: PhotoOutside,
  { heatmap, candidates, known }: HeatmapAnswer,
): Promise<string> {
  const { question } = heatmap
  const ids = question.kind === 'photo' ? question.photos.map(({ sha256 }) => sha256) : []
  const photos = []
  for (const id of ids) photos.push(await openPhoto(parts, id))
  const best = candidates.slice(0, SHEET_CANDIDATES)
  return makeSheet(parts.outside, { photos, heatmap, candidates: best }, known)
}

function toAnswer(id: string, { candidates, known, ...heatmap }: Kept): HeatmapAnswer {
  const cells = formatCells(heatmap.grid)
  return { id, cells, notice: noticeOf(heatmap), heatmap, candidates, known }
}

async function modelsOf(outside: Outside): Promise<string[]> {
  const ground = await outside.encoder('ground')
  const overhead = await outside.encoder('overhead')
  return [ground.card.sha256, overhead.card.sha256]
}

/** What is asked of the gallery; without a query it is the best scene of each cell. */
interface Asked {
  readonly question: HeatmapQuestion
  readonly query?: GalleryQuery
  /** For the scenes that both sides share. */
  readonly photo?: Logits
}

async function prepare(parts: PhotoOutside, request: HeatmapRequest): Promise<Asked> {
  const { about, groupWeights } = request
  if (about.kind === 'best') return { question: { kind: 'best-scene' } }
  if (about.kind === 'scene') return sceneSearch(parts.outside, about.expression)
  if (about.kind === 'embeddings') {
    const photo = fuseLogits(about.embeddings.map((embedding) => Float32Array.from(embedding)))
    const query = photoQuery(photo, groupWeights ?? undefined)
    return { question: embeddingQuestion(photo, groupWeights), query, photo }
  }
  const frames = []
  for (const id of about.ids) frames.push(await findKeptPhoto(parts, id))
  const photo = fuseLogits(frames.map(({ logits }) => logits))
  return {
    question: photoQuestion(frames, photo, groupWeights),
    query: photoQuery(photo, groupWeights ?? undefined),
    photo,
  }
}

async function search(
  outside: Outside,
  request: HeatmapRequest & { readonly asked: Asked },
): Promise<Kept> {
  const { region, cells, candidateCount, known, dates, asked } = request
  const { query, question, photo } = asked
  const heatmap = query
    ? await searchRegion(outside, { region, grid: parseCells(cells), query, question, dates })
    : await mapBestScenes(outside, { region, cells, dates })
  const candidates = await findCandidates(outside, heatmap, {
    count: candidateCount,
    ...(photo && { photo }),
  })
  return { ...heatmap, candidates, known: known && knownPlace(heatmap, known) }
}
