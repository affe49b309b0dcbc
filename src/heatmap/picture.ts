/** Heatmap → map pixels and an SVG of everything around and on top of them. Pure. */
import { captionOf } from './caption.ts'
import { drawLegend, LEGEND_WIDTH_PX } from './legend.ts'
import { layOutPage, type Picture } from './map-page.ts'
import type { MapView } from './map-view.ts'
import { drawMarkers, type Marker } from './markers.ts'
import { paintMap } from './paint.ts'
import { colourCells, keyOfScenes } from './scene-colours.ts'
import type { TextPaths } from './text-paths.ts'
import type { Heatmap } from '../heatmap-types.ts'

const MARKER_COUNT = 5

/** Lays out the page. */
export function layOutPicture(heatmap: Heatmap, text: TextPaths): Picture {
  const { title, notice, region, attribution } = captionOf(heatmap)
  const colourOf = colourCells(heatmap)
  const content = {
    region: heatmap.region,
    title,
    subtitle: `Region ${region}. ${notice[0]?.toUpperCase()}${notice.slice(1)}.`,
    foot: attribution,
    legendWidthPx: LEGEND_WIDTH_PX,
    paint: (view: MapView) => paintMap(heatmap, view, colourOf),
    drawOver: (view: MapView) => drawMarkers(markersOf(heatmap), view, text),
    drawLegend: (at: { readonly x: number; readonly y: number }) => drawLegend(heatmap, text, at),
  }
  return layOutPage(content, text)
}

/**
 * The best places with their ranks; on a map of best scenes the clearest of each scene, numbered as
 * in the legend.
 */
function markersOf(heatmap: Heatmap): readonly Marker[] {
  const scenes = keyOfScenes(heatmap)?.shown
  if (scenes !== undefined) {
    return scenes.map(({ clearest }, i) => ({ place: clearest, label: String(i + 1) }))
  }
  const best = heatmap.cells.slice(0, MARKER_COUNT)
  return best.map(({ point, rank }) => ({ place: point, label: String(rank) }))
}
