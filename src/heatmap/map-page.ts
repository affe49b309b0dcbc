/**
 * A page with the maps of a region, a legend beside and words around them: what all pictures share.
 * Pure.
 */
import { createMapViews, PANEL_COLUMNS, PANEL_GAP_PX, type MapView } from './map-view.ts'
import { scaleBarOf } from './scale-bar.ts'
import { drawLines } from './text-block.ts'
import type { TextPaths } from './text-paths.ts'
import type { Region, Rgb8 } from '../types.ts'

/** A white page; maps lie on it at `left`, `top`, the SVG (of the page's size) over all. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly maps: readonly { readonly image: Rgb8; readonly left: number; readonly top: number }[]
  readonly svg: string
}

/** What stands on a page. */
export interface PageContent {
  readonly region: Region
  readonly title: string
  readonly subtitle: string
  readonly foot: string
  readonly legendWidthPx: number
  paint(view: MapView): Rgb8
  /** SVG over a map, in its px. */
  drawOver?(view: MapView): string
  /** The column beside the maps; tells where it ends. */
  drawLegend(at: { readonly x: number; readonly y: number }): {
    readonly svg: string
    readonly bottom: number
  }
}

const PAD = 24

/** Lays out the page. */
export function layOutPage(content: PageContent, text: TextPaths): Picture {
  const views = createMapViews(content.region)
  const frame = placePanels(views)
  const width = PAD + frame.width + PAD + content.legendWidthPx + PAD
  const widthPx = width - 2 * PAD
  const head = drawLines([content.title], text, {
    ...{ x: PAD, y: PAD - 4, widthPx },
    style: { sizePx: 22, isBold: true },
  })
  const parts =
    views.length > 1
      ? ` The region’s ${views.length} parts: one scale, not their true distance.`
      : ''
  const sub = drawLines([content.subtitle + parts], text, {
    ...{ x: PAD, y: head.bottom, widthPx },
    style: { sizePx: 15 },
  })
  const top = Math.ceil(sub.bottom + 10)
  const legend = content.drawLegend({ x: PAD + frame.width + PAD, y: top })
  const mapAndLegend = Math.max(top + frame.height, legend.bottom)
  const foot = drawLines([content.foot], text, {
    ...{ x: PAD, y: mapAndLegend + 10, widthPx },
    style: { sizePx: 12, colour: '#4a4a55' },
  })
  const height = Math.ceil(foot.bottom + 12)
  const maps = views.map((view, i) => ({
    image: content.paint(view),
    left: PAD + (frame.places[i]?.x ?? 0),
    top: top + (frame.places[i]?.y ?? 0),
  }))
  const overlays = views.map((view, i) => {
    const label = views.length > 1 ? drawPanelLabel(view, text) : ''
    const over = drawOutline(view, text) + (content.drawOver?.(view) ?? '') + label
    const clip = `<clipPath id="c${i}"><rect width="${view.width}" height="${view.height}"/></clipPath>`
    return `${clip}<g transform="translate(${maps[i]?.left} ${maps[i]?.top})" clip-path="url(#c${i})">${over}</g>`
  })
  const all = [head.svg, sub.svg, ...overlays, legend.svg, foot.svg].join('')
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" fill="none">${all}</svg>`
  return { width, height, maps, svg }
}

/** Rows of panels; all panels have one size. */
function placePanels(views: readonly MapView[]) {
  const { width = 0, height = 0 } = views[0] ?? {}
  const columns = Math.min(PANEL_COLUMNS, views.length)
  const rows = Math.ceil(views.length / columns)
  const places = views.map((_, i) => ({
    x: (i % columns) * (width + PANEL_GAP_PX),
    y: Math.floor(i / columns) * (height + PANEL_GAP_PX),
  }))
  return {
    places,
    width: columns * (width + PANEL_GAP_PX) - PANEL_GAP_PX,
    height: rows * (height + PANEL_GAP_PX) - PANEL_GAP_PX,
  }
}

function drawPanelLabel({ centre, width }: MapView, text: TextPaths): string {
  const { lon, lat } = centre
  const north = `${Math.abs(lat).toFixed(4)}° ${lat < 0 ? 'S' : 'N'}`
  const label = `${north}, ${Math.abs(lon).toFixed(4)}° ${lon < 0 ? 'W' : 'E'}`
  const style = { sizePx: 12, isBold: true }
  return [
    `<rect x="6" y="6" width="${Math.min(width - 12, text.widthOf(label, style) + 12)}" height="20" rx="3" fill="#fff" fill-opacity="0.85"/>`,
    text.draw(label, { x: 12, y: 20 }, style),
  ].join('')
}

function drawOutline(view: MapView, text: TextPaths): string {
  const { width, height } = view
  const outline = view.polygons.flat().map(pathOf).join('')
  return [
    `<path stroke="#fff" stroke-width="3" stroke-opacity="0.7" d="${outline}"/>`,
    `<path stroke="#222" stroke-width="1.2" d="${outline}"/>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" stroke="#b0b0b8"/>`,
    drawScaleBar(view, text),
    drawNorth(view, text),
  ].join('')
}

/** A closed path; vertices closer than a pixel to the last one are left out. */
function pathOf(ring: readonly number[]): string {
  let path = ''
  let [lastX, lastY] = [Infinity, Infinity]
  for (let i = 0; i < ring.length; i += 2) {
    const x = ring[i] ?? 0
    const y = ring[i + 1] ?? 0
    if (Math.hypot(x - lastX, y - lastY) < 1) continue
    path += `${path === '' ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
    lastX = x
    lastY = y
  }
  return `${path}Z`
}

function drawScaleBar(view: MapView, text: TextPaths): string {
  const { lengthPx, label } = scaleBarOf(view.metresPerPx, Math.min(220, view.width / 3))
  const x = 16
  const y = view.height - 18
  const boxWidth = Math.max(lengthPx, text.widthOf(label, { sizePx: 13 })) + 16
  return [
    `<rect x="${x - 8}" y="${y - 24}" width="${boxWidth}" height="34" rx="3" fill="#fff" fill-opacity="0.85"/>`,
    text.draw(label, { x, y: y - 8 }, { sizePx: 13 }),
    `<path stroke="#111" stroke-width="2" d="M${x} ${y - 4}v7h${lengthPx}v-7"/>`,
  ].join('')
}

/**
 * Upright where the frame's middle is the region's: elsewhere, as in panels far apart, north lies
 * to a side.
 */
function drawNorth(view: MapView, text: TextPaths): string {
  const { lon, lat } = view.centre
  const x = view.width - 22
  const [fromX, fromY] = view.toPx(view.centre)
  const [toX, toY] = view.toPx({ lon, lat: Math.min(90, lat + 0.01) })
  const degrees = (Math.atan2(toX - fromX, fromY - toY) * 180) / Math.PI
  return [
    `<g transform="rotate(${degrees.toFixed(1)} ${x} 26)">`,
    `<circle cx="${x}" cy="26" r="17" fill="#fff" fill-opacity="0.85"/>`,
    `<path fill="#111" d="M${x} 11l5 12h-10z"/>`,
    text.draw('N', { x, y: 37 }, { sizePx: 12, isBold: true, anchor: 'middle' }),
    '</g>',
  ].join('')
}
