import { expect, test } from 'vitest'
import {
  BadDataError,
  ConfigError,
  InputError,
  NotFoundError,
  outcomeOf,
  UpstreamError,
} from '../src/errors.ts'

const cases = [
  { name: 'a bad option', error: new ConfigError('config-invalid', 'x'), status: 500, exit: 78 },
  { name: 'a bad parameter', error: new InputError('cells', 'x'), status: 400, exit: 64 },
  {
    name: 'a too large photo',
    error: new InputError('photo-too-large', 'x'),
    status: 413,
    exit: 64,
  },
  {
    name: 'an unknown picture format',
    error: new InputError('photo-format', 'x'),
    status: 415,
    exit: 64,
  },
  {
    name: 'a forbidden source',
    error: new InputError('source-forbidden', 'x'),
    status: 403,
    exit: 64,
  },
  {
    name: 'a region that is not there',
    error: new NotFoundError('region-not-found', 'x'),
    status: 404,
    exit: 66,
  },
  {
    name: 'a provider that is down',
    error: new UpstreamError('tile-failed', 'x'),
    status: 502,
    exit: 69,
  },
  { name: 'one bad item', error: new BadDataError('nodata', 'x'), status: 422, exit: 65 },
  { name: 'a bug', error: new TypeError('x'), status: 500, exit: 70 },
]

for (const { name, error, status, exit } of cases) {
  test(`${name} answers ${status} and leaves with ${exit}`, () => {
    expect(outcomeOf(error)).toEqual({ status, exit })
  })
}

test('an error keeps its code, hint, facts and cause', () => {
  const cause = new Error('below')
  const error = new UpstreamError('tile-failed', 'Fetch failed', {
    hint: 'try later',
    facts: { status: 503 },
    cause,
  })
  expect(error).toMatchObject({
    code: 'tile-failed',
    hint: 'try later',
    facts: { status: 503 },
    cause,
  })
  expect(error.name).toBe('UpstreamError')
})
