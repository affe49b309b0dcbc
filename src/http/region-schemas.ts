/** The part of the API's shapes that is about regions: how they are made, built and refreshed. */
import { z } from '@hono/zod-openapi'
import { problemSchema } from './problem.ts'
import { lat, lon, lonLat, regionName, sha256 } from './schemas.ts'

const POINTS_MAX = 10_000_000
/** As many as a build takes (`gallery/refresh.ts`). */
const VINTAGES_MAX = 12
const REASONS_MAX = 50

const sampling = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('roads'),
    extract: z.string().min(1).max(4096).openapi({
      description: 'path of an .osm.pbf on the server, inside one of --allow-dirs',
    }),
    points: z.int().min(1).max(POINTS_MAX).default(10_000),
    seed: z.int().min(0).default(1),
  }),
  z.strictObject({
    kind: z.literal('grid'),
    stepM: z.number().min(0.5).max(100_000),
    whereImagery: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('patches') }),
])

const imagery = z.looseObject({ kind: z.string().min(1).max(40) }).openapi({
  description:
    'where patches come from (docs/imagery.md); files must lie in --allow-dirs, hosts be listed in --allow-hosts',
  example: { kind: 'geotiff', files: ['/data/imagery/town.tif'] },
})

export const regionBody = z
  .strictObject({
    name: regionName,
    imagery,
    sampling,
    boundary: z
      .looseObject({ type: z.string() })
      .optional()
      .openapi({ description: 'GeoJSON Polygon or MultiPolygon, alone or as a feature' }),
    bbox: z
      .tuple([lon, lat, lon, lat])
      .optional()
      .openapi({
        type: 'array',
        items: { type: 'number' },
        minItems: 4,
        maxItems: 4,
        description: '[west, south, east, north] in degrees',
        example: [9.47, 47.04, 9.64, 47.28],
      }),
    boundaryName: z.string().min(1).max(200).optional().openapi({
      description: 'an administrative boundary in the extract: a name, an ISO code or relation/ID',
      example: 'Liechtenstein',
    }),
    boundaryLevel: z.int().min(1).max(15).optional().openapi({
      description: 'its admin_level, where several have the name',
      example: 2,
    }),
    boundaryExtract: z.string().min(1).max(4096).optional().openapi({
      description: 'the .osm.pbf that holds it, if not that of the roads; inside --allow-dirs',
    }),
  })
  .refine(
    ({ boundary, bbox, boundaryName }) =>
      [boundary, bbox, boundaryName].filter((given) => given !== undefined).length <= 1,
    { message: 'expected one of boundary, bbox and boundaryName, got several' },
  )
  .openapi('RegionRequest')

const holdUpSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    at: z.string(),
    nextTryAt: z.string().optional().openapi({ description: 'absent when no waiting helps' }),
  })
  .openapi('HoldUp')

const buildSchema = z
  .object({
    state: z.enum(['running', 'stopping', 'stopped', 'failed', 'finished']),
    startedAt: z.string(),
    pointsDone: z.int().openapi({ description: 'by this build' }),
    pointsPerSecond: z.number().nullable(),
    secondsLeft: z.number().nullable(),
    waitingFor: z
      .object({
        download: z.number(),
        cutting: z.number(),
        inference: z.number(),
        database: z.number(),
      })
      .nullable()
      .openapi({
        description:
          'share of the time spent at each step, 0…1: the largest is the bottleneck; cutting: reading of files, decoding, cutting of patches',
      }),
    waiting: z
      .object({ putOff: z.int(), nextTryAt: z.string().nullable(), leased: z.int() })
      .nullable()
      .openapi({
        description:
          'what is left while nothing can be claimed: put off after broken pictures, or held by workers',
      }),
    pureBlack: z.int().openapi({
      description:
        'points that this server gave patches which are pure black (0,0,0) by more than a tenth: where a file has no data and does not say so, add "nodata": 0 to its source',
    }),
    triedAgain: z
      .record(z.string(), z.int())
      .openapi({ description: 'failures that are tried again, counted by code' }),
    problem: problemSchema.nullable(),
  })
  .openapi('Build')

export const regionSchema = z
  .object({
    name: z.string(),
    state: z.enum(['created', 'building', 'stopped', 'built']),
    summary: z.string().openapi({
      description: 'where its build stands, and the command that goes on with it',
      example:
        'built, 33 points wait for newer imagery or another try: POST /v1/regions/town/build',
    }),
    problem: holdUpSchema
      .nullable()
      .openapi({ description: 'what holds the build up; null while batches are stored' }),
    workers: z
      .array(z.object({ worker: z.string(), points: z.int() }))
      .openapi({ description: 'processes that hold points of it now' }),
    bbox: z.array(z.number()).length(4).openapi({
      description: '[west, south, east, north]; west > east across the antimeridian',
    }),
    centre: lonLat,
    sampling: z.looseObject({ kind: z.string() }),
    imagery: z.looseObject({ kind: z.string() }),
    stretches: z
      .record(z.string(), z.array(z.array(z.number()).readonly()).readonly())
      .optional()
      .openapi({
        description:
          'levels of red, green and blue, measured on each file, that become 0 and 255; of a single region, where its source has the stretch percentile',
      }),
    attribution: z.string(),
    model: z.object({ name: z.string(), sha256 }),
    gsd: z.number().openapi({ description: 'metres per pixel of the patches' }),
    denseM: z
      .number()
      .nullable()
      .openapi({ description: 'dense: a patch every so many metres; null: patch by patch' }),
    vintages: z.int().openapi({ description: 'dates of each place that a build embeds at most' }),
    createdAt: z.string(),
    points: z.object({
      total: z.int(),
      pending: z.int(),
      leased: z.int(),
      embedded: z.int(),
      unavailable: z
        .record(z.string(), z.int())
        .openapi({ description: 'points without a patch, counted by reason' }),
    }),
    build: buildSchema.nullable().openapi({ description: 'the latest one in this process' }),
    warnings: z.array(z.string()).optional(),
  })
  .openapi('Region')

export const regionList = z.object({ regions: z.array(regionSchema) }).openapi('RegionList')

const vintages = z.int().min(1).max(VINTAGES_MAX).optional().openapi({
  description: 'the newest dates of each place that are embedded, from now on',
  example: 2,
})

export const buildBody = z
  .strictObject({
    dense: z
      .union([z.literal(true), z.number().positive()])
      .optional()
      .openapi({
        description:
          'grids of fine steps: whole windows at once, a patch every 16 m (or 8; true: the stride of the model), each point takes the nearest; kept for later builds',
        example: 16,
      }),
    vintages,
    retry: z
      .union([z.literal(true), z.array(z.string().min(1).max(60)).min(1).max(REASONS_MAX)])
      .optional()
      .openapi({
        description: 'try points without imagery again: all, or those of some reasons',
        example: ['tiles-unavailable'],
      }),
  })
  .openapi('BuildRequest', { example: { dense: 16 } })

export const refreshBody = z
  .strictObject({
    imagery: imagery.optional(),
    vintages,
    all: z.boolean().default(false).openapi({
      description: 'embed every point again, also where the source tells no dates',
    }),
  })
  .openapi('RefreshRequest', { example: { vintages: 2 } })

export const refreshedSchema = z
  .object({
    looked: z.int().openapi({ description: 'points that are embedded' }),
    waiting: z
      .int()
      .openapi({ description: 'points that are embedded now, beside what they have' }),
    uncovered: z
      .int()
      .openapi({ description: 'points outside the imagery: they stay as they are' }),
    region: regionSchema,
  })
  .openapi('Refreshed')
