/** Walks a packed list of delta-coded `sint64`, the form of ids, references and coordinates in an extract. */

/** Sums the differences of a packed list, one number at a time; `hasMore` says whether another follows. */
export class DeltaCursor {
  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0
  #end = 0
  #sum = 0

  /** Goes to a list; one cursor serves many, because making objects costs more than short lists. */
  start(bytes: Uint8Array, position: number, end: number): void {
    this.#bytes = bytes
    this.#position = position
    this.#end = end
    this.#sum = 0
  }

  /** Where the cursor stands; behind the list's end only when the list was damaged. */
  get pos(): number {
    return this.#position
  }

  get end(): number {
    return this.#end
  }

  get hasMore(): boolean {
    return this.#position < this.#end
  }

  /** Next number of the list. Exact to 2^53, so ids above 2^32 and below 0 come out right. */
  next(): number {
    const bytes = this.#bytes
    let byte = bytes[this.#position++] as number
    let low = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift === 28) return this.#nextLong(low)
      byte = bytes[this.#position++] as number
      low |= (byte & 0x7f) << shift
    }
    return (this.#sum += (low >>> 1) ^ -(low & 1))
  }

  /** From the fifth byte on, 32-bit arithmetic no longer holds the number. */
  #nextLong(low: number): number {
    let value = low
    let byte = 0x80
    for (let factor = 2 ** 28; byte > 0x7f && factor < 2 ** 64; factor *= 128) {
      byte = this.#bytes[this.#position++] ?? 0
      value += (byte & 0x7f) * factor
    }
    return (this.#sum += value % 2 === 1 ? -(value + 1) / 2 : value / 2)
  }
}
