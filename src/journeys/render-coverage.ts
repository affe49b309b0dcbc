/** Coverage → the bytes of a file and their media type. */
import { renderCoverageCsv, renderCoverageGeoJson, type Coverage } from '../heatmap/coverage.ts'
import { renderCoverageTable } from '../heatmap/coverage-table.ts'
import type { Outside } from './outside.ts'
import type { RenderedFile } from './render-heatmap.ts'

export { attributionOf } from '../heatmap/caption.ts'
export { countReasons as reasonsOf, type Coverage } from '../heatmap/coverage.ts'

const FORMATS = {
  geojson: { mediaType: 'application/geo+json', ending: 'geojson' },
  csv: { mediaType: 'text/csv', ending: 'csv' },
  text: { mediaType: 'text/plain', ending: 'txt' },
  png: { mediaType: 'image/png', ending: 'png' },
} as const

/**
 * A form of coverage: `geojson` and `csv` hold all cells, `text` the worst, `png` is a picture of
 * the map.
 */
export type CoverageFormat = keyof typeof FORMATS

/** All of them. */
export const COVERAGE_FORMATS: readonly {
  readonly format: CoverageFormat
  readonly mediaType: string
  readonly ending: string
}[] = Object.entries(FORMATS).map(([format, more]) => ({
  format: format as CoverageFormat,
  ...more,
}))

/** The endings of files that mean each form, without a dot, the usual one first. */
export const COVERAGE_ENDINGS: Readonly<Record<CoverageFormat, readonly string[]>> = {
  geojson: [FORMATS.geojson.ending, 'json'],
  csv: [FORMATS.csv.ending],
  text: [FORMATS.text.ending],
  png: [FORMATS.png.ending],
}

/** Renders a coverage in one of its forms. */
export async function renderCoverage(
  { renderCoveragePng }: Pick<Outside, 'renderCoveragePng'>,
  coverage: Coverage,
  format: CoverageFormat,
): Promise<RenderedFile> {
  const { mediaType } = FORMATS[format]
  if (format === 'png') return { bytes: await renderCoveragePng(coverage), mediaType }
  const render = {
    geojson: renderCoverageGeoJson,
    csv: renderCoverageCsv,
    text: (found: Coverage) => `${renderCoverageTable(found)}\n`,
  }[format]
  return { bytes: new TextEncoder().encode(render(coverage)), mediaType }
}
