/** Bounded concurrency for the chains of a journey: the one helper, no framework. */
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Applies `work` to each item with at most `concurrency` under way; results come in the order of
 * the items. A rejected `work` ends the chain after the others under way have settled.
 */
export async function* mapOrdered<In, Out>(
  items: Iterable<In> | AsyncIterable<In>,
  concurrency: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const underWay: Promise<Out>[] = []
  try {
    for await (const item of items) {
      const promise = work(item)
      // A later item may fail while an earlier one is awaited: it is reported in its turn.
      promise.catch(() => undefined)
      underWay.push(promise)
      if (underWay.length >= concurrency) yield await takeFirst(underWay)
    }
    while (underWay.length > 0) yield await takeFirst(underWay)
  } finally {
    await Promise.allSettled(underWay)
  }
}

function takeFirst<T>(queue: Promise<T>[]): Promise<T> {
  const first = queue.shift()
  if (first === undefined) throw new Error('takeFirst of an empty queue')
  return first
}

/**
 * As `mapOrdered`, but results come as they are ready: a slow item does not keep the next ones from
 * starting.
 */
export async function* mapAsReady<In, Out>(
  items: Iterable<In> | AsyncIterable<In>,
  concurrency: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const underWay = new Set<Promise<Ready<Out>>>()
  const takeReady = async (): Promise<Out> => {
    const { self, result } = await Promise.race(underWay)
    underWay.delete(self())
    return result
  }
  try {
    for await (const item of items) {
      const promise: Promise<Ready<Out>> = work(item).then((result) => ({
        self: () => promise,
        result,
      }))
      promise.catch(() => undefined)
      underWay.add(promise)
      if (underWay.size >= concurrency) yield await takeReady()
    }
    while (underWay.size > 0) yield await takeReady()
  } finally {
    await Promise.allSettled(underWay)
  }
}

/**
 * A result and the promise that it came from; as a function, because a promise of a promise would
 * be unwrapped.
 */
interface Ready<Out> {
  readonly self: () => Promise<Ready<Out>>
  readonly result: Out
}

/** Lets through so many at a time, in the order in which they came. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>

/** Makes a gate; work that throws leaves it like any other. */
export function createGate(width: number): Gate {
  let inside = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (inside >= width) await new Promise<void>((resolve) => waiting.push(resolve))
    else inside += 1
    try {
      return await work()
    } finally {
      // Who waits takes over the place, so that nobody slips in between.
      const next = waiting.shift()
      if (next === undefined) inside -= 1
      else next()
    }
  }
}

/** Waits, but not longer than until the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
