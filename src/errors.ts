/**
 * Five error classes and one table: code of an error → HTTP status, exit code.
 * Grammar: `Expected <what> for <name>, got <value>` or `<Action> failed: <METHOD url> → <status>`,
 * then the hint.
 */

/** Facts that help the reader; never secrets, photo bytes or EXIF positions. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>

/** What an error carries besides its message. */
export interface ErrorDetails {
  /** The command or option that fixes it. */
  readonly hint?: string
  readonly facts?: Facts
  readonly cause?: unknown
}

/** Base of all expected errors; anything else that is thrown is a bug. */
export abstract class WhereaboutsError extends Error {
  /** Stable kebab-case word, documented; callers may switch on it. */
  readonly code: string
  readonly hint: string | undefined
  readonly facts: Facts

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.facts = details.facts ?? {}
  }
}

/** An option is missing or out of range; all problems are listed at once. */
export class ConfigError extends WhereaboutsError {
  override readonly name = 'ConfigError'
}

/** The caller's photo, polygon or parameter cannot be used. */
export class InputError extends WhereaboutsError {
  override readonly name = 'InputError'
}

/** A region, heatmap, photo or model that is not there. */
export class NotFoundError extends WhereaboutsError {
  override readonly name = 'NotFoundError'
}

/** OSM, imagery or database did not answer as it should; trying again can help. */
export class UpstreamError extends WhereaboutsError {
  override readonly name = 'UpstreamError'
}

/** One bad item in a batch: counted by `code`, the run goes on. */
export class BadDataError extends WhereaboutsError {
  override readonly name = 'BadDataError'
}

/**
 * HTTP status and exit code (sysexits) of each class; codes that differ from their class stand
 * below.
 */
const BY_CLASS = {
  ConfigError: { status: 500, exit: 78 },
  InputError: { status: 400, exit: 64 },
  NotFoundError: { status: 404, exit: 66 },
  UpstreamError: { status: 502, exit: 69 },
  BadDataError: { status: 422, exit: 65 },
  bug: { status: 500, exit: 70 },
} as const

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  'photo-too-large': 413,
  'body-too-large': 413,
  'photo-format': 415,
  'photo-too-small': 422,
  'photo-blank': 422,
  'region-busy': 409,
  'region-exists': 409,
  'region-building': 409,
  'dense-mixed': 409,
  'dense-dates': 409,
  'not-acceptable': 406,
  'model-mismatch': 409,
  'model-space': 409,
  'region-not-built': 409,
  'region-without-imagery': 409,
  'region-built': 409,
  'scene-ambiguous': 422,
  'scene-unknown': 422,
  'format-needs-squares': 422,
  'source-forbidden': 403,
  'host-forbidden': 403,
  'origin-forbidden': 403,
  'method-not-allowed': 405,
  'media-type': 415,
  'too-busy': 429,
  'not-ready': 503,
  timeout: 503,
}

/** Looks up how an error leaves the program. */
export function outcomeOf(error: unknown): { readonly status: number; readonly exit: number } {
  if (!(error instanceof WhereaboutsError)) return BY_CLASS.bug
  const { status, exit } = BY_CLASS[error.name as keyof typeof BY_CLASS]
  return { status: STATUS_BY_CODE[error.code] ?? status, exit }
}
