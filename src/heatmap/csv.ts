/** Heatmap → CSV (RFC 4180), one line per searched cell, best first. Pure. */
import { createCellGeometry } from '../geo/cells.ts'
import type { Cell, Heatmap } from '../heatmap-types.ts'
import type { LonLat } from '../types.ts'

/**
 * The columns: cell key · rank from 1 · score 0…1 · distance · 1 when good · points in the cell ·
 * its area inside the region in km² · its centre in degrees · the best point's id and place · the
 * best scene, on a map of those.
 */
export const CSV_COLUMNS = [
  'cell',
  'rank',
  'score',
  'distance',
  'good',
  'points',
  'area_km2',
  'centre_lon',
  'centre_lat',
  'best_point',
  'best_lon',
  'best_lat',
  'scene',
] as const

/** Writes header and cells; lines end in CRLF. */
export function renderCsv(heatmap: Heatmap): string {
  const geometry = createCellGeometry(heatmap.grid, heatmap.region.centre)
  const lines = heatmap.cells.map((cell) => lineOf(cell, geometry.centreOf(cell.key)))
  return [CSV_COLUMNS.join(','), ...lines, ''].join('\r\n')
}

function lineOf(cell: Cell, centre: LonLat): string {
  const { key, rank, score, distance, isGood, pointCount, areaKm2, point, scene } = cell
  const fields = [key, rank, score.toFixed(6), distance, isGood ? 1 : 0, pointCount]
  const places = [centre.lon, centre.lat, point.id, point.lon, point.lat]
  const rounded = places.map((value) => Number(value.toFixed(7)))
  return [...fields, Number(areaKm2.toFixed(9)), ...rounded, scene ?? ''].map(quote).join(',')
}

function quote(field: string | number): string {
  const text = String(field)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
