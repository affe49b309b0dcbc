import { expect, test } from 'vitest'
import { UpstreamError } from '../../src/errors.ts'
import { holdUpAfter, type HoldUp } from '../../src/journeys/hold-up.ts'

const limits = { firstMs: 1000, mostMs: 60_000 }
const now = new Date('2026-03-01T12:00:00Z')
const error = (facts = {}) => new UpstreamError('host-down', 'Expected answers', { facts })
const after = (cause: UpstreamError, before?: HoldUp) => holdUpAfter(cause, before, { now, limits })

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
