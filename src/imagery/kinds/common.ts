/**
 * Fields that several kinds of imagery source share. A field means the same in every kind, because
 * guards read them by name: `file`, `files` (paths), `url`, `urls` (addresses), `hosts` (further
 * host names), `keyEnv`, `headersEnv`.
 */
import { z } from 'zod'
import { isIsoDate } from '../iso-date.ts'
import { secretParameters } from '../signed-address.ts'

/** `2022`, `2022-03` or `2022-03-18`. */
export const isoDate = z.string().refine(isIsoDate, 'an ISO date, e.g. 2022-03-18')

/** An address on the web that may stand for those of several hosts. */
export const switchedAddress = z
  .string()
  .regex(/^https?:\/\//, 'an http or https address')
  .regex(/^https?:\/\/[^/?#@]*([/?#]|$)/, 'no name or password in an address: use headersEnv')
  // Placeholders stand for words; without them it has to be an address.
  .refine((url) => URL.canParse(url.replaceAll(/\{[^{}]*\}/g, 'x')), {
    message: 'an address with a host, e.g. https://maps.example.org/wmts',
  })

/** An address on the web. */
export const address = switchedAddress.refine((url) => !url.includes('{switch:'), {
  message: 'an address without {switch:…}, which only kind "xyz" knows',
})

const envName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of an environment variable, e.g. TILES_KEY')

/** Whose pictures they are, and when they were taken. */
export const provenance = z.object({
  attribution: z.string().min(1).max(500),
  /** A note on what may be done with the pictures. */
  licence: z.string().min(1).max(500).optional(),
  termsUrl: address.optional(),
  capturedOn: isoDate.optional(),
})

/**
 * How a server is asked. The limits hold for its host, over all sources of the process: the
 * strictest wins.
 */
export const politeness = z.object({
  requestsPerSecond: z.number().positive().max(1000).default(10),
  concurrency: z.int().min(1).max(64).default(4),
  /** Seconds until an attempt counts as failed. */
  timeoutS: z.number().positive().max(600).default(20),
  userAgent: z.string().min(1).max(200).optional(),
  /** Name of the environment variable that holds the value of `{key}`. */
  keyEnv: envName.optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Header → name of the environment variable that holds its value. */
  headersEnv: z.record(z.string(), envName).optional(),
})

/** How the tiles of a Web Mercator pyramid are taken. */
export const pyramid = z.object({
  maxZoom: z.int().min(0).max(24),
  tileSizePx: z.union([z.literal(256), z.literal(512)]).default(256),
  /** SHA-256 of the pictures that the provider sends where it has none. */
  noDataSha256: z
    .array(z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'))
    .max(100)
    .optional(),
  /** Tiles of a single colour are pictures too; otherwise they mean that there is no imagery. */
  keepBlankTiles: z.boolean().optional(),
  /** Pixels far coarser than the model's are taken all the same. */
  allowCoarse: z.boolean().optional(),
  /** Levels of red, green and blue that become 0 and 255. */
  stretch: z
    .strictObject({
      low: z.tuple([level(), level(), level()]),
      high: z.tuple([level(), level(), level()]),
    })
    .refine(({ low, high }) => low.every((value, band) => value < (high[band] as number)), {
      message: 'low below high in each band',
    })
    .optional(),
})

function level() {
  return z.number().min(0).max(255)
}

/** The values of `politeness`, checked. */
export type Politeness = z.infer<typeof politeness>
/** The values of `pyramid`, checked. */
export type PyramidFields = z.infer<typeof pyramid>

interface WithSecrets {
  /** One address, or several. */
  readonly url: string | readonly string[]
  readonly keyEnv?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** For `superRefine`: a key has its variable, and no secret stands where it would be stored. */
export function checkSecrets(config: WithSecrets, context: z.core.$RefinementCtx): void {
  const urls = [config.url].flat()
  const hasPlace = urls.some((url) => url.includes('{key}'))
  if (hasPlace !== (config.keyEnv !== undefined)) {
    const message = 'both {key} in the url and keyEnv, or neither'
    context.addIssue({ code: 'custom', path: ['keyEnv'], message })
  }
  const [secret] = urls.flatMap(secretParameters)
  if (secret !== undefined) {
    const message = `no key or signature in an address, which is stored: write ${secret}={key} and name its variable in keyEnv ("keyEnv":"WHEREABOUTS_IMAGERY_KEY"), or list signed addresses in a STAC file`
    context.addIssue({ code: 'custom', path: ['url'], message })
  }
  for (const name of Object.keys(config.headers ?? {})) {
    if (!/authorization|cookie|key|token|secret/i.test(name)) continue
    const message = 'no secret in headers: name its environment variable in headersEnv'
    context.addIssue({ code: 'custom', path: ['headers', name], message })
  }
}
