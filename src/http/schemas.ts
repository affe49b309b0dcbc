/** The shapes of the API, once: validation, types and /openapi.json come from here. A table; hence its length. */
import { z } from '@hono/zod-openapi'
import { regionNamePattern } from '../journeys/create-region.ts'
import { datesBody, datesSchema } from './date-schemas.ts'
import { PROBLEM_JSON, problemSchema } from './problem.ts'

const POINTS_MAX = 10_000_000
const FRAMES_MAX = 20
const CLASSES = 365

const lon = z.number().min(-180).max(180)
const lat = z.number().min(-90).max(90)
const lonLat = z.tuple([lon, lat]).openapi({
  type: 'array',
  items: { type: 'number' },
  minItems: 2,
  maxItems: 2,
  description: '[longitude, latitude] in degrees',
  example: [4.36, 51.87],
})
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const sceneShare = z.object({ scene: z.string(), share: z.number() })

export const regionName = z
  .string()
  .regex(regionNamePattern, 'expected 1–63 of a–z, 0–9, - and _')
  .openapi({ example: 'liechtenstein' })

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

export const regionBody = z
  .strictObject({
    name: regionName,
    imagery: z.looseObject({ kind: z.string().min(1).max(40) }).openapi({
      description:
        'where patches come from (docs/imagery.md); files must lie in --allow-dirs, hosts be listed in --allow-hosts',
      example: { kind: 'geotiff', files: ['/data/imagery/town.tif'] },
    }),
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
      }),
  })
  .refine(({ boundary, bbox }) => boundary === undefined || bbox === undefined, {
    message: 'expected boundary or bbox, got both',
  })
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
      .object({ imagery: z.number(), inference: z.number(), database: z.number() })
      .nullable()
      .openapi({ description: 'share of the time spent at each step, 0…1: the bottleneck' }),
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
    problem: holdUpSchema
      .nullable()
      .openapi({ description: 'what holds the build up; null while batches are stored' }),
    workers: z
      .array(z.object({ worker: z.string(), points: z.int() }))
      .openapi({ description: 'processes that hold points of it now' }),
    bbox: z.array(z.number()).length(4).openapi({ description: '[west, south, east, north]' }),
    centre: lonLat,
    sampling: z.looseObject({ kind: z.string() }),
    imagery: z.looseObject({ kind: z.string() }),
    attribution: z.string(),
    model: z.object({ name: z.string(), sha256 }),
    gsd: z.number().openapi({ description: 'metres per pixel of the patches' }),
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

export const photoSchema = z
  .object({
    id: sha256.openapi({ description: 'SHA-256 of the bytes' }),
    width: z.int(),
    height: z.int(),
    scenes: z.array(sceneShare),
  })
  .openapi('Photo')

const weight = z.number().min(0).max(1000)

export const heatmapBody = z
  .strictObject({
    region: regionName,
    cells: z.string().min(1).max(60).openapi({
      description: 'square:25km, square:50m, square:25km@3035, h3:7 …',
      example: 'square:25km',
    }),
    photos: z.array(sha256).min(1).max(FRAMES_MAX).optional().openapi({
      description: 'ids of photos; several are frames of one place and are averaged',
    }),
    embeddings: z
      .array(z.array(z.number()).min(CLASSES).max(CLASSES))
      .min(1)
      .max(FRAMES_MAX)
      .optional(),
    scene: z.string().min(1).max(500).optional().openapi({
      description: 'a class, words for one, or "a + b - c"',
      example: 'soccer stadium',
    }),
    best: z.literal(true).optional().openapi({
      description: 'which scene stands out most in every cell',
    }),
    groupWeights: z
      .strictObject({ manMade: weight, natural: weight, indoor: weight })
      .refine((weights) => weights.manMade + weights.natural + weights.indoor > 0, {
        message: 'expected a weight above 0',
      })
      .optional(),
    candidates: z.int().min(0).max(1000).default(20),
    known: lonLat.optional().openapi({ description: 'the true place: its rank is told' }),
    ...datesBody,
  })
  .superRefine((body, context) => {
    const asked = (['photos', 'embeddings', 'scene', 'best'] as const).filter(
      (name) => body[name] !== undefined,
    )
    if (asked.length !== 1) {
      const got = asked.length === 0 ? 'none' : asked.join(' and ')
      const message = `expected one of photos, embeddings, scene or best, got ${got}`
      context.addIssue({ code: 'custom', message })
    }
    if (body.groupWeights && (body.scene !== undefined || body.best !== undefined)) {
      const message = 'expected groupWeights with photos or embeddings only'
      context.addIssue({ code: 'custom', path: ['groupWeights'], message })
    }
  })
  .openapi('HeatmapRequest', {
    description: 'exactly one of `photos`, `embeddings`, `scene` and `best`',
  })

const candidate = z.object({
  rank: z.int(),
  at: lonLat,
  distance: z.number(),
  capturedOn: z.string().nullable(),
  scenes: z.array(sceneShare),
  sharedScenes: z.array(z.string()),
})

const knownSchema = z.discriminatedUnion('isSearched', [
  z.object({ isSearched: z.literal(false), key: z.string() }),
  z.object({
    isSearched: z.literal(true),
    key: z.string(),
    rank: z.int(),
    cellCount: z.int(),
    percentile: z.number().openapi({ description: '1: among the best hundredth' }),
    betterKm2: z.number(),
    distance: z.number(),
    score: z.number(),
    isGood: z.boolean(),
  }),
])

export const heatmapSchema = z
  .object({
    id: sha256,
    region: z.string(),
    cells: z.string(),
    question: z.looseObject({ kind: z.string() }),
    cellCount: z.int(),
    goodCellCount: z.int(),
    goodAreaKm2: z.number(),
    best: z.number().openapi({ description: 'smallest distance' }),
    worst: z.number(),
    points: z.object({ embedded: z.int(), unavailable: z.int(), pending: z.int() }),
    capturedBetween: z.array(z.string()).length(2).nullable(),
    dates: datesSchema.optional(),
    attribution: z.string(),
    candidates: z.array(candidate),
    known: knownSchema.nullable(),
    files: z.record(z.string(), z.string()).openapi({ description: 'path by format' }),
    note: z.string(),
  })
  .openapi('Heatmap')

/** `id`, or `id.ending` for a file. */
export const heatmapFile = z
  .string()
  .regex(/^[0-9a-f]{64}(\.[a-z]{1,8})?$/, 'expected an id, or an id with the ending of a format')
  .openapi({ description: 'the id, or the id with .json, .geojson, .csv, .kml, .tif, .png, .html' })

export const scenesSchema = z
  .object({
    scenes: z.array(
      z.object({
        index: z.int(),
        name: z.string(),
        isIndoor: z.boolean(),
        groups: z.array(z.enum(['manMade', 'natural', 'indoor'])),
      }),
    ),
  })
  .openapi('SceneList')

export const photoId = sha256.openapi({ description: 'SHA-256 of the bytes' })

/** A JSON answer of a route. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { content: { 'application/json': { schema } }, description }
}

/** Problem answers of a route, beside those that every route has. */
export function problems<S extends number>(byStatus: Readonly<Record<S, string>>) {
  const common = { 403: 'host or origin is not allowed', 500: 'a bug', 503: 'took too long' }
  const all: Record<number, string> = { ...common, ...byStatus }
  return Object.fromEntries(
    Object.entries(all).map(([status, description]) => [
      status,
      { content: { [PROBLEM_JSON]: { schema: problemSchema } }, description },
    ]),
  )
}
