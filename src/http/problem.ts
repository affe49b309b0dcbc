/** Any thrown error → an `application/problem+json` answer. Bugs tell nothing of their inside. */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from '@hono/zod-openapi'
import { InputError, outcomeOf, WhereaboutsError } from '../errors.ts'

export const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:problem-type:whereabouts:region-not-found' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.string().openapi({
      description: 'stable word that a program may switch on',
      example: 'region-not-found',
    }),
    hint: z.string().optional().openapi({ description: 'the next step' }),
    facts: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string().optional(),
  })
  .openapi('Problem')

/** What an error looks like from outside, RFC 9457. */
export type Problem = z.output<typeof problemSchema>

export const PROBLEM_JSON = 'application/problem+json'

const TITLES: Readonly<Record<string, string>> = {
  ConfigError: 'The server is not configured for this',
  InputError: 'The request cannot be used',
  NotFoundError: 'Not found',
  UpstreamError: 'Something that the server needs did not answer',
  BadDataError: 'The data cannot be used',
}

/** Codes of what the HTTP layer itself refuses. */
const CODE_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'request-invalid',
  415: 'media-type',
}

/** Describes an error; anything unexpected is `internal-error` without details. */
export function toProblem(error: unknown): Problem {
  const known = expectedError(error)
  const { status } = outcomeOf(known)
  if (known === null) {
    return {
      type: typeOf('internal-error'),
      title: 'Internal error',
      status,
      detail: 'This is a bug in whereabouts.',
      code: 'internal-error',
      hint: 'report it with the request id and the line of the server log that has it',
    }
  }
  return {
    type: typeOf(known.code),
    title: TITLES[known.name] ?? 'Error',
    status,
    detail: known.message,
    code: known.code,
    ...(known.hint !== undefined && { hint: known.hint }),
    ...(Object.keys(known.facts).length > 0 && { facts: known.facts }),
  }
}

function typeOf(code: string): string {
  return `urn:problem-type:whereabouts:${code}`
}

/** Hono's own exceptions carry ours as `cause`, or are about the shape of the request. */
function expectedError(error: unknown): WhereaboutsError | null {
  if (error instanceof WhereaboutsError) return error
  if (!(error instanceof HTTPException)) return null
  if (error.cause instanceof WhereaboutsError) return error.cause
  const code = CODE_BY_STATUS[error.status]
  if (code === undefined) return null
  const message = error.message === '' ? 'no reason was told' : error.message
  return new InputError(code, `Expected a request as /openapi.json describes it: ${message}`, {
    hint: 'send JSON with the header Content-Type: application/json; see /docs',
  })
}

/** Answers with the problem that an error is. */
export function answerProblem(error: unknown, c: Context<{ Variables: { requestId: string } }>) {
  const problem = { ...toProblem(error), requestId: c.get('requestId') }
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    'content-type': PROBLEM_JSON,
  })
}

/** A failed validation lists every problem at once. */
export function refuseInvalid(result: {
  readonly success: boolean
  readonly error?: z.ZodError | undefined
}): void {
  if (result.success || result.error === undefined) return
  const problems = result.error.issues.map(({ path, message }) => {
    const at = path.length === 0 ? 'body' : path.join('.')
    return `${at}: ${message}`
  })
  throw new InputError('request-invalid', `Expected a valid request, got ${problems.join('; ')}`, {
    hint: 'see /docs',
    facts: { problems },
  })
}
