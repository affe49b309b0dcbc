/** A whole build between rounds of bare onnxruntime, as a row of a table. */
import { measureRound, percent, type Layout } from './bare-sessions.ts'
import type { Place, WholeBuild } from './whole-build.ts'

/** What a build is compared with. */
export interface Beside {
  /** onnxruntime on the model file as it is: it computes all outputs, whichever are asked for. */
  readonly bare: Layout
  /** onnxruntime on what the encoder makes of the file: logits alone. */
  readonly alone: Layout
  readonly whole: WholeBuild
}

/** Heads of the columns that `buildBeside` fills. */
export const COLUMNS = [
  ...['patches/s', 'bare', 'ratio', 'bare, logits alone', 'ratio'],
  ...['CPU, ms/patch', 'bare', 'ratio', 'bare, logits alone', 'ratio'],
]

/** Builds a place; returns how many patches it had, and its columns. */
export async function buildBeside(
  { bare, alone, whole }: Beside,
  place: Place,
  bareMs: number,
): Promise<{ readonly patchCount: number; readonly columns: readonly string[] }> {
  const measure = async () => [await measureRound(bare, bareMs), await measureRound(alone, bareMs)]
  const before = await measure()
  const { patchCount, seconds, cpuMs } = await whole.build(place)
  const after = await measure()
  const bares = before.map((round, i) => ({
    rate: (round.rate + (after[i]?.rate ?? NaN)) / 2,
    cpuMs: (round.cpuMs + (after[i]?.cpuMs ?? NaN)) / 2,
  }))
  const [rate, cpu] = [patchCount / seconds, cpuMs / patchCount]
  const byTime = bares.flatMap((one) => [one.rate.toFixed(1), percent(rate / one.rate)])
  const byCpu = bares.flatMap((one) => [one.cpuMs.toFixed(2), percent(one.cpuMs / cpu)])
  return { patchCount, columns: [rate.toFixed(1), ...byTime, cpu.toFixed(2), ...byCpu] }
}

/** A line of a Markdown table. */
export function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}
