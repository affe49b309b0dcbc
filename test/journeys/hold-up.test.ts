import { expect, test } from 'vitest'
import { InputError, UpstreamError } from '../../src/errors.ts'
import {
  asExchanged,
  holdUpAfter,
  isOnlyHere,
  whyHopeless,
  type HoldUp,
} from '../../src/journeys/hold-up.ts'

const limits = { firstMs: 1000, mostMs: 60_000 }
const now = new Date('2026-03-01T12:00:00Z')
const error = (facts = {}) => new UpstreamError('host-down', 'Expected answers', { facts })
const after = (cause: UpstreamError, before?: HoldUp, settled = 0) =>
  holdUpAfter(cause, before, { now, limits, settled })

test('waits double from the first to the longest', () => {
  let holdUp: HoldUp | undefined
  const waits = Array.from({ length: 8 }, () => {
    holdUp = after(error(), holdUp)
    return holdUp.untilMs - now.getTime()
  })
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
})

test('the moment that the host named is kept, and told', () => {
  const nextTry = '2026-03-01T12:04:00.000Z'
  const { untilMs, problem } = after(error({ nextTry }))
  expect(new Date(untilMs).toISOString()).toBe(nextTry)
  expect(problem).toMatchObject({ code: 'host-down', nextTryAt: nextTry, at: now.toISOString() })
})

test('a moment that is over does not make us ask at once', () => {
  expect(after(error({ nextTry: '2020-01-01T00:00:00Z' })).untilMs).toBe(now.getTime() + 1000)
})

test('a refusal has no next try', () => {
  expect(after(new UpstreamError('tiles-refused', 'no')).problem).not.toHaveProperty('nextTryAt')
})

test('a file that is another at each opening is waited for, but not for ever; a host that is down is', () => {
  const waitsFor = (code: string) => {
    const failure = new UpstreamError(code, 'another file')
    let holdUp: HoldUp | undefined
    for (let count = 0; count < 100; count++) {
      const hopeless = whyHopeless(failure, holdUp)
      if (hopeless !== null) return { count, hopeless }
      holdUp = after(failure, holdUp)
    }
    return { count: Infinity }
  }
  expect(waitsFor('file-changed')).toMatchObject({
    count: 15,
    hopeless: {
      code: 'file-unsteady',
      message: expect.stringContaining('another file') as unknown,
    },
  })
  expect(waitsFor('host-down').count).toBe(Infinity)
  expect(waitsFor('tiles-refused').count).toBe(0)
})

test('openings are counted anew after something else held the build up', () => {
  const exchanged = new UpstreamError('file-changed', 'x')
  let holdUp: HoldUp | undefined
  for (let count = 0; count < 15; count++) holdUp = after(exchanged, holdUp)
  expect(whyHopeless(exchanged, holdUp)).not.toBeNull()
  expect(whyHopeless(exchanged, after(error(), holdUp))).toBeNull()
})

test('it is only here where others got on since the row began; a refusal is for all', () => {
  const exchanged = new UpstreamError('file-changed', 'x')
  const other = after(error(), undefined, 3)
  const row = after(exchanged, after(exchanged, other, 5), 7)
  expect([5, 7].map((settled) => isOnlyHere(exchanged, row, settled))).toEqual([false, true])
  expect(isOnlyHere(new UpstreamError('tiles-refused', 'no'), row, 7)).toBe(false)
})

test('a file that could be opened before is gone for a while, one that never could is a mistake', () => {
  const gone = new InputError('file-unreadable', 'Expected a file, got none', { hint: 'look' })
  const told = { name: 'UpstreamError', code: 'file-changed', hint: 'look' }
  expect(asExchanged(gone, true)).toMatchObject(told)
  expect(asExchanged(gone, false)).toBe(gone)
  const other = new InputError('model-mismatch', 'x')
  expect(asExchanged(other, true)).toBe(other)
})
