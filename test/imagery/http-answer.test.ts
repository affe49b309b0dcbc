import { describe, expect, test } from 'vitest'
import {
  firstByteOf,
  freshUntilMs,
  MISSING_FRESH_MS,
  networkFailure,
  retryAfterMs,
  totalBytesOf,
} from '../../src/imagery/http-answer.ts'

const DAY = 86_400_000
const date = 'Sat, 21 Nov 2026 10:00:00 GMT'

const WAITS: { name: string; headers: Record<string, string>; ms: number | undefined }[] = [
  { name: 'none', headers: {}, ms: undefined },
  { name: 'seconds', headers: { 'retry-after': '7' }, ms: 7000 },
  {
    name: 'a date, by the clock of the server',
    headers: { date, 'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT' },
    ms: 30_000,
  },
  { name: 'a date that is over', headers: { date, 'retry-after': date }, ms: 0 },
  { name: 'nonsense', headers: { date, 'retry-after': 'soon' }, ms: undefined },
]
for (const { name, headers, ms } of WAITS) {
  test(`retryAfterMs: ${name}`, () => expect(retryAfterMs(new Headers(headers))).toBe(ms))
}

const FRESH: { name: string; headers: Record<string, string>; until: number | null }[] = [
  { name: 'nothing said: a week', headers: {}, until: 7 * DAY },
  { name: 'max-age', headers: { 'cache-control': 'public, max-age=60' }, until: 60_000 },
  {
    name: 'max-age, some of it over',
    headers: { 'cache-control': 'max-age=60', age: '20' },
    until: 40_000,
  },
  { name: 'no-cache: ask each time', headers: { 'cache-control': 'no-cache' }, until: 0 },
  { name: 'no-store', headers: { 'cache-control': 'private, no-store' }, until: null },
  {
    name: 'expires',
    headers: { date, expires: 'Sat, 21 Nov 2026 11:00:00 GMT' },
    until: 3_600_000,
  },
  { name: 'expires, that cannot be read: at once', headers: { date, expires: 'never' }, until: 0 },
  { name: 'expires, that cannot be read, no date', headers: { expires: 'never' }, until: 0 },
  {
    name: 'expires in the past, no date',
    headers: { expires: 'Thu, 01 Jan 1953 00:00:00 GMT' },
    until: 0,
  },
  {
    name: 'expires, no date: by our own clock',
    headers: { expires: 'Thu, 01 Jan 1970 00:01:00 GMT' },
    until: 60_000,
  },
  { name: 'expires at once', headers: { date, expires: date }, until: 0 },
]
for (const { name, headers, until } of FRESH) {
  test(`freshUntilMs: ${name}`, () => expect(freshUntilMs(new Headers(headers), 0)).toBe(until))
}

test('that there is nothing is believed for a day', () => {
  expect(freshUntilMs(new Headers(), 0, MISSING_FRESH_MS)).toBe(DAY)
})

test('totalBytesOf reads the whole length of a partial answer', () => {
  expect(totalBytesOf(new Headers({ 'content-range': 'bytes 0-9/1234' }))).toBe(1234)
  expect(totalBytesOf(new Headers({ 'content-range': 'bytes 0-9/*' }))).toBeUndefined()
  expect(totalBytesOf(new Headers())).toBeUndefined()
})

test('firstByteOf reads where a partial answer begins', () => {
  expect(firstByteOf(new Headers({ 'content-range': 'bytes 100-199/1234' }))).toBe(100)
  expect(firstByteOf(new Headers({ 'content-range': 'bytes 0-9/*' }))).toBe(0)
  expect(firstByteOf(new Headers({ 'content-range': 'bytes */1234' }))).toBeUndefined()
  expect(firstByteOf(new Headers())).toBeUndefined()
})

describe('networkFailure', () => {
  test('names the code, never the text, which may hold the address', () => {
    const cause = Object.assign(new Error('connect https://a?key=secret'), { code: 'ECONNRESET' })
    expect(networkFailure(new TypeError('fetch failed', { cause }))).toBe('ECONNRESET')
    expect(networkFailure(new Error('https://a?key=secret'))).toBe('network error')
  })
})
