/** The best cells of a heatmap → the places behind them, with what they show; each patch once. */
import { sharedScenes, softmaxTop } from '../embedding/vector.ts'
import { findEmbeddings, type StoredEmbedding } from '../gallery/embeddings.ts'
import type { Candidate, Cell, Heatmap } from '../heatmap-types.ts'
import type { Logits } from '../types.ts'
import { TOP_SCENES } from './embed-photo.ts'
import type { Outside } from './outside.ts'

/**
 * So many times the wanted count are looked at: three points of a fine grid may share a patch of a
 * dense build.
 */
const LOOKS_MAX = 4

interface Found {
  readonly cell: Cell
  readonly row: StoredEmbedding
}

/**
 * The best point of each of the best cells, with what it shows. Points of a dense build that took
 * the same patch are one candidate, at the point that is nearest to the patch.
 * @param photo  logits of the photo for shared scenes; absent for a scene query
 */
export async function findCandidates(
  outside: Outside,
  heatmap: Heatmap,
  { count, photo }: { readonly count: number; readonly photo?: Logits },
): Promise<Candidate[]> {
  const found = await findDistinct(outside, heatmap, count)
  const ground = (await outside.encoder('ground')).card.stats
  const { stats: overhead, taughtScenes: taught } = (await outside.encoder('overhead')).card
  return found.map(({ cell, row }) => ({
    rank: cell.rank,
    point: cell.point,
    distance: cell.distance,
    capturedOn: row.capturedOn,
    reference: row.reference,
    patchSha256: row.patchSha256,
    scenes: softmaxTop(row.logits, TOP_SCENES),
    sharedScenes: photo
      ? sharedScenes(photo, row.logits, { ground, overhead, taught, count: TOP_SCENES })
      : [],
  }))
}

async function findDistinct(
  { db }: Outside,
  heatmap: Heatmap,
  count: number,
): Promise<readonly Found[]> {
  const choice = { regionId: heatmap.region.id, dates: heatmap.dates }
  const byPatch = new Map<string, Found>()
  for (let look = 0; look < LOOKS_MAX && byPatch.size < count; look++) {
    const cells = heatmap.cells.slice(look * count, (look + 1) * count)
    const ids = cells.map((cell) => cell.point.id)
    const rows = await findEmbeddings(db, choice, ids)
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const cell of cells) {
      const row = byId.get(cell.point.id)
      if (row !== undefined) keepNearest(byPatch, { cell, row })
    }
  }
  return [...byPatch.values()].slice(0, count)
}

/** Cells with the same patch are equally good: they share their rank, too. */
function keepNearest(byPatch: Map<string, Found>, found: Found): void {
  const key = patchOf(found.row)
  const known = byPatch.get(key)
  if (known === undefined || offsetOf(found.row) < offsetOf(known.row)) byPatch.set(key, found)
}

/** Two plain places may have the same pixels: only with the same window they are the same patch. */
function patchOf({ id, patchSha256, reference }: StoredEmbedding): string {
  const { dense } = reference
  if (dense === undefined) return `${patchSha256} ${String(id)}`
  return [patchSha256, ...reference.items, ...dense.centre, ...dense.square].join(' ')
}

/** From the point to the middle of its patch, metres. */
function offsetOf({ reference }: StoredEmbedding): number {
  return reference.dense?.distanceM ?? 0
}
