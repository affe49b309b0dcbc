/** What a source of imagery is, as it is written in JSON and stored with a region. It never holds a key's value. */
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { isIsoDate } from './iso-date.ts'

const isoDate = z.string().refine(isIsoDate, 'an ISO date, e.g. 2022-03-18')

const geotiff = z.strictObject({
  kind: z.literal('geotiff'),
  /** Paths; the finest raster that covers a place is used, adjacent ones complete each other. */
  files: z.array(z.string().min(1)).min(1).max(10_000),
  /** Pixels whose bands all have this value hold no data; absent: the file's own tag. */
  nodata: z.number().optional(),
  /** `percentile`: 2–98 % of each band's valid pixels become 0–255. Needed for more than 8 bits. */
  stretch: z.enum(['none', 'percentile']).default('none'),
  attribution: z.string().max(500).optional(),
  capturedOn: isoDate.optional(),
})

const xyz = z.strictObject({
  kind: z.literal('xyz'),
  url: z
    .string()
    .regex(/^https?:\/\//, 'an http or https address')
    .refine((url) => ['{z}', '{x}', '{y}'].every((part) => url.includes(part)), {
      message: 'an address with {z}, {x} and {y}',
    }),
  /** Name of the environment variable that holds the value of `{key}`. */
  keyEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of an environment variable, e.g. TILES_KEY')
    .optional(),
  attribution: z.string().min(1).max(500),
  maxZoom: z.int().min(0).max(24),
  tileSizePx: z.union([z.literal(256), z.literal(512)]).default(256),
  capturedOn: isoDate.optional(),
  requestsPerSecond: z.number().positive().max(1000).default(10),
  concurrency: z.int().min(1).max(64).default(4),
  userAgent: z.string().min(1).max(200).optional(),
  headers: z.record(z.string(), z.string()).optional(),
})

const patches = z.strictObject({
  kind: z.literal('patches'),
  /** CSV with the columns `file,lon,lat[,date,attribution]`; files relative to it. */
  file: z.string().min(1),
  attribution: z.string().max(500).optional(),
})

const imageryConfig = z
  .discriminatedUnion('kind', [geotiff, xyz, patches])
  .superRefine((config, context) => {
    if (config.kind !== 'xyz') return
    const hasPlace = config.url.includes('{key}')
    if (hasPlace !== (config.keyEnv !== undefined)) {
      const message = 'both {key} in the url and keyEnv, or neither'
      context.addIssue({ code: 'custom', path: ['keyEnv'], message })
    }
    for (const name of Object.keys(config.headers ?? {})) {
      if (!/authorization|cookie|key|token/i.test(name)) continue
      const message = 'no secret in headers: use {key} in the url and keyEnv'
      context.addIssue({ code: 'custom', path: ['headers', name], message })
    }
  })

/** A validated source of imagery; safe to store and to show. */
export type ImageryConfig = z.infer<typeof imageryConfig>
export type GeotiffConfig = z.infer<typeof geotiff>
export type XyzConfig = z.infer<typeof xyz>
export type PatchesConfig = z.infer<typeof patches>

/**
 * Checks a source of imagery, given as JSON text or as an object.
 * @throws {InputError} `imagery-config` with all problems at once
 */
export function parseImageryConfig(input: unknown): ImageryConfig {
  const result = imageryConfig.safeParse(typeof input === 'string' ? parseJson(input) : input)
  if (result.success) return result.data
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'source'}: ${message}`,
  )
  throw configError(
    `a valid imagery source, got ${String(problems.length)} problems: ${problems.join('; ')}`,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw configError(`JSON for the imagery source, got text that is not JSON`, cause)
  }
}

function configError(expected: string, cause?: unknown): InputError {
  return new InputError('imagery-config', `Expected ${expected}`, {
    hint: `e.g. {"kind":"geotiff","files":["ortho.tif"]}; kinds: geotiff, xyz, patches`,
    cause,
  })
}
