/** Heatmap → KML that Google Earth opens in colours, best cells on top of the list. Pure. */
import { createCellGeometry, type LonLatRing } from '../geo/cells.ts'
import type { Cell, Heatmap } from '../heatmap-types.ts'
import { cutAtAntimeridian } from './antimeridian.ts'
import { captionOf, formatNumber, formatShare } from './caption.ts'
import { escapeXml } from './escape.ts'
import { hexAt, hexOf } from './ramp.ts'
import { colourCells, keyOfScenes, OTHER_SCENES_COLOUR } from './scene-colours.ts'

/** Cells share styles: one of its own for each would double the file. */
const CLASS_COUNT = 10
const OPACITY = 'b3'

/** Writes one placemark per searched cell, best first. */
export function renderKml(heatmap: Heatmap): string {
  const geometry = createCellGeometry(heatmap.grid, heatmap.region.centre)
  const { colours, indexOf } = stylesOf(heatmap)
  const placemarks = heatmap.cells.map((cell) =>
    placemarkOf(cell, geometry.ringOf(cell.key), `#s${indexOf(cell)}`),
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<kml xmlns="http://www.opengis.net/kml/2.2">',
    '<Document>',
    `<name>${escapeXml(captionOf(heatmap).title)}</name>`,
    '<open>1</open>',
    `<description>${escapeXml(descriptionOf(heatmap))}</description>`,
    ...colours.map(writeStyle),
    '<Folder>',
    `<name>${heatmap.cells.length} cells, best first</name>`,
    ...placemarks,
    '</Folder>',
    '</Document>',
    '</kml>',
    '',
  ].join('\n')
}

function descriptionOf(heatmap: Heatmap): string {
  const caption = captionOf(heatmap)
  return [
    caption.notice,
    coloursInWords(heatmap),
    `no colour: not searched (${formatShare(caption.notSearchedShare)} of the region)`,
    `region ${caption.region}, ${formatNumber(caption.regionKm2)} km², cells ${caption.cells}`,
    `imagery: ${caption.imageryDates}`,
    caption.attribution,
    `model ${caption.model}`,
  ].join('\n')
}

function coloursInWords(heatmap: Heatmap): string {
  const key = keyOfScenes(heatmap)
  const { best, worst } = heatmap
  if (key === null) {
    return `yellow: best (distance ${best.toFixed(3)}), dark blue: worst (${worst.toFixed(3)})`
  }
  const names = key.shown.map(({ scene }) => scene).join(', ')
  const others = key.others.length === 0 ? '' : `, and one for ${key.others.length} more`
  return `each cell is named by its scene; colours for those of most cells: ${names}${others}`
}

/** The styles' colours, and which of them a cell has. */
function stylesOf(heatmap: Heatmap): {
  readonly colours: readonly string[]
  readonly indexOf: (cell: Cell) => number
} {
  const key = keyOfScenes(heatmap)
  if (key === null) {
    return {
      colours: Array.from({ length: CLASS_COUNT }, (_, i) => hexAt((i + 0.5) / CLASS_COUNT)),
      indexOf: ({ score }) => Math.min(CLASS_COUNT - 1, Math.floor(score * CLASS_COUNT)),
    }
  }
  const colours = [...key.shown.map(({ colour }) => colour), OTHER_SCENES_COLOUR].map(hexOf)
  const colourOf = colourCells(heatmap)
  return { colours, indexOf: (cell) => colours.indexOf(hexOf(colourOf(cell))) }
}

function writeStyle(hex: string, index: number): string {
  const colour = kmlColour(hex)
  return `<Style id="s${index}"><LineStyle><color>${colour}</color><width>0.5</width></LineStyle><PolyStyle><color>${colour}</color></PolyStyle></Style>`
}

/** `#rrggbb` → `aabbggrr`. */
function kmlColour(hex: string): string {
  return `${OPACITY}${hex.slice(5, 7)}${hex.slice(3, 5)}${hex.slice(1, 3)}`
}

function placemarkOf(cell: Cell, ring: LonLatRing, style: string): string {
  const { key, rank, score, distance, isGood, pointCount, areaKm2, point, scene } = cell
  const data = {
    cell: key,
    rank,
    score: score.toFixed(4),
    distance,
    good: isGood,
    points: pointCount,
    areaKm2: areaKm2.toFixed(6),
    bestLon: point.lon.toFixed(7),
    bestLat: point.lat.toFixed(7),
    ...(scene !== undefined && { scene }),
  }
  const values = Object.entries(data).map(
    ([name, value]) => `<Data name="${name}"><value>${escapeXml(String(value))}</value></Data>`,
  )
  const polygons = cutAtAntimeridian(ring).map(polygonOf).join('')
  const name = escapeXml([rank, ...(scene === undefined ? [] : [scene])].join(' '))
  return `<Placemark><name>${name}</name><styleUrl>${style}</styleUrl><ExtendedData>${values.join('')}</ExtendedData><MultiGeometry>${polygons}</MultiGeometry></Placemark>`
}

function polygonOf(ring: LonLatRing): string {
  const places = ring.map(([lon, lat]) => `${lon.toFixed(7)},${lat.toFixed(7)}`).join(' ')
  return `<Polygon><tessellate>1</tessellate><outerBoundaryIs><LinearRing><coordinates>${places}</coordinates></LinearRing></outerBoundaryIs></Polygon>`
}
