/** Bounded concurrency for the chains of a journey: the one helper, no framework. */

/**
 * Applies `work` to each item with at most `concurrency` under way; results come in the order of the items.
 * A rejected `work` ends the chain after the others under way have settled.
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
