import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { formatProgress } from '../../src/cli/build-report.ts'
import { asDownload } from '../../src/imagery/download-time.ts'
import { BuildMeter, noProgress, StepClock } from '../../src/journeys/build-progress.ts'
import { createGate } from '../../src/journeys/flow.ts'

const counts = { total: 100, pending: 60, leased: 20, embedded: 20, unavailable: {} }

/** A clock that goes on when work is done. */
function createTime() {
  let ms = 0
  return { now: () => ms, spend: async (spent: number) => void (ms += spent) }
}

test('the shares of the steps add up, and the slowest is the largest', async () => {
  const { now, spend } = createTime()
  const clock = new StepClock(now)
  await clock.time('imagery', () => spend(620))
  await clock.time('inference', () => spend(350))
  await clock.time('database', () => spend(30))
  expect(clock.shares()).toEqual({
    download: 0,
    cutting: 0.62,
    inference: 0.35,
    database: 0.03,
  })
})

test('imagery is downloads as far as its patches wait for hosts, and cutting beyond that', async () => {
  const { now, spend } = createTime()
  const clock = new StepClock(now)
  const gate = clock.watch(createGate(2))
  await gate(async () => {
    await asDownload(() => sleep(30))
    await sleep(10)
  })
  await clock.time('imagery', () => spend(800))
  await clock.time('inference', () => spend(200))
  const { download, cutting, inference } = clock.shares()
  expect(download).toBeGreaterThan(cutting)
  expect(cutting).toBeGreaterThan(0)
  expect(download + cutting).toBeCloseTo(0.8, 9)
  expect(inference).toBeCloseTo(0.2, 9)
})

test('a step that fails counts too', async () => {
  const { now, spend } = createTime()
  const clock = new StepClock(now)
  const failing = clock.time('imagery', async () => {
    await spend(10)
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(clock.shares().cutting).toBe(1)
})

test('what was long ago weighs less', async () => {
  const { now, spend } = createTime()
  const clock = new StepClock(now)
  await clock.time('imagery', () => spend(1000))
  for (let i = 0; i < 6; i++) clock.fade()
  await clock.time('inference', () => spend(1000))
  expect(clock.shares().inference).toBeGreaterThan(0.95)
})

test('batches are added to the counts and to what the process had done before', async () => {
  const { now, spend } = createTime()
  const before = { ...noProgress('r'), done: 7, elapsedS: 3, failures: { a: 1 } }
  const meter = new BuildMeter({ now, before, counts })
  await spend(2000)
  meter.add({
    stored: { embedded: 10, unavailable: 1 },
    storedAt: 2000,
    unavailable: [{ id: 1, reason: 'nodata' }],
    blackCount: 4,
    failures: ['a', 'b'],
  })
  expect(meter.progress()).toMatchObject({
    done: 18,
    elapsedS: 5,
    blackCount: 4,
    failures: { a: 2, b: 1 },
    counts: { total: 100, pending: 60, leased: 9, embedded: 30, unavailable: { nodata: 1 } },
  })
  expect(meter.isStale()).toBe(false)
  await spend(16_000)
  expect(meter.isStale()).toBe(true)
})

test('a batch that a count has seen is not added to it, one that was stored later is', async () => {
  const { now, spend } = createTime()
  const meter = new BuildMeter({ now, before: noProgress('r'), counts })
  await spend(20_000)
  meter.recount({ ...counts, embedded: 40, leased: 10, pending: 50 }, 20_000)
  const batch = {
    stored: { embedded: 10, unavailable: 0 },
    unavailable: [],
    blackCount: 0,
    failures: [],
  }
  meter.add({ ...batch, storedAt: 19_999 })
  expect(meter.progress()).toMatchObject({ done: 10, counts: { embedded: 40, leased: 10 } })
  meter.add({ ...batch, storedAt: 20_001 })
  expect(meter.progress()).toMatchObject({ done: 20, counts: { embedded: 50, leased: 0 } })
})

test('the progress line names the bottleneck first, and a pause instead of a rate', () => {
  const progress = {
    ...noProgress('r'),
    counts,
    done: 20,
    elapsedS: 10,
    steps: { download: 0.25, cutting: 0.1, inference: 0.62, database: 0.03 },
    blackCount: 3,
    failures: { 'tiles-unavailable': 2 },
    problem: null,
  }
  expect(formatProgress(progress)).toBe(
    'embed 20/100 · 2.0/s · 40 s left · waiting for inference 62 %, downloads 25 %, reading and cutting 10 % · pure black: 3 · tried again: tiles-unavailable 2',
  )
  const problem = {
    code: 'host-down',
    message: 'Expected answers from tiles.example.org',
    at: '2026-03-01T12:00:00.000Z',
    nextTryAt: '2026-03-01T12:04:00.000Z',
  }
  expect(formatProgress({ ...progress, problem })).toBe(
    'embed 20/100 · paused: Expected answers from tiles.example.org; next try at 12:04:00 UTC · pure black: 3 · tried again: tiles-unavailable 2',
  )
})

test.each([
  { elapsedS: 1.9, left: 80, says: 'embed 20/100 · 10.5/s' },
  { elapsedS: 2, left: 80, says: 'embed 20/100 · 10.0/s · 8 s left' },
  { elapsedS: 1.9, left: 0, says: 'embed 100/100 · 10.5/s · 0 s left' },
])('time left is told once the rate means something: $elapsedS s, $left points', (given) => {
  const { elapsedS, left, says } = given
  const now = { ...counts, pending: left, leased: 0 }
  const progress = { ...noProgress('r'), counts: now, done: 20, elapsedS, problem: null }
  expect(formatProgress(progress)).toBe(says)
})
