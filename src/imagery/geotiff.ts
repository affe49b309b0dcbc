/**
 * Imagery in GeoTIFF files, on disk or behind HTTP.
 * @io disk network native
 */
import { basename, resolve } from 'node:path'
import { ByteCache } from './byte-cache.ts'
import { isWithin, noDates } from './dates.ts'
import type { ImageryDeps } from './deps.ts'
import { HttpClient } from './http-client.ts'
import { openHttpReader } from './http-range.ts'
import type { CogConfig } from './kinds/cog.ts'
import type { GeotiffConfig } from './kinds/geotiff.ts'
import { rasterOptionsOf, type RasterReading } from './kinds/raster.ts'
import { OpenRasters, type DatedRaster } from './open-rasters.ts'
import { openFileReader, openWhileWanted, type RangeReader } from './range-reader.ts'
import { RasterSource } from './raster-source.ts'
import { openRaster, REMOTE_BLOCK_PX } from './raster.ts'
import type { ImagerySource } from './source.ts'

const BLOCK_BYTES_MAX = 64 * 2 ** 20
const NAMES_SHOWN_MAX = 5
/** Files that are opened at a time. */
const OPENING_MAX = 8

/**
 * Opens imagery in files on disk.
 * @param baseDir  what relative paths are relative to
 * @throws {InputError} when a file cannot be used, with the reason
 */
export async function createGeotiffSource(
  config: GeotiffConfig,
  baseDir: string,
  deps: Pick<ImageryDeps, 'stretches' | 'signal'> = {},
): Promise<ImagerySource> {
  const entries = config.files.map((entry): Entry => {
    const { file, capturedOn } = typeof entry === 'string' ? { file: entry } : entry
    const open = () => openFileReader(resolve(baseDir, file), file)
    return { open, capturedOn: capturedOn ?? config.capturedOn ?? null }
  })
  const dated = await openAll(entries, config, deps)
  const names = [...new Set(dated.map(({ raster }) => basename(raster.file)))]
  const identity = { kind: config.kind, attribution: config.attribution ?? nameSome(names) }
  return new RasterSource(identity, new OpenRasters(dated, config, () => undefined))
}

/** A line, of however many files: it stands on every result. */
function nameSome(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ')
  const more = names.length - NAMES_SHOWN_MAX
  return more > 0 ? `${shown} and ${String(more)} more` : shown
}

/**
 * Opens imagery in files behind HTTP; of each only the parts are read that patches need.
 * @throws {InputError} when a file cannot be used, with the reason
 * @throws {UpstreamError} when a server does not answer
 */
export async function createCogSource(
  config: CogConfig,
  deps: Pick<ImageryDeps, 'secrets' | 'hosts' | 'stretches' | 'signal'>,
): Promise<ImagerySource> {
  const http = new HttpClient(config, deps)
  const ranges = { http, blocks: new ByteCache<Uint8Array>(BLOCK_BYTES_MAX) }
  const entries = config.urls.map((entry): Entry => {
    const { url, capturedOn } = typeof entry === 'string' ? { url: entry } : entry
    const open = async () => openHttpReader(url, ranges)
    return { open, capturedOn: capturedOn ?? config.capturedOn ?? null }
  })
  try {
    const dated = await openAll(entries, config, { ...deps, blockPx: REMOTE_BLOCK_PX })
    return new RasterSource(config, new OpenRasters(dated, config, () => http.close()))
  } catch (error) {
    http.close()
    throw error
  }
}

type Opening = Pick<ImageryDeps, 'stretches' | 'signal'> & { readonly blockPx?: number }

interface Entry {
  readonly open: () => Promise<RangeReader>
  readonly capturedOn: string | null
}

/** Opens the files whose dates are wanted, in their order; when one fails, none stays open. */
async function openAll(
  entries: readonly Entry[],
  config: RasterReading,
  { stretches, signal, blockPx }: Opening,
): Promise<DatedRaster[]> {
  const wanted = entries.filter((entry) => isWithin(entry.capturedOn, config))
  if (wanted.length === 0) throw noDates(config)
  const options = { ...rasterOptionsOf(config), stretches, ...(blockPx && { blockPx }) }
  const openOne = async ({ open, capturedOn }: Entry): Promise<DatedRaster> => {
    const reader = await open()
    const raster = await openWhileWanted(reader, signal, () => openRaster(reader, options))
    return { raster, capturedOn }
  }
  const opened: DatedRaster[] = []
  try {
    for (let start = 0; start < wanted.length; start += OPENING_MAX)
      await settleAll(wanted.slice(start, start + OPENING_MAX).map(openOne), opened)
    return opened
  } catch (error) {
    await Promise.all(opened.map(({ raster }) => raster.close()))
    throw error
  }
}

/** @param opened  takes those that could be opened, also when others could not */
async function settleAll(
  opening: readonly Promise<DatedRaster>[],
  opened: DatedRaster[],
): Promise<void> {
  const results = await Promise.allSettled(opening)
  for (const result of results) if (result.status === 'fulfilled') opened.push(result.value)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason as Error
}
