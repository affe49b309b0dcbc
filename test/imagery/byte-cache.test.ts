import { expect, test } from 'vitest'
import { ByteCache } from '../../src/imagery/byte-cache.ts'

const bytes = (length: number) => () => Promise.resolve(new Uint8Array(length))

/** Which of the keys have to be made again. */
async function gone(cache: ByteCache<Uint8Array>, keys: readonly string[]): Promise<string[]> {
  const made: string[] = []
  for (const key of keys) {
    await cache.get(key, () => {
      made.push(key)
      return Promise.resolve(new Uint8Array(0))
    })
  }
  return made
}

test('what was used longest ago goes first, and only as much as has to', async () => {
  const cache = new ByteCache<Uint8Array>(100)
  await cache.get('a', bytes(40))
  await cache.get('b', bytes(40))
  await cache.get('a', bytes(40))
  await cache.get('c', bytes(40))
  expect(await gone(cache, ['a', 'c', 'b'])).toEqual(['b'])
})

test('one larger than the whole cache is kept until the next, never refused', async () => {
  const cache = new ByteCache<Uint8Array>(100)
  expect((await cache.get('huge', bytes(500))).length).toBe(500)
  expect(await gone(cache, ['huge'])).toEqual([])
  await cache.get('small', bytes(10))
  expect(await gone(cache, ['huge'])).toEqual(['huge'])
})

test('those who ask at the same time share one making', async () => {
  const cache = new ByteCache<Uint8Array>(100)
  let count = 0
  const make = () => {
    count++
    return Promise.resolve(new Uint8Array(1))
  }
  const [first, second] = await Promise.all([cache.get('a', make), cache.get('a', make)])
  expect(count).toBe(1)
  expect(second).toBe(first)
})

test('a failure is told to all who wait and is not kept', async () => {
  const cache = new ByteCache<Uint8Array>(100)
  const fail = () => Promise.reject(new Error('no tile'))
  const both = await Promise.allSettled([cache.get('a', fail), cache.get('a', bytes(1))])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect((await cache.get('a', bytes(7))).length).toBe(7)
})

test('bytes that arrive after the cache was cleared are handed out but not counted', async () => {
  const cache = new ByteCache<Uint8Array>(100)
  const late = cache.get('late', bytes(90))
  cache.clear()
  expect((await late).length).toBe(90)
  await cache.get('a', bytes(90))
  expect(await gone(cache, ['a', 'late'])).toEqual(['late'])
})
