/** A region → what of it can be searched: points by cell, and why the others have no imagery. */
import { readPointStates, type PointState } from '../gallery/point-states.ts'
import { findRegion } from '../gallery/regions.ts'
import { refuseTooManyCells } from '../geo/cells-cover.ts'
import { createCellGeometry, parseCells, type CellGeometry } from '../geo/cells.ts'
import type { Coverage, CoverageCell } from '../heatmap/coverage.ts'
import type { LonLat } from '../types.ts'
import type { Outside } from './outside.ts'

type Counted = { -readonly [Key in keyof CoverageCell]: CoverageCell[Key] } & {
  unavailable: Record<string, number>
}

/**
 * Counts the points of every cell that has any; cells with the largest share without imagery first.
 * @param cells  as `locate --cells`
 * @throws {NotFoundError} `region-not-found`; {InputError} `cells-spec`, `cells-too-many` above
 *   2,000,000
 */
export async function coverRegion(
  outside: Outside,
  { name, cells }: { readonly name: string; readonly cells: string },
): Promise<Coverage> {
  const region = await findRegion(outside.db, name)
  const grid = parseCells(cells)
  const geometry = createCellGeometry(grid, region.centre)
  const byKey = new Map<string, Counted>()
  for await (const page of readPointStates(outside.db, region.id)) {
    for (const point of page) count(cellOf(byKey, geometry, point), point)
  }
  const counted = [...byKey.values()].sort(
    (a, b) => missingShare(b) - missingShare(a) || (a.key < b.key ? -1 : 1),
  )
  return { region, grid, cells: counted }
}

function cellOf(byKey: Map<string, Counted>, geometry: CellGeometry, at: LonLat): Counted {
  const key = geometry.keyOf(at)
  const known = byKey.get(key)
  if (known !== undefined) return known
  const centre = geometry.centreOf(key)
  refuseTooManyCells(byKey.size + 1)
  const cell = { key, centre, points: 0, embedded: 0, open: 0, unavailable: {} }
  byKey.set(key, cell)
  return cell
}

function count(cell: Counted, { state, reason }: PointState): void {
  cell.points += 1
  if (state === 'embedded') cell.embedded += 1
  else if (reason === null) cell.open += 1
  else cell.unavailable[reason] = (cell.unavailable[reason] ?? 0) + 1
}

function missingShare({ points, embedded, open }: CoverageCell): number {
  return (points - embedded - open) / points
}
