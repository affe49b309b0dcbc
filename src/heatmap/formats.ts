/** The formats of a heatmap: name ↔ media type ↔ file ending. Pure. */

const FORMATS = {
  geojson: { mediaType: 'application/geo+json', endings: ['geojson', 'json'], isBinary: false },
  csv: { mediaType: 'text/csv', endings: ['csv'], isBinary: false },
  kml: { mediaType: 'application/vnd.google-earth.kml+xml', endings: ['kml'], isBinary: false },
  // Before the other picture: over HTTP, who takes any gets the one that is to be looked at.
  png: { mediaType: 'image/png', endings: ['png'], isBinary: true },
  geotiff: { mediaType: 'image/tiff', endings: ['tif', 'tiff'], isBinary: true },
} as const

/** A format by name. */
export type HeatmapFormat = keyof typeof FORMATS

/** All formats; of several that would do, the first is meant. */
export const HEATMAP_FORMATS = Object.keys(FORMATS) as readonly HeatmapFormat[]

/** The endings of files that mean each format, without a dot, the usual one first. */
export const HEATMAP_ENDINGS: Readonly<Record<HeatmapFormat, readonly string[]>> = {
  geojson: FORMATS.geojson.endings,
  csv: FORMATS.csv.endings,
  kml: FORMATS.kml.endings,
  geotiff: FORMATS.geotiff.endings,
  png: FORMATS.png.endings,
}

/** Media type of a format, as `Content-Type`. */
export function mediaTypeOf(format: HeatmapFormat): string {
  return FORMATS[format].mediaType
}

/** The usual file ending, without a dot. */
export function endingOf(format: HeatmapFormat): string {
  return FORMATS[format].endings[0]
}

/** Whether the file is bytes; otherwise UTF-8 text. */
export function isBinary(format: HeatmapFormat): boolean {
  return FORMATS[format].isBinary
}
