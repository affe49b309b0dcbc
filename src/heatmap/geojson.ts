/** Heatmap → GeoJSON (RFC 7946), coloured by simplestyle so that any viewer shows it. Pure. */
import type { Feature, MultiPolygon, Polygon, Position } from 'geojson'
import { createCellGeometry, type LonLatRing } from '../geo/cells.ts'
import type { Cell, Heatmap } from '../heatmap-types.ts'
import { bboxOfRings, cutAtAntimeridian } from './antimeridian.ts'
import { captionOf } from './caption.ts'
import { withoutFolders } from './named-files.ts'
import { hexOf, type Colour } from './ramp.ts'
import { colourCells } from './scene-colours.ts'

/** About a centimetre. */
const DECIMALS = 7

/**
 * Writes one feature per searched cell, best first; a feature's `id` is its cell's key. What was
 * asked of which region and how stands in the member `whereabouts`.
 */
export function renderGeoJson(heatmap: Heatmap): string {
  const geometry = createCellGeometry(heatmap.grid, heatmap.region.centre)
  const rings = heatmap.cells.map((cell) => geometry.ringOf(cell.key))
  const bbox = bboxOfRings(rings, heatmap.region.centre.lon).map(round)
  const colourOf = colourCells(heatmap)
  const features = heatmap.cells.map((cell, i) =>
    JSON.stringify(featureOf(cell, rings[i] ?? [], colourOf(cell))),
  )
  const head = JSON.stringify({ type: 'FeatureCollection', bbox, whereabouts: factsOf(heatmap) })
  return `${head.slice(0, -1)},"features":[\n${features.join(',\n')}\n]}\n`
}

function featureOf(cell: Cell, ring: LonLatRing, colour: Colour): Feature<Polygon | MultiPolygon> {
  const { key, distance, point, pointCount, scene, rank, score, isGood, areaKm2 } = cell
  return {
    type: 'Feature',
    id: key,
    geometry: polygonOf(cutAtAntimeridian(ring)),
    properties: {
      rank,
      score: roundTo(score, 6),
      distance,
      good: isGood,
      points: pointCount,
      areaKm2: roundTo(areaKm2, 9),
      bestPoint: point.id,
      bestLon: round(point.lon),
      bestLat: round(point.lat),
      ...(scene !== undefined && { scene }),
      fill: hexOf(colour),
      'fill-opacity': 0.7,
      stroke: hexOf(colour),
      'stroke-width': 0,
    },
  }
}

function polygonOf(pieces: readonly LonLatRing[]): Polygon | MultiPolygon {
  const coordinates = pieces.map((piece) => [
    piece.map(([lon, lat]): Position => [round(lon), round(lat)]),
  ])
  const [only = []] = coordinates
  if (coordinates.length <= 1) return { type: 'Polygon', coordinates: only }
  return { type: 'MultiPolygon', coordinates }
}

function factsOf(heatmap: Heatmap) {
  const { region, question, best, worst, pointCount, unavailableCount, pendingCount } = heatmap
  const { title, notice, cells, attribution, regionKm2, searchedKm2 } = captionOf(heatmap)
  const { name, centre, sampling, model, gsd, runtime } = region
  return {
    notice,
    title,
    question,
    cells,
    region: { name, centre, sampling: withoutFolders(sampling), model, gsd, runtime },
    attribution,
    capturedBetween: heatmap.capturedBetween,
    ...(heatmap.dates && { dates: heatmap.dates }),
    best,
    worst,
    points: { searched: pointCount, withoutImagery: unavailableCount, notBuilt: pendingCount },
    regionKm2: roundTo(regionKm2, 6),
    searchedKm2: roundTo(searchedKm2, 6),
  }
}

function round(degrees: number): number {
  return roundTo(degrees, DECIMALS)
}

function roundTo(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
