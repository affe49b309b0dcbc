/**
 * Memory for pictures of one size that is used again: freeing 150 kB per patch kept the engine
 * collecting garbage. Pure.
 */

/** Makes room for so many bytes; what stood in them before is void. */
export type Allocate = (byteCount: number) => Uint8Array

/** New memory, for whoever keeps what he is given. */
export const allocateNew: Allocate = (byteCount) => new Uint8Array(byteCount)

/** Lends memory. Pieces that are never given back are simply garbage some time. */
export class PixelPool {
  readonly #keepMax: number
  readonly #free: Uint8Array[] = []
  readonly #lent = new WeakSet<Uint8Array>()

  /** @param keepMax  so many pieces are kept for the next ones at most */
  constructor(keepMax: number) {
    this.#keepMax = keepMax
  }

  /** Lends a piece, as `Allocate`. */
  take(byteCount: number): Uint8Array {
    const free = this.#free.pop()
    const piece = free?.length === byteCount ? free : allocateNew(byteCount)
    this.#lent.add(piece)
    return piece
  }

  /** Takes back a piece that nobody reads any more. Memory from elsewhere stays with its owner. */
  give(piece: Uint8Array): void {
    if (!this.#lent.delete(piece)) return
    if (this.#free.length < this.#keepMax) this.#free.push(piece)
  }
}
