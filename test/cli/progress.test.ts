import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openProgress } from '../../src/cli/progress.ts'

let lines: string[]
beforeEach(() => {
  lines = []
  vi.useFakeTimers({ now: 1_000_000 })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text).trim())
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

test('off a terminal the last word before a silence is told, some seconds later', () => {
  const progress = openProgress()
  progress.show('10/100')
  vi.advanceTimersByTime(100)
  progress.show('11/100')
  progress.show('paused: the host is down')
  vi.advanceTimersByTime(4000)
  expect(lines).toEqual(['10/100'])
  vi.advanceTimersByTime(2000)
  expect(lines).toEqual(['10/100', 'paused: the host is down'])
})

test('off a terminal the last line stands there once when the work ends', () => {
  const progress = openProgress()
  progress.show('99/100')
  progress.show('100/100')
  progress.end()
  vi.advanceTimersByTime(60_000)
  expect(lines).toEqual(['100/100'])
})
