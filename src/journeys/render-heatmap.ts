/** Heatmap → the bytes of a file and their media type. */
import { InputError } from '../errors.ts'
import { renderCsv } from '../heatmap/csv.ts'
import { mediaTypeOf, type HeatmapFormat } from '../heatmap/formats.ts'
import { renderGeoJson } from '../heatmap/geojson.ts'
import { renderGeoTiff } from '../heatmap/geotiff.ts'
import { renderKml } from '../heatmap/kml.ts'
import type { Heatmap } from '../heatmap-types.ts'
import type { Outside } from './outside.ts'

export { endingOf, HEATMAP_FORMATS, mediaTypeOf, type HeatmapFormat } from '../heatmap/formats.ts'

/** A file in memory. */
export interface RenderedFile {
  readonly bytes: Uint8Array
  readonly mediaType: string
}

/**
 * Renders a heatmap in one of its formats.
 * @throws {InputError} `format-needs-squares` for a GeoTIFF of H3 cells
 */
export async function renderHeatmap(
  outside: Pick<Outside, 'renderPng'>,
  heatmap: Heatmap,
  format: HeatmapFormat,
): Promise<RenderedFile> {
  return { bytes: await bytesOf(outside, heatmap, format), mediaType: mediaTypeOf(format) }
}

async function bytesOf(
  outside: Pick<Outside, 'renderPng'>,
  heatmap: Heatmap,
  format: HeatmapFormat,
): Promise<Uint8Array> {
  const text = (content: string) => new TextEncoder().encode(content)
  switch (format) {
    case 'geojson':
      return text(renderGeoJson(heatmap))
    case 'csv':
      return text(renderCsv(heatmap))
    case 'kml':
      return text(renderKml(heatmap))
    case 'geotiff':
      return renderGeoTiff(heatmap)
    case 'png':
      return outside.renderPng(heatmap)
    default:
      throw new InputError(
        'format',
        `Expected geojson, csv, kml, geotiff or png for format, got "${String(format)}"`,
      )
  }
}
