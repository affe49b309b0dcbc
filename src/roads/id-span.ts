/**
 * What shows, without keeping ids, that no object came twice: spans that do not overlap, each
 * strictly ascending.
 */

/** Ids of one block. */
export interface IdSpan {
  readonly count: number
  readonly idMin: number
  readonly idMax: number
  /** Strictly. */
  readonly isAscending: boolean
}

/** Gathers a span, id by id. */
export class SpanBuilder implements IdSpan {
  count = 0
  idMin = Infinity
  idMax = -Infinity
  isAscending = true

  add(id: number): void {
    this.count++
    if (id > this.idMax) this.idMax = id
    else this.isAscending = false
    if (id < this.idMin) this.idMin = id
  }
}

/** False only when it is certain that no id came twice. */
export function mayRepeat(spans: readonly IdSpan[]): boolean {
  const sorted = spans.filter(({ count }) => count > 0).sort((a, b) => a.idMin - b.idMin)
  return sorted.some(
    ({ isAscending, idMin }, i) => !isAscending || idMin <= (sorted[i - 1]?.idMax ?? -Infinity),
  )
}
