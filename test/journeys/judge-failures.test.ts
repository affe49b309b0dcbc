import { expect, test } from 'vitest'
import { UpstreamError } from '../../src/errors.ts'
import {
  FAILURES_MAX,
  isRefusal,
  judgeFailures,
  needsProbe,
} from '../../src/journeys/judge-failures.ts'
import type { CutPatch, FailedPatch } from '../../src/journeys/cut-patches.ts'

const point = (id: number, failures = 0, hasWaited = failures > 0) => {
  return { id, lon: 0, lat: 0, failures, hasWaited }
}
const failed = (
  id: number,
  code: string,
  more: { failures?: number; failure?: string; hasWaited?: boolean } = {},
) =>
  ({
    point: point(id, more.failures, more.hasWaited),
    error: new UpstreamError(code, 'x', {
      ...(more.failure !== undefined && { facts: { failure: more.failure } }),
    }),
  }) satisfies FailedPatch
const cut: CutPatch[] = [{ point: point(100) } as CutPatch]
const judge = (patches: FailedPatch[], others: CutPatch[] = []) => {
  const found = { cut: others, unchanged: [], unavailable: [], failed: patches }
  return judgeFailures(found)
}

const unavailable = 'tiles-unavailable'
const cases = [
  { name: 'nothing failed', given: judge([]), later: [], givenUp: [], heldUp: null },
  {
    name: 'one of many is broken: it is tried again later',
    given: judge([failed(1, unavailable)], cut),
    later: [1],
    givenUp: [],
    heldUp: null,
  },
  {
    name: 'it is broken for the last time: it is given up with the reason',
    given: judge([failed(1, unavailable, { failures: FAILURES_MAX - 1 })], cut),
    later: [],
    givenUp: [1],
    heldUp: null,
  },
  {
    name: 'all of a claim fail because of the host: nothing is counted, the build waits',
    given: judge([failed(1, unavailable, { failure: '503' })]),
    later: [],
    givenUp: [],
    heldUp: unavailable,
  },
  {
    name: 'also when they have waited before',
    given: judge([failed(1, unavailable, { failure: '503', hasWaited: true })]),
    later: [],
    givenUp: [],
    heldUp: unavailable,
  },
  {
    name: 'a host that is down counts against nobody who has waited',
    given: judge([failed(1, 'host-down', { failure: 'ECONNREFUSED', hasWaited: true })]),
    later: [],
    givenUp: [],
    heldUp: 'host-down',
  },
  {
    name: 'a host that is down counts against nobody, though others came from the cache',
    given: judge([failed(1, 'host-down', { failure: '503', failures: 2 })], cut),
    later: [],
    givenUp: [],
    heldUp: 'host-down',
  },
  {
    name: 'a host that is down counts against nobody at the end either',
    given: judge([failed(1, 'host-down', { failure: 'ECONNREFUSED', failures: 2 })]),
    later: [],
    givenUp: [],
    heldUp: 'host-down',
  },
  {
    name: 'the last points of a region, all broken before, do not wait for ever for a host that answers with rubbish',
    given: judge([failed(1, 'host-down', { failure: 'text instead of a picture', failures: 2 })]),
    later: [],
    givenUp: [1],
    heldUp: null,
  },
  {
    name: 'a refusal stops, whatever else came',
    given: judge([failed(1, unavailable), failed(2, 'tiles-refused')], cut),
    later: [1],
    givenUp: [],
    heldUp: 'tiles-refused',
  },
  {
    name: 'a file that was exchanged has to be opened anew: its points wait for that',
    given: judge([failed(1, 'file-changed')], cut),
    later: [1],
    givenUp: [],
    heldUp: 'file-changed',
  },
  {
    name: 'a file that is another at each opening counts at last, and is opened anew for others',
    given: judge([failed(1, 'file-changed', { failures: FAILURES_MAX - 1 })]),
    later: [],
    givenUp: [1],
    heldUp: 'file-changed',
  },
]
for (const { name, given, later, givenUp, heldUp } of cases) {
  test(name, () => {
    expect(given.failed.map(({ id }) => id)).toEqual(later)
    expect(given.givenUp.map(({ id }) => id)).toEqual(givenUp)
    expect(given.heldUp?.code ?? null).toBe(heldUp)
  })
}

test('while no picture comes anywhere nobody is counted, and the build waits for that', () => {
  const silence = new UpstreamError('host-down', 'nothing comes')
  const broken = [failed(1, unavailable, { failures: FAILURES_MAX - 1 }), failed(2, unavailable)]
  for (const others of [[], cut]) {
    const found = { cut: others, unchanged: [], unavailable: [], failed: broken }
    const judged = judgeFailures(found, silence)
    expect(judged).toEqual({ failed: [], givenUp: [], heldUp: silence })
  }
})

test('whether pictures come anywhere is asked where a claim is broken, or a point is at its end', () => {
  const last = failed(1, unavailable, { failures: FAILURES_MAX - 1 })
  const first = failed(1, unavailable)
  const down = failed(1, 'host-down', { failure: '503' })
  const needs = (patch: FailedPatch, others: CutPatch[]) =>
    needsProbe({ cut: others, failed: [patch] })
  expect([needs(first, []), needs(first, cut), needs(last, cut)]).toEqual([true, false, true])
  expect([needs(down, []), needs(failed(1, 'tiles-refused'), [])]).toEqual([false, false])
})

test('a given up point has the reason of its imagery, never that of a host', () => {
  const last = { failures: FAILURES_MAX - 1, failure: '500' }
  expect(judge([failed(1, 'host-down', last)]).givenUp).toEqual([{ id: 1, reason: unavailable }])
})

test('each try of a point waits longer than the one before', () => {
  const waits = [0, 1].map((failures) => judge([failed(1, unavailable, { failures })], cut).failed)
  expect(waits[1]![0]!.waitS).toBeGreaterThan(waits[0]![0]!.waitS)
})

test('only a refusal is one', () => {
  expect(isRefusal(new UpstreamError('tiles-refused', 'x'))).toBe(true)
  expect(isRefusal(new UpstreamError('host-down', 'x'))).toBe(false)
})

test('all of a claim are broken: they wait uncounted, and count when they come again', () => {
  const broken = { failure: '500' }
  const first = judge([failed(1, unavailable, broken), failed(2, unavailable, broken)])
  expect(first.failed.map(({ id, isCounted }) => [id, isCounted])).toEqual([
    [1, false],
    [2, false],
  ])
  expect(first.heldUp).toBeNull()
  const again = judge([
    failed(1, unavailable, { ...broken, hasWaited: true }),
    failed(2, unavailable, broken),
  ])
  expect(again.failed.map(({ id, isCounted }) => [id, isCounted])).toEqual([
    [1, true],
    [2, false],
  ])
  expect(again.heldUp).toBeNull()
})

test('that a file was exchanged counts from the second time on', () => {
  const [first] = judge([failed(1, 'file-changed')], cut).failed
  const [again] = judge([failed(1, 'file-changed', { hasWaited: true })], cut).failed
  expect([first?.isCounted, again?.isCounted]).toEqual([false, true])
  expect(first!.waitS).toBeLessThan(again!.waitS)
})
