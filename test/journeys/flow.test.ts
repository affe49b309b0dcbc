import { expect, test } from 'vitest'
import { mapOrdered } from '../../src/journeys/flow.ts'

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
