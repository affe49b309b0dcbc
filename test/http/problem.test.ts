import { HTTPException } from 'hono/http-exception'
import { expect, test } from 'vitest'
import {
  BadDataError,
  ConfigError,
  InputError,
  NotFoundError,
  UpstreamError,
} from '../../src/errors.ts'
import { problemSchema, toProblem } from '../../src/http/problem.ts'

const cases = [
  { error: new ConfigError('config-invalid', 'bad option'), status: 500 },
  { error: new InputError('cells', 'bad cells'), status: 400 },
  { error: new InputError('source-forbidden', 'not allowed'), status: 403 },
  { error: new InputError('host-forbidden', 'not allowed'), status: 403 },
  { error: new InputError('origin-forbidden', 'not allowed'), status: 403 },
  { error: new InputError('method-not-allowed', 'not allowed'), status: 405 },
  { error: new InputError('not-acceptable', 'no such form'), status: 406 },
  { error: new InputError('region-busy', 'being built'), status: 409 },
  { error: new InputError('region-exists', 'taken'), status: 409 },
  { error: new InputError('model-mismatch', 'other model'), status: 409 },
  { error: new InputError('model-space', 'other space'), status: 409 },
  { error: new NotFoundError('region-not-built', 'nothing yet'), status: 409 },
  { error: new InputError('photo-too-large', 'too large'), status: 413 },
  { error: new InputError('body-too-large', 'too large'), status: 413 },
  { error: new InputError('photo-format', 'not a picture'), status: 415 },
  { error: new InputError('media-type', 'not a picture'), status: 415 },
  { error: new InputError('photo-blank', 'one colour'), status: 422 },
  { error: new InputError('photo-too-small', 'a thumbnail'), status: 422 },
  { error: new InputError('scene-unknown', 'no scene'), status: 422 },
  { error: new InputError('scene-ambiguous', 'several scenes'), status: 422 },
  { error: new InputError('format-needs-squares', 'hexagons'), status: 422 },
  { error: new NotFoundError('region-not-found', 'no region'), status: 404 },
  { error: new UpstreamError('tile-failed', 'no tile'), status: 502 },
  { error: new UpstreamError('timeout', 'too slow'), status: 503 },
  { error: new UpstreamError('not-ready', 'no model'), status: 503 },
  { error: new BadDataError('osm-corrupt', 'bad file'), status: 422 },
]

for (const { error, status } of cases) {
  test(`${error.name} ${error.code} answers ${status} with code and text`, () => {
    const problem = toProblem(error)
    expect(problemSchema.safeParse(problem).success).toBe(true)
    expect(problem).toMatchObject({ status, code: error.code, detail: error.message })
    expect(problem.type).toBe(`urn:problem-type:whereabouts:${error.code}`)
    expect(problem.title).not.toBe('Error')
  })
}

test('hint and facts of an error are told', () => {
  const error = new InputError('cells', 'x', { hint: 'do y', facts: { known: ['a'] } })
  expect(toProblem(error)).toMatchObject({ hint: 'do y', facts: { known: ['a'] } })
})

test('a bug tells nothing of its inside', () => {
  const problem = toProblem(new TypeError('secret path /home/x'))
  expect(problem).toMatchObject({ status: 500, code: 'internal-error' })
  expect(JSON.stringify(problem)).not.toContain('secret')
})

test('an exception of the framework carries our error as its cause', () => {
  const cause = new UpstreamError('timeout', 'too slow')
  expect(toProblem(new HTTPException(503, { cause }))).toMatchObject({
    code: 'timeout',
    status: 503,
  })
})

test('broken JSON is a request that cannot be used', () => {
  const problem = toProblem(new HTTPException(400, { message: 'Malformed JSON' }))
  expect(problem).toMatchObject({ status: 400, code: 'request-invalid' })
  expect(problem.detail).toContain('Malformed JSON')
})
