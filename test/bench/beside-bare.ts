/** A whole build between two rounds of bare onnxruntime, as a row of a table. */
import { measureRound, percent, type Layout } from './bare-sessions.ts'
import type { Place, WholeBuild } from './whole-build.ts'

/** Heads of the columns that `buildBeside` fills. */
export const COLUMNS = ['patches/s', 'bare', 'ratio', 'CPU, ms/patch', 'bare', 'ratio']

/** Builds a place; returns how many patches it had, and its columns. */
export async function buildBeside(
  { bare, whole }: { readonly bare: Layout; readonly whole: WholeBuild },
  place: Place,
  bareMs: number,
): Promise<{ readonly patchCount: number; readonly columns: readonly string[] }> {
  const before = await measureRound(bare, bareMs)
  const { patchCount, seconds, cpuMs } = await whole.build(place)
  const after = await measureRound(bare, bareMs)
  const [rate, bareRate] = [patchCount / seconds, (before.rate + after.rate) / 2]
  const [cpu, bareCpu] = [cpuMs / patchCount, (before.cpuMs + after.cpuMs) / 2]
  const byTime = [rate.toFixed(1), bareRate.toFixed(1), percent(rate / bareRate)]
  const byCpu = [cpu.toFixed(2), bareCpu.toFixed(2), percent(bareCpu / cpu)]
  return { patchCount, columns: [...byTime, ...byCpu] }
}

/** A line of a Markdown table. */
export function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}
