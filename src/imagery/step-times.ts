/** Where a source of tiles spends its time. */

/** Milliseconds of each step, summed over all that went on at once: their ratio tells what a source waits for. */
export interface StepTimes {
  /** Until the bytes were there, from the host or the cache. */
  readonly fetch: number
  readonly decode: number
  /** Putting tiles together and warping them. */
  readonly cut: number
}

/** Adds up. */
export class StepWatch implements StepTimes {
  fetch = 0
  decode = 0
  cut = 0

  /** A step that fails counts too. */
  async time<T>(step: keyof StepTimes, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    try {
      return await work()
    } finally {
      this[step] += performance.now() - startedAt
    }
  }
}
