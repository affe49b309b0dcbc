/**
 * What a pack says about itself: a JSON text in the metadata of the Parquet file, beside
 * GeoParquet's own.
 */
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { parseBoundary } from '../geo/polygon.ts'
import type { Bbox, Boundary, Region, Stretches } from '../types.ts'
import { VINTAGES_MAX, type DatePolicy } from './refresh.ts'

/** Raise when older programs could not read what is written. */
export const PACK_VERSION = 1

/** Key of the manifest in the file's metadata. */
export const MANIFEST_KEY = 'whereabouts'

const degrees = z.number().finite()
const level = z.tuple([z.number(), z.number()])

const sampling = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('roads'),
    extract: z.string(),
    extractSha256: z.string(),
    points: z.int(),
    seed: z.int(),
  }),
  z.looseObject({
    kind: z.literal('grid'),
    stepM: z.number().positive(),
    whereImagery: z.boolean(),
  }),
  z.looseObject({ kind: z.literal('patches'), file: z.string() }),
])

/**
 * Checked, and not made simpler: a region is the same wherever it goes.
 * @throws {InputError} `boundary-invalid`
 */
function asItIs(boundary: unknown): Boundary {
  parseBoundary(boundary)
  return boundary as Boundary
}

const region = z.looseObject({
  name: z.string().min(1).max(63),
  boundary: z.looseObject({ type: z.enum(['Polygon', 'MultiPolygon']) }).transform(asItIs),
  centre: z.object({ lon: degrees.min(-180).max(180), lat: degrees.min(-90).max(90) }),
  sampling,
  imagery: z.looseObject({ kind: z.string() }),
  attribution: z.string(),
  model: z.object({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  gsd: z.number().positive(),
  runtime: z.looseObject({ executionProvider: z.string(), instructionSet: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  vintages: z.int().min(1).max(VINTAGES_MAX),
  refreshedAt: z.iso.datetime().nullable(),
  stretches: z.record(z.string(), z.tuple([level, level, level])).optional(),
  attributions: z.array(z.string()).min(1).optional(),
})

const manifest = z.looseObject({
  kind: z.literal('region-pack'),
  version: z.int(),
  program: z.string(),
  exportedAt: z.iso.datetime(),
  region,
  terms: z.array(z.string()),
  pointCount: z.int().min(0),
  embeddingCount: z.int().min(0),
})

/** The region of a pack: everything but what its new database decides. */
export type PackedRegion = DatePolicy &
  Pick<
    Region,
    | 'name'
    | 'boundary'
    | 'centre'
    | 'sampling'
    | 'imagery'
    | 'attribution'
    | 'model'
    | 'gsd'
    | 'runtime'
    | 'createdAt'
  > & {
    /** Levels that were measured on the files of the source; absent in packs of older programs. */
    readonly stretches?: Stretches
    /** Of each source that the region had, in turn; absent in packs of older programs. */
    readonly attributions?: readonly string[]
  }

/** What a pack says about itself. */
export interface PackManifest {
  readonly kind: 'region-pack'
  readonly version: number
  /** Version of the program that wrote it. */
  readonly program: string
  readonly exportedAt: string
  readonly region: PackedRegion
  /** Attributions and licences under which the rows may be passed on. */
  readonly terms: readonly string[]
  readonly pointCount: number
  readonly embeddingCount: number
}

/**
 * The manifest of a file that its seal has shown to be whole.
 * @throws {InputError} `pack-version`, `pack-damaged`, `boundary-invalid`
 */
export function parseManifest(text: string): PackManifest {
  const value = parseJson(text)
  const version = z.looseObject({ version: z.int() }).safeParse(value).data?.version
  if (version !== undefined && version > PACK_VERSION) {
    throw new InputError(
      'pack-version',
      `Expected a region pack of version ${PACK_VERSION} or older, got version ${version}`,
      { hint: 'install the newer version of whereabouts' },
    )
  }
  const parsed = manifest.safeParse(value)
  if (parsed.success) return parsed.data as unknown as PackManifest
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new InputError(
    'pack-damaged',
    `Expected the manifest of a region pack, got ${problems.join('; ')}`,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** GeoParquet 1.1 metadata: points in WGS84, longitude first. */
export function geoMetadata(bbox: Bbox | null): string {
  return JSON.stringify({
    version: '1.1.0',
    primary_column: 'geometry',
    columns: {
      geometry: {
        encoding: 'WKB',
        geometry_types: ['Point'],
        ...(bbox !== null && { bbox }),
      },
    },
  })
}
