import { describe, expect, test } from 'vitest'
import { CircuitBreaker, type BreakerLimits } from '../../src/imagery/circuit-breaker.ts'

const limits: BreakerLimits = {
  failuresToOpen: 3,
  firstWaitMs: 100,
  waitMsMax: 350,
  patienceMs: 50,
}

/** A breaker after three failures at 0, 1 and 2 ms. */
function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker(limits)
  for (const nowMs of [0, 1, 2]) breaker.fail(nowMs, 'ECONNREFUSED')
  return breaker
}

describe('CircuitBreaker', () => {
  test('stays closed while the host answers now and then', () => {
    const breaker = new CircuitBreaker(limits)
    for (let nowMs = 0; nowMs < 20; nowMs++) {
      if (nowMs % 3 === 2) breaker.succeed()
      else breaker.fail(nowMs, '500')
      expect(breaker.admit(nowMs)).toBe('go')
    }
  })

  test('opens after enough failures in a row and says since when and what came', () => {
    expect(opened().admit(3)).toEqual({
      sinceMs: 0,
      nextTryMs: 102,
      failure: 'ECONNREFUSED',
      failures: 3,
    })
  })

  test('lets one request try when the wait is over, and all when that one succeeds', () => {
    const breaker = opened()
    expect(breaker.admit(102)).toBe('try')
    expect(breaker.admit(103)).toBe('wait')
    breaker.succeed()
    expect(breaker.admit(104)).toBe('go')
  })

  test('waits twice as long after each try that fails, up to a limit, and remembers the start', () => {
    const breaker = opened()
    const waits: number[] = []
    let nowMs = 102
    for (let count = 0; count < 4; count++) {
      expect(breaker.admit(nowMs)).toBe('try')
      const outage = breaker.fail(nowMs, '503')
      expect(outage?.sinceMs).toBe(0)
      waits.push(outage!.nextTryMs - nowMs)
      nowMs = outage!.nextTryMs
    }
    expect(waits).toEqual([200, 350, 350, 350])
  })

  test('lets somebody else try when a try is given up', () => {
    const breaker = opened()
    expect(breaker.admit(102)).toBe('try')
    breaker.abandon()
    expect(breaker.admit(103)).toBe('try')
  })

  test('leaves a host alone at once when it asks for a long time', () => {
    const breaker = new CircuitBreaker(limits)
    expect(breaker.fail(0, '429', 40)).toBeUndefined()
    expect(breaker.admit(1)).toBe('go')
    expect(breaker.fail(1, '429', 5000)).toMatchObject({ nextTryMs: 5001, failure: '429' })
    expect(breaker.admit(4000)).toMatchObject({ nextTryMs: 5001 })
  })

  test('counts the answers that were under way when it opened, without waiting longer', () => {
    const breaker = opened()
    expect(breaker.fail(5, 'ECONNREFUSED')).toMatchObject({ nextTryMs: 102 })
  })
})
