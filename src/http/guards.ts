/**
 * What every request passes before a route sees it: who may ask, how much, how long; and the log
 * line.
 */
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { timeout } from 'hono/timeout'
import type { Context, MiddlewareHandler } from 'hono'
import type { Logger } from 'pino'
import { InputError, outcomeOf, UpstreamError } from '../errors.ts'
import type { AppEnv } from './deps.ts'
import { answerProblem } from './problem.ts'

/** Room for the parts of a multipart body around the photo. */
const MULTIPART_OVERHEAD_BYTES = 64 * 1024
/** Boundaries with many corners are the largest JSON there is. */
const JSON_MAX_BYTES = 16 * 1024 * 1024
const TIMEOUT_MS = 120_000
/**
 * Reading the extract of a country takes a minute or so, looking for newer dates of 10⁶ points too.
 */
const CREATE_TIMEOUT_MS = 1_800_000

/** One line per request: never bodies, headers or query strings. */
export function logRequests(log: Logger, now: () => Date): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = now().getTime()
    await next()
    const line = {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: now().getTime() - startedAt,
      requestId: c.get('requestId'),
    }
    if (c.res.status >= 500 && c.error) log.error({ ...line, err: c.error }, 'request failed')
    else log.info(line, 'request')
  }
}

/**
 * Refuses names that point at a loopback address from elsewhere (DNS rebinding).
 * @param names  host names under which the server may be asked; null: any
 */
export function guardHost(names: readonly string[] | null): MiddlewareHandler {
  return async (c, next) => {
    const { hostname } = new URL(c.req.url)
    if (names !== null && !names.includes(hostname)) {
      throw new InputError('host-forbidden', `Expected ${names.join(' or ')} as host`, {
        hint: 'ask the server by the name or address that it listens on (`--host`)',
      })
    }
    await next()
  }
}

/** A page of another site may not change anything here: its browser tells its origin. */
export const guardOrigin: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header('origin')
  // To cut patches on trial is asked with GET, and costs the owner's quota of imagery.
  const isReading =
    ['GET', 'HEAD', 'OPTIONS'].includes(c.req.method) && c.req.query('sample') === undefined
  const isForeign =
    (origin !== undefined && origin !== new URL(c.req.url).origin) ||
    c.req.header('sec-fetch-site') === 'cross-site'
  if (!isReading && isForeign) {
    throw new InputError('origin-forbidden', 'Expected a request of this site, got one of another')
  }
  await next()
}

/** Refuses bodies above the photo's limit, or that of JSON. */
export function limitBody(photoMaxBytes: number): MiddlewareHandler {
  const photo = bodyLimit({
    maxSize: photoMaxBytes + MULTIPART_OVERHEAD_BYTES,
    onError: () => {
      const demand = `Expected at most ${photoMaxBytes / 1e6} MB for a photo, got more`
      throw new InputError('photo-too-large', demand, {
        hint: 'scale the photo down; who runs the server sets the limit with --photo-max-mb',
      })
    },
  })
  const json = bodyLimit({
    maxSize: JSON_MAX_BYTES,
    onError: () => {
      const demand = `Expected at most ${JSON_MAX_BYTES} bytes of JSON, got more`
      throw new InputError('body-too-large', demand, { hint: 'simplify the boundary' })
    },
  })
  return (c, next) => (c.req.path === '/v1/photos' ? photo : json)(c, next)
}

/**
 * Escapes of characters that no text can hold: only where these stand is it looked at more closely.
 */
const SUSPECT = /\\u(0000|d[89a-f])/i
const UNSTORABLE = /[\u0000\p{Surrogate}]/u

/**
 * Refuses JSON with texts that a database cannot keep: with NUL, or half of a character that takes
 * two escapes.
 */
export const refuseUnstorable: MiddlewareHandler = async (c, next) => {
  const isJson = c.req.header('content-type')?.includes('json') === true
  const body = isJson ? await c.req.text() : ''
  if (SUSPECT.test(body) && holdsUnstorable(body)) {
    throw new InputError(
      'text-invalid',
      'Expected texts of whole characters, got NUL or half of one',
      {
        hint: 'look for \\u0000, or \\ud8… without its second half, in the JSON',
      },
    )
  }
  await next()
}

function holdsUnstorable(json: string): boolean {
  let isFound = false
  try {
    JSON.parse(json, (key: string, value: unknown) => {
      isFound ||= UNSTORABLE.test(key) || (typeof value === 'string' && UNSTORABLE.test(value))
      return value
    })
  } catch {
    // What is no JSON is told by the route.
  }
  return isFound
}

/** What costs memory and a core; so many of a kind run at a time. */
const COSTLY: readonly { readonly kind: string; readonly path: RegExp; readonly most: number }[] = [
  { kind: 'POST /v1/regions', path: /^POST \/v1\/regions$/, most: 2 },
  { kind: 'POST /v1/photos', path: /^POST \/v1\/photos$/, most: 4 },
  { kind: 'POST /v1/heatmaps', path: /^POST \/v1\/heatmaps$/, most: 4 },
  { kind: 'POST …/refresh', path: /^POST \/v1\/regions\/[^/]+\/refresh$/, most: 2 },
  { kind: 'GET …/coverage', path: /^(?:GET|HEAD) \/v1\/regions\/[^/]+\/coverage$/, most: 2 },
  { kind: 'GET …/estimate', path: /^(?:GET|HEAD) \/v1\/regions\/[^/]+\/estimate$/, most: 1 },
]
const RETRY_AFTER_S = 10

/**
 * Refuses a costly request while as many of its kind run as may; who comes too early is told when
 * to come again.
 */
export function limitCostly(): MiddlewareHandler<AppEnv> {
  const running: Record<string, number> = {}
  return async (c, next) => {
    const asked = `${c.req.method} ${c.req.path}`
    const costly = COSTLY.find(({ path }) => path.test(asked))
    if (costly === undefined) return next()
    const { kind, most } = costly
    const count = running[kind] ?? 0
    if (count >= most) return tooBusy(c, kind, most)
    running[kind] = count + 1
    try {
      await next()
    } finally {
      running[kind] = (running[kind] ?? 1) - 1
    }
  }
}

function tooBusy(c: Context<AppEnv>, kind: string, most: number): Response {
  const error = new InputError(
    'too-busy',
    `Expected at most ${most} × ${kind} at a time, got more`,
    {
      hint: `ask again in ${RETRY_AFTER_S} s`,
    },
  )
  const answer = answerProblem(error, c)
  answer.headers.set('retry-after', String(RETRY_AFTER_S))
  return answer
}

/** Ends the wait, not the work: a heatmap that comes late is stored and there when asked again. */
export function limitTime(): MiddlewareHandler {
  const create = limitMs(CREATE_TIMEOUT_MS)
  const other = limitMs(TIMEOUT_MS)
  const isLong = (asked: string) => /^POST \/v1\/regions(\/[^/]+\/refresh)?$/.test(asked)
  return (c, next) => (isLong(`${c.req.method} ${c.req.path}`) ? create : other)(c, next)
}

function limitMs(ms: number): MiddlewareHandler {
  return timeout(ms, () => {
    const cause = new UpstreamError(
      'timeout',
      `Expected an answer within ${ms / 1000} s, got none`,
      {
        hint: 'ask again: what was computed meanwhile is kept',
      },
    )
    return new HTTPException(outcomeOf(cause).status as 503, { cause })
  })
}
