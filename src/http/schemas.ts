/**
 * The shapes of the API, once: validation, types and /openapi.json come from here. A table; hence
 * its length.
 */
import { z } from '@hono/zod-openapi'
import { regionNamePattern } from '../journeys/create-region.ts'
import { datesBody, datesSchema } from './date-schemas.ts'
import { PROBLEM_JSON, problemSchema } from './problem.ts'

const FRAMES_MAX = 20
const CLASSES = 365

export const lon = z.number().min(-180).max(180)
export const lat = z.number().min(-90).max(90)
export const lonLat = z.tuple([lon, lat]).openapi({
  type: 'array',
  items: { type: 'number' },
  minItems: 2,
  maxItems: 2,
  description: '[longitude, latitude] in degrees',
  example: [4.36, 51.87],
})
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const sceneShare = z.object({
  scene: z.string(),
  share: z.number().openapi({
    description: 'softmax among 365 scenes, 0…1: what the picture shows, not how likely a place is',
  }),
})

export const regionName = z
  .string()
  .regex(regionNamePattern, 'expected 1–63 of a–z, 0–9, - and _')
  .openapi({ example: 'liechtenstein' })

export const photoSchema = z
  .object({
    id: sha256.openapi({ description: 'SHA-256 of the bytes' }),
    width: z.int(),
    height: z.int(),
    scenes: z.array(sceneShare),
    expiresAt: z
      .string()
      .nullable()
      .openapi({ description: 'when it is removed; null: when somebody asks for it' }),
  })
  .openapi('Photo')

/** Single precision, in which rows are weighted, has no place for products of far smaller ones. */
const LEAST_WEIGHT = 1e-6
const weight = z
  .number()
  .min(0)
  .max(1000)
  .refine((value) => value === 0 || value >= LEAST_WEIGHT, {
    message: `expected 0, or ${LEAST_WEIGHT} or more`,
  })

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
  z.object({
    isSearched: z.literal(false),
    key: z.string(),
    isInRegion: z.boolean(),
    nearestM: z.number().openapi({ description: 'to the middle of the nearest searched cell' }),
  }),
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
        isLearned: z.boolean().openapi({
          description: 'the overhead model learned it from labelled ground; others are weaker',
        }),
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
