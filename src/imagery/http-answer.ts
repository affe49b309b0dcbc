/**
 * What the headers of an HTTP answer say: how long to wait, how long to keep. Times in ms since
 * 1970.
 */

/** Kept this long where the server says nothing: pictures, and the news that there is none. */
export const FRESH_MS = 7 * 86_400_000
export const MISSING_FRESH_MS = 86_400_000

/**
 * How long the server asks to wait, ms: seconds, or a date compared with the server's own clock.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const seconds = Number(value)
  const waitMs = Number.isFinite(seconds)
    ? seconds * 1000
    : Date.parse(value) - dateMs(headers, 'date')
  return Number.isFinite(waitMs) ? Math.max(waitMs, 0) : undefined
}

/**
 * Until when an answer may be used without asking again; `null`: it must not be stored.
 * @param unsaidMs  for how long where the server does not say
 */
export function freshUntilMs(
  headers: Headers,
  nowMs: number,
  unsaidMs: number = FRESH_MS,
): number | null {
  const control = headers.get('cache-control') ?? ''
  if (/no-store/i.test(control)) return null
  if (/no-cache/i.test(control)) return nowMs
  const maxAge = /max-age\s*=\s*"?(\d+)/i.exec(control)?.[1]
  if (maxAge !== undefined) return nowMs + Number(maxAge) * 1000 - ageMs(headers)
  return nowMs + (headers.has('expires') ? lifeMs(headers, nowMs) : unsaidMs)
}

/**
 * Of `expires`, by the server's own clock where it tells it. One that cannot be read means "expired
 * already".
 */
function lifeMs(headers: Headers, nowMs: number): number {
  const date = dateMs(headers, 'date')
  const life = dateMs(headers, 'expires') - (Number.isNaN(date) ? nowMs : date)
  return Number.isNaN(life) ? 0 : Math.max(life, 0)
}

function dateMs(headers: Headers, name: string): number {
  return Date.parse(headers.get(name) ?? '')
}

/** How long caches on the way have kept the answer. */
function ageMs(headers: Headers): number {
  const seconds = Number(headers.get('age') ?? 0)
  return Number.isFinite(seconds) ? seconds * 1000 : 0
}

/** The length of the whole file of a partial answer, bytes; from `content-range`. */
export function totalBytesOf(headers: Headers): number | undefined {
  const total = /\/(\d+)\s*$/.exec(headers.get('content-range') ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}

/** Where a partial answer begins in the whole file, bytes; from `content-range`. */
export function firstByteOf(headers: Headers): number | undefined {
  const first = /^\s*bytes\s+(\d+)-/i.exec(headers.get('content-range') ?? '')?.[1]
  return first === undefined ? undefined : Number(first)
}

/** Network errors, timeouts, "too many requests" and the statuses of gateways speak of the host. */
const OF_THE_HOST = /^([A-Z_]+|network error|no answer in time|429|50[234])$/

/**
 * Whether a failure speaks of the host, and not of the one thing that was asked for (500, half a
 * picture, HTML).
 */
export function isOfHost(failure: string): boolean {
  return OF_THE_HOST.test(failure)
}

/** The code of a network error, never its text: that could hold the address with its key. */
export function networkFailure(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'network error'
}
