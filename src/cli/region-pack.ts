/** `whereabouts region export|import`: a region as one GeoParquet file. */
import { extname } from 'node:path'
import type { Command } from 'commander'
import { InputError } from '../errors.ts'
import { exportRegion, importRegion, type PackProgress } from '../journeys/pack-region.ts'
import { EXIT_INTERRUPTED, requireWritable, withWorld } from './context.ts'
import { printable } from './printable.ts'
import { openProgress, type ProgressLine } from './progress.ts'
import { commandToBuild } from './run-build.ts'

/** Registers `region export` and `region import`. */
export function addPackCommands(region: Command): void {
  region
    .command('export')
    .argument('<name>')
    .requiredOption('--out <FILE>', 'where to write it, e.g. liechtenstein.parquet')
    .description('a region with its embeddings as one GeoParquet file, for others to import')
    .action((name: string, { out }: { out: string }, command: Command) =>
      exportTo(name, out, command),
    )
  region
    .command('import')
    .argument('<file>')
    .option('--name <NAME>', 'another name than the one it had')
    .description('a region from a file that `region export` wrote')
    .action((file: string, options: { name?: string }, command: Command) =>
      importFrom(file, options, command),
    )
}

async function exportTo(name: string, path: string, command: Command): Promise<void> {
  await requireWritable([path])
  requireParquet(path)
  await withWorld(command, async (world, signal) => {
    const line = openProgress()
    const request = { name, path, program: versionOf(command) }
    const exported = await orStopped(signal, line, () =>
      exportRegion(world, request, followed(line, signal)),
    )
    if (exported === null) return
    const { pointCount, embeddingCount, region } = exported.manifest
    console.log(
      `wrote ${path}: region "${region.name}", ${pointCount} points, ${embeddingCount} embeddings, ${formatBytes(exported.bytes)}`,
    )
  })
}

async function importFrom(
  path: string,
  { name }: { readonly name?: string },
  command: Command,
): Promise<void> {
  await withWorld(command, async (world, signal) => {
    const line = openProgress()
    const request = { path, ...(name !== undefined && { name }) }
    const imported = await orStopped(signal, line, () =>
      importRegion(world, request, followed(line, signal)),
    )
    if (imported === null) return
    const { pointCount, embeddingCount, manifest } = imported
    console.log(
      `region "${imported.name}" imported: ${pointCount} points, ${embeddingCount} embeddings`,
    )
    for (const term of manifest.terms) console.log(printable(term))
    console.log(printable(`its imagery: ${JSON.stringify(manifest.region.imagery)}`))
    if (imported.isBuilt) return
    console.log(`some are not embedded: ${await commandToBuild(world, imported.name, command)}`)
  })
}

/** Runs a transfer; null when Ctrl-C stopped it. */
async function orStopped<T>(
  signal: AbortSignal,
  line: ProgressLine,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (!signal.aborted) throw error
    process.exitCode = EXIT_INTERRUPTED
    return null
  } finally {
    line.end()
  }
}

/** `checking 120/867 MB · 800 MB/s`, then `rows 40960/100000 · 8200/s`. */
function followed(line: ProgressLine, signal: AbortSignal): PackProgress {
  let step = ''
  let startedAt = 0
  let lastAt = Date.now()
  return {
    signal,
    onProgress: (name, done, total) => {
      if (name !== step) startedAt = lastAt
      step = name
      lastAt = Date.now()
      const perS = (1000 * done) / Math.max(1, lastAt - startedAt)
      line.show(
        name === 'rows'
          ? `rows ${done}/${total} · ${perS.toFixed(0)}/s`
          : `checking ${formatBytes(done)} of ${formatBytes(total)} · ${formatBytes(perS)}/s`,
      )
    },
  }
}

function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** A file named `.csv` that is none would be found out much later. @throws {InputError} `format` */
function requireParquet(path: string): void {
  if (['', '.parquet', '.geoparquet'].includes(extname(path).toLowerCase())) return
  throw new InputError('format', `Expected an --out that ends in .parquet, got "${path}"`, {
    hint: 'a pack is a GeoParquet file; DuckDB and GeoPandas make other formats of it (docs/packs.md)',
  })
}

function versionOf(command: Command): string {
  let root = command
  while (root.parent !== null) root = root.parent
  return root.version() ?? ''
}
