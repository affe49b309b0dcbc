/** Limits how many pixels are held at a time, whoever wants how many. Pure. */

/**
 * Lets work through while the pixels of all that are under way stay within a limit, in the order in
 * which it came.
 */
export class PixelBudget {
  readonly #max: number
  readonly #waiting: { readonly pixels: number; readonly start: () => void }[] = []
  #used = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Does work that holds so many pixels; what needs more than there are goes alone. */
  async within<T>(pixels: number, work: () => Promise<T>): Promise<T> {
    const taken = Math.min(pixels, this.#max)
    const hasRoom = this.#waiting.length === 0 && this.#used + taken <= this.#max
    if (hasRoom) this.#used += taken
    else await new Promise<void>((start) => this.#waiting.push({ pixels: taken, start }))
    try {
      return await work()
    } finally {
      this.#used -= taken
      this.#startNext()
    }
  }

  #startNext(): void {
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined || this.#used + next.pixels > this.#max) return
      this.#waiting.shift()
      // Taken before it starts, so that nobody slips in between.
      this.#used += next.pixels
      next.start()
    }
  }
}
