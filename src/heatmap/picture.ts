/** Heatmap → map pixels and an SVG of everything around and on top of them. Pure. */
import { captionOf } from './caption.ts'
import { drawLegend, LEGEND_WIDTH_PX } from './legend.ts'
import { layOutPage, type Picture } from './map-page.ts'
import type { MapView } from './map-view.ts'
import { drawMarkers } from './markers.ts'
import { paintMap } from './paint.ts'
import { colourAt } from './ramp.ts'
import type { TextPaths } from './text-paths.ts'
import type { Heatmap } from '../heatmap-types.ts'

/** Lays out the page. */
export function layOutPicture(heatmap: Heatmap, text: TextPaths): Picture {
  const { title, notice, region, attribution } = captionOf(heatmap)
  const content = {
    region: heatmap.region,
    title,
    subtitle: `Region ${region}. ${notice[0]?.toUpperCase()}${notice.slice(1)}.`,
    foot: attribution,
    legendWidthPx: LEGEND_WIDTH_PX,
    paint: (view: MapView) => paintMap(heatmap, view, (cell) => colourAt(cell.score)),
    drawOver: (view: MapView) => drawMarkers(heatmap, view, text),
    drawLegend: (at: { readonly x: number; readonly y: number }) => drawLegend(heatmap, text, at),
  }
  return layOutPage(content, text)
}
