import { expect, test } from 'vitest'
import { createGate, mapAsReady, mapOrdered, pause } from '../../src/journeys/flow.ts'

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('mapOrdered keeps the order of the items whatever finishes first', async () => {
  const out = mapOrdered([30, 1, 20, 2], 3, async (ms) => {
    await later(ms)
    return ms
  })
  expect(await collect(out)).toEqual([30, 1, 20, 2])
})

test('mapOrdered never has more than the stated number under way', async () => {
  let underWay = 0
  let most = 0
  const out = mapOrdered(
    Array.from({ length: 20 }, (_, i) => i),
    4,
    async (i) => {
      most = Math.max(most, ++underWay)
      await later(i % 3)
      underWay--
      return i
    },
  )
  expect((await collect(out)).length).toBe(20)
  expect(most).toBe(4)
})

test('mapOrdered rejects with the error of the item and waits for those under way', async () => {
  const finished: number[] = []
  const out = mapOrdered([1, 2, 3], 3, async (i) => {
    await later(i)
    if (i === 1) throw new Error('first fails')
    finished.push(i)
    return i
  })
  await expect(collect(out)).rejects.toThrow('first fails')
  expect(finished).toEqual([2, 3])
})

test('mapOrdered reads no further item than it has work under way', async () => {
  let read = 0
  function* items() {
    while (read < 100) yield read++
  }
  const out = mapOrdered(items(), 2, async (i) => i)
  await out.next()
  await out.return(undefined)
  expect(read).toBeLessThanOrEqual(2)
})

test('mapAsReady gives what is ready first, so that a slow item keeps no other waiting', async () => {
  const out = mapAsReady([60, 1, 20, 2], 2, async (ms) => {
    await later(ms)
    return ms
  })
  expect(await collect(out)).toEqual([1, 20, 2, 60])
})

test('mapAsReady never has more than the stated number under way, and rejects after the others have settled', async () => {
  let underWay = 0
  let most = 0
  const finished: number[] = []
  const out = mapAsReady([1, 2, 3, 4, 5, 6], 3, async (i) => {
    most = Math.max(most, ++underWay)
    await later(3 * i)
    underWay--
    if (i === 2) throw new Error('second fails')
    finished.push(i)
    return i
  })
  await expect(collect(out)).rejects.toThrow('second fails')
  expect(most).toBe(3)
  expect(finished).toEqual(expect.arrayContaining([1, 3]))
  expect(underWay).toBe(0)
})

test('a gate lets through so many at a time, in order, and those that throw leave it', async () => {
  const gate = createGate(2)
  const order: number[] = []
  let inside = 0
  let most = 0
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((i) =>
      gate(async () => {
        order.push(i)
        most = Math.max(most, ++inside)
        await later(2)
        inside--
        if (i % 2 === 1) throw new Error('odd')
        return i
      }),
    ),
  )
  expect(order).toEqual([0, 1, 2, 3, 4, 5])
  expect(most).toBe(2)
  expect(results.filter(({ status }) => status === 'rejected').length).toBe(3)
})

test('a pause ends with the signal', async () => {
  const controller = new AbortController()
  const waiting = pause(60_000, controller.signal)
  controller.abort()
  await waiting
  await pause(60_000, controller.signal)
})
