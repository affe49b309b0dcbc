import { expect, test } from 'vitest'
import { UpstreamError } from '../../src/errors.ts'
import { untilDatabaseAnswers } from '../../src/journeys/database-away.ts'

const away = () => new UpstreamError('database-unreachable', 'gone')

test('work is repeated until the database answers, and the wait is told once', async () => {
  let tries = 0
  const told: string[] = []
  const work = async () => {
    if (++tries < 3) throw away()
    return 'done'
  }
  const { signal } = new AbortController()
  expect(await untilDatabaseAnswers(work, signal, ({ message }) => told.push(message))).toBe('done')
  expect({ tries, told }).toEqual({ tries: 3, told: ['gone'] })
})

test('any other error is not repeated', async () => {
  let tries = 0
  const work = async () => {
    tries++
    throw new UpstreamError('host-down', 'another')
  }
  await expect(untilDatabaseAnswers(work, new AbortController().signal)).rejects.toThrow('another')
  expect(tries).toBe(1)
})

test('the signal ends the wait with the last error', async () => {
  const controller = new AbortController()
  const waiting = untilDatabaseAnswers(() => Promise.reject(away()), controller.signal)
  controller.abort()
  await expect(waiting).rejects.toThrow('gone')
})
