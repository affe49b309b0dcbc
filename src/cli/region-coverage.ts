/** `whereabouts region coverage`: what of a region can be searched, as a table and as a map. */
import type { Command } from 'commander'
import { coverRegion } from '../journeys/region-coverage.ts'
import { COVERAGE_ENDINGS, renderCoverage } from '../journeys/render-coverage.ts'
import { askWorld, requireWritable, writeResult } from './context.ts'
import { chooseFormat, type OutputOptions } from './output-format.ts'

interface CoverageOptions extends OutputOptions {
  readonly cells: string
}

/** Registers `region coverage`. */
export function addCoverageCommand(region: Command): void {
  region
    .command('coverage')
    .argument('<name>')
    .description('points per cell, and the share without imagery by reason')
    .option('--cells <SPEC>', 'square:25km, square:1km, h3:7 …', 'square:1km')
    .option('--format <NAME>', 'text (totals and the worst cells), geojson, csv or png (a map)')
    .option(
      '--out <FILE>',
      'all cells as a file (the ending names the format; .txt: the table alone), and the table here',
    )
    .action(cover)
}

async function cover(name: string, options: CoverageOptions, command: Command): Promise<void> {
  const { cells, out } = options
  const form = chooseFormat(COVERAGE_ENDINGS, options)
  await requireWritable([out])
  await askWorld(command, async (world) => {
    const coverage = await coverRegion(world, { name, cells })
    if (form !== null) await writeResult((await renderCoverage(world, coverage, form)).bytes, out)
    if (out !== undefined) console.error(`wrote ${out}`)
    if (form !== null && out === undefined) return
    const { bytes } = await renderCoverage(world, coverage, 'text')
    console.log(new TextDecoder().decode(bytes).trimEnd())
  })
}
