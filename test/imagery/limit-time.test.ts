import { expect, test } from 'vitest'
import { limitTime } from '../../src/imagery/limit-time.ts'

test('ends with the other signal, with its reason', () => {
  const outer = new AbortController()
  const { signal } = limitTime(outer.signal, 60_000)
  outer.abort(new Error('stop'))
  expect(signal.reason).toEqual(new Error('stop'))
})

test('ends after its time, and not once it is over', async () => {
  const { signal: outer } = new AbortController()
  const short = limitTime(outer, 10)
  const over = limitTime(outer, 10)
  over.end()
  await new Promise((resolve) => short.signal.addEventListener('abort', resolve))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(over.signal.aborted).toBe(false)
})
