/** Coverage → the bytes of a file and their media type. */
import { InputError } from '../errors.ts'
import { renderCoverageCsv, renderCoverageGeoJson, type Coverage } from '../heatmap/coverage.ts'
import { renderCoverageTable } from '../heatmap/coverage-table.ts'
import type { Outside } from './outside.ts'
import type { RenderedFile } from './render-heatmap.ts'

export { countReasons as reasonsOf, type Coverage } from '../heatmap/coverage.ts'

const FORMATS = {
  geojson: { mediaType: 'application/geo+json', ending: 'geojson' },
  csv: { mediaType: 'text/csv', ending: 'csv' },
  text: { mediaType: 'text/plain', ending: 'txt' },
  png: { mediaType: 'image/png', ending: 'png' },
} as const

/** A form of coverage: `geojson` and `csv` hold all cells, `text` the worst, `png` is a picture of the map. */
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

/**
 * The form that a name or the ending of a path means.
 * @throws {InputError} `format`
 */
export function coverageFormatOf(nameOrPath: string): CoverageFormat {
  const name = nameOrPath.toLowerCase().replace(/^.*[./\\]/, '')
  const found = COVERAGE_FORMATS.find(({ format, ending }) => format === name || ending === name)
  if (found !== undefined) return found.format
  const endings = COVERAGE_FORMATS.map(({ ending }) => `.${ending}`).join(', ')
  throw new InputError('format', `Expected one of ${endings} for coverage, got "${nameOrPath}"`)
}

/** The usual file ending of a form, without a dot. */
export function coverageEndingOf(format: CoverageFormat): string {
  return FORMATS[format].ending
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
