/** What of a region can be searched → a map as GeoJSON and a table as CSV. Pure. */
import type { Feature, MultiPolygon, Polygon } from 'geojson'
import { createCellGeometry } from '../geo/cells.ts'
import type { CellGrid, CellKey } from '../heatmap-types.ts'
import type { LonLat, Region } from '../types.ts'
import { cutAtAntimeridian } from './antimeridian.ts'
import { hexAt } from './ramp.ts'

/** The points of one cell. */
export interface CoverageCell {
  readonly key: CellKey
  /** Middle of the cell. */
  readonly centre: LonLat
  readonly points: number
  readonly embedded: number
  /** Not built yet. */
  readonly open: number
  /** Without imagery, by reason. */
  readonly unavailable: Readonly<Record<string, number>>
}

/** The cells of a region that have points, worst covered first. */
export interface Coverage {
  readonly region: Region
  readonly grid: CellGrid
  readonly cells: readonly CoverageCell[]
}

/** All reasons of a coverage, the most frequent first, with their counts. */
export function countReasons({ cells }: Coverage): [reason: string, count: number][] {
  const counts = new Map<string, number>()
  for (const { unavailable } of cells) {
    for (const [reason, count] of Object.entries(unavailable)) {
      counts.set(reason, (counts.get(reason) ?? 0) + count)
    }
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
}

/** Share of a cell's points that can be searched, 0…1. */
export function searchedShare({ points, embedded }: CoverageCell): number {
  return embedded / points
}

/**
 * One feature per cell, blue where nothing can be searched, yellow where everything can
 * (simplestyle).
 */
export function renderCoverageGeoJson(coverage: Coverage): string {
  const geometry = createCellGeometry(coverage.grid, coverage.region.centre)
  const features = coverage.cells.map((cell): Feature<Polygon | MultiPolygon> => {
    const pieces = cutAtAntimeridian(geometry.ringOf(cell.key)).map((ring) => [
      ring.map(([lon, lat]) => [lon, lat]),
    ])
    const [only = []] = pieces
    const { key, points, embedded, open, unavailable } = cell
    const share = searchedShare(cell)
    return {
      type: 'Feature',
      id: key,
      geometry:
        pieces.length <= 1
          ? { type: 'Polygon', coordinates: only }
          : { type: 'MultiPolygon', coordinates: pieces },
      properties: {
        ...unavailable,
        points,
        embedded,
        open,
        searched: Number(share.toFixed(4)),
        fill: hexAt(share),
        'fill-opacity': 0.7,
        'stroke-width': 0,
      },
    }
  })
  return `${JSON.stringify({ type: 'FeatureCollection', features })}\n`
}

/** Header and one line per cell, a column per reason; lines end in CRLF (RFC 4180). */
export function renderCoverageCsv(coverage: Coverage): string {
  const reasons = countReasons(coverage).map(([reason]) => reason)
  const head = ['cell', 'lon', 'lat', 'points', 'embedded', 'open', ...reasons]
  const lines = coverage.cells.map(({ key, centre, points, embedded, open, unavailable }) => [
    key.includes(',') ? `"${key}"` : key,
    centre.lon.toFixed(6),
    centre.lat.toFixed(6),
    points,
    embedded,
    open,
    ...reasons.map((reason) => unavailable[reason] ?? 0),
  ])
  return [head, ...lines, []].map((line) => line.join(',')).join('\r\n')
}
