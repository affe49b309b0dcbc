/** Coverage → a table for people: totals by reason, and the worst cells. Pure. */
import { countReasons, searchedShare, type Coverage } from './coverage.ts'

/** Cells listed: those with the largest share without imagery. */
const LISTED = 20

/** Lines of text, without the last line's end. */
export function renderCoverageTable(coverage: Coverage): string {
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
    ...(worst.length === 0 ? [] : ['cell                    points  searched  centre lon,lat']),
    ...worst.map((cell) => {
      const searched = percent(searchedShare(cell), 1).padStart(10)
      const { lon, lat } = cell.centre
      return `${cell.key.padEnd(20)}${String(cell.points).padStart(10)}${searched}  ${lon.toFixed(5)},${lat.toFixed(5)}`
    }),
  ].join('\n')
}
