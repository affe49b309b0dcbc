/**
 * A built region → one file, and such a file → a region of another database: one team builds,
 * others import.
 */
import { InputError } from '../errors.ts'
import type { PackedRegion, PackManifest } from '../gallery/pack-manifest.ts'
import { PACK_VERSION } from '../gallery/pack-manifest.ts'
import { insertRegionRows, readRegionRows, type PackExtent } from '../gallery/pack-rows.ts'
import type { PackReader } from '../gallery/pack-file.ts'
import { refuseTakenName } from '../gallery/regions.ts'
import { withoutFolders } from '../heatmap/named-files.ts'
import { parseImageryConfig } from '../imagery/config.ts'
import { withoutSignatures } from '../imagery/signed-address.ts'
import type { Region } from '../types.ts'
import { checkRegionName } from './create-region.ts'
import { refuseOtherVariables } from './key-variables.ts'
import { quote } from './next-command.ts'
import type { Outside } from './outside.ts'

/** Points read at a time. */
const CHUNK_POINTS = 4096

/** Points on roads are derived from the extract, so its licence goes with them. */
const OSM_TERMS = 'points: © OpenStreetMap contributors, ODbL 1.0'

/** How a transfer is followed and stopped. */
export interface PackProgress {
  readonly signal: AbortSignal
  readonly onProgress: (step: 'check' | 'rows', done: number, total: number) => void
}

/** Where a region goes. */
export interface ExportRequest {
  readonly name: string
  readonly path: string
  /** Version of the program, for the file. */
  readonly program: string
}

/** What an export wrote. */
export interface Exported {
  readonly manifest: PackManifest
  readonly bytes: number
}

/**
 * Writes a region with all its points and embeddings, as they are at one moment, to a sealed
 * GeoParquet file. When it is stopped or fails, a file that stood there before is still there.
 * @throws {NotFoundError} `region-not-found`
 * @throws {InputError} `file-unwritable`
 */
export async function exportRegion(
  outside: Outside,
  { name, path, program }: ExportRequest,
  { signal, onProgress }: PackProgress,
): Promise<Exported> {
  const pack = await outside.createPack(path)
  try {
    let extent: PackExtent = { pointCount: 0, embeddingCount: 0, bbox: null }
    let done = 0
    const region = await readRegionRows(
      outside.db,
      { name, chunk: CHUNK_POINTS },
      {
        begin: (found) => (extent = found),
        write: async (rows) => {
          signal.throwIfAborted()
          await pack.write(rows)
          done += new Set(rows.map(({ id }) => id)).size
          onProgress('rows', done, extent.pointCount)
        },
      },
    )
    const manifest = manifestOf(region, { program, extent, now: outside.now() })
    return { manifest, bytes: await pack.finish(manifest, extent.bbox) }
  } finally {
    await pack.discard()
  }
}

function manifestOf(
  region: Region & Required<PackedRegion>,
  parts: { readonly program: string; readonly extent: PackExtent; readonly now: Date },
): PackManifest {
  const { name, boundary, centre, imagery, attribution, model, gsd } = region
  const { runtime, createdAt, vintages, refreshedAt, attributions } = region
  const stretches = withoutSignatures(region.stretches)
  const sampling = withoutFolders(region.sampling)
  const source = { boundary, centre, sampling, imagery, stretches, attribution, attributions }
  return {
    kind: 'region-pack',
    version: PACK_VERSION,
    program: parts.program,
    exportedAt: parts.now.toISOString(),
    region: { name, ...source, model, gsd, runtime, createdAt, vintages, refreshedAt },
    terms: termsOf(region),
    pointCount: parts.extent.pointCount,
    embeddingCount: parts.extent.embeddingCount,
  }
}

function termsOf({ attribution, imagery, sampling }: Region): string[] {
  const { licence, termsUrl } = imagery
  return [
    `imagery: ${attribution}`,
    ...[licence, termsUrl].filter((term) => typeof term === 'string'),
    ...(sampling.kind === 'roads' ? [OSM_TERMS] : []),
  ]
}

/** Where a region comes from. */
export interface ImportRequest {
  readonly path: string
  /** Absent: the name it had. */
  readonly name?: string
}

/** What an import brought. */
export interface Imported {
  readonly name: string
  /** As the file has it: what it says of itself, checked for its form alone. */
  readonly manifest: PackManifest
  readonly pointCount: number
  readonly embeddingCount: number
  /** False: points are left to embed. */
  readonly isBuilt: boolean
}

/**
 * Reads a pack into the database, whole or not at all.
 * @throws {InputError} `source-forbidden` where the pack's source wants other variables than
 *   imagery keys; `file-unreadable`, `pack-foreign`, `pack-damaged`, `pack-version`,
 *   `model-mismatch`, `region-exists`
 */
export async function importRegion(
  outside: Outside,
  { path, name: asked }: ImportRequest,
  { signal, onProgress }: PackProgress,
): Promise<Imported> {
  const pack = await outside.openPack(path, {
    signal,
    onVerify: (done, total) => onProgress('check', done, total),
  })
  try {
    const { manifest } = pack
    const name = asked ?? manifest.region.name
    checkRegionName(name)
    const model = await findSameModel(outside, manifest)
    await refuseTakenName(outside.db, name, 'give --name with another one')
    const imagery = { ...parseImageryConfig(manifest.region.imagery) }
    refuseOtherVariables(imagery)
    const count = { pointCount: 0, embeddingCount: 0 }
    const rows = countedRows(pack, count, { signal, onProgress })
    const region = { ...manifest.region, name, imagery, model }
    const { isBuilt } = await insertRegionRows(outside.db, { region, rows })
    return { name, manifest, ...count, isBuilt }
  } finally {
    await pack.close()
  }
}

async function* countedRows(
  pack: PackReader,
  count: { pointCount: number; embeddingCount: number },
  { signal, onProgress }: PackProgress,
) {
  let done = 0
  let lastPoint = -1
  for await (const rows of pack.rows()) {
    signal.throwIfAborted()
    yield rows
    for (const { id, embedding } of rows) {
      // Several dates of a point follow each other.
      if (id !== lastPoint) count.pointCount++
      if (embedding !== null) count.embeddingCount++
      lastPoint = id
    }
    done += rows.length
    onProgress('rows', done, pack.rowCount)
  }
}

/** The model that is here, by the name that it has here: a file could name it as it likes. */
async function findSameModel(outside: Outside, { region }: PackManifest): Promise<Region['model']> {
  const { card } = await outside.encoder('overhead')
  if (card.sha256 === region.model.sha256) return { name: card.name, sha256: card.sha256 }
  throw new InputError(
    'model-mismatch',
    `Expected vectors of ${card.name} (${card.sha256.slice(0, 12)}) for the import, got those of ${region.model.name} (${region.model.sha256.slice(0, 12)})`,
    {
      hint: `with that model installed: --overhead-model ${quote(region.model.name)}; see \`whereabouts models list\``,
    },
  )
}
