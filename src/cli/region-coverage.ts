/** `whereabouts region coverage`: what of a region can be searched, as a table and as a map. */
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import {
  countReasons,
  renderCoverageCsv,
  renderCoverageGeoJson,
  searchedShare,
  type Coverage,
} from '../heatmap/coverage.ts'
import { formatOf } from '../heatmap/formats.ts'
import { coverRegion } from '../journeys/region-coverage.ts'
import { askWorld, writeResult } from './context.ts'

interface CoverageOptions {
  readonly cells: string
  readonly out?: string
}

/** Cells listed in the table: those with the largest share without imagery. */
const LISTED = 20

const RENDER: Readonly<Record<string, (coverage: Coverage) => string>> = {
  geojson: renderCoverageGeoJson,
  csv: renderCoverageCsv,
}

/** Registers `region coverage`. */
export function addCoverageCommand(region: Command): void {
  region
    .command('coverage')
    .argument('<name>')
    .description('points per cell, and the share without imagery by reason')
    .option('--cells <SPEC>', 'square:25km, square:1km, h3:7 …', 'square:1km')
    .option('--out <FILE>', 'all cells as a map (.geojson) or a table (.csv)')
    .action(cover)
}

async function cover(
  name: string,
  { cells, out }: CoverageOptions,
  command: Command,
): Promise<void> {
  const render = out === undefined ? null : RENDER[formatOf(out) ?? '']
  if (render === undefined) {
    throw new InputError('format', `Expected .geojson or .csv for --out, got "${out ?? ''}"`)
  }
  await askWorld(command, async (world) => {
    const coverage = await coverRegion(world, { name, cells })
    if (render !== null) {
      await writeResult(render(coverage), out)
      console.error(`wrote ${out ?? ''}`)
    }
    console.log(formatCoverage(coverage))
  })
}

/** Totals by reason, and the worst cells. */
export function formatCoverage(coverage: Coverage): string {
  const { cells, region } = coverage
  const sum = (of: 'points' | 'embedded' | 'open') =>
    cells.reduce((total, cell) => total + cell[of], 0)
  const points = sum('points')
  const percent = (count: number, of: number) => `${((100 * count) / of).toFixed(1)} %`
  const row = (word: string, count: number) =>
    `${word.padEnd(20)}${String(count).padStart(10)}${percent(count, points).padStart(10)}`
  const worst = cells.filter((cell) => cell.embedded < cell.points).slice(0, LISTED)
  return [
    `region "${region.name}": ${points} points in ${cells.length} cells`,
    row('embedded', sum('embedded')),
    row('not built yet', sum('open')),
    ...countReasons(coverage).map(([reason, count]) => row(reason, count)),
    ...(worst.length === 0 ? [] : ['cell                    points  searched']),
    ...worst.map(
      (cell) =>
        `${cell.key.padEnd(20)}${String(cell.points).padStart(10)}${percent(searchedShare(cell), 1).padStart(10)}`,
    ),
  ].join('\n')
}
