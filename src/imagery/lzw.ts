/**
 * LZW as TIFF has it: codes of 9 to 12 bits, highest bit first, widened one code early.
 * geotiff.js's own decoder takes 6 × as long as its others, and grows without bound on damaged data
 * until the process is aborted.
 */

const CLEAR = 256
const END = 257
const FIRST = 258
const BITS_MIN = 9
const BITS_MAX = 12

/** Reads codes of a growing width. */
class CodeReader {
  width = BITS_MIN
  readonly #bytes: Uint8Array
  #position = 0
  #bits = 0
  #bitCount = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The next code; the end where there is none. */
  next(): number {
    while (this.#bitCount < this.width) {
      const byte = this.#bytes[this.#position++]
      if (byte === undefined) return END
      this.#bits = ((this.#bits << 8) | byte) & 0xffffff
      this.#bitCount += 8
    }
    this.#bitCount -= this.width
    return (this.#bits >>> this.#bitCount) & ((1 << this.width) - 1)
  }
}

/**
 * The output, and the table of the strings seen. Each is one of the strings before and a byte, so
 * it stands in the output already: the table keeps places, not strings.
 */
class Output {
  readonly bytes: Uint8Array<ArrayBuffer>
  end = 0
  /** Codes that mean something. */
  count = FIRST
  readonly #starts = new Uint32Array(1 << BITS_MAX)
  readonly #lengths = new Uint32Array(1 << BITS_MAX)
  /** The string before; 0 bytes long after a clear code. */
  #lastStart = 0
  #lastLength = 0

  constructor(byteCount: number) {
    this.bytes = new Uint8Array(byteCount)
  }

  clear(): void {
    this.count = FIRST
    this.#lastLength = 0
  }

  /** @throws {Error} on a code that means nothing yet */
  write(code: number): void {
    if (this.#lastLength > 0 && this.count < 1 << BITS_MAX) {
      // The string before and the byte after it, which the string of this code begins with.
      this.#starts[this.count] = this.#lastStart
      this.#lengths[this.count] = this.#lastLength + 1
      this.count++
    }
    if (code >= this.count) throw new Error(`LZW code ${String(code)} means nothing`)
    const start = this.end
    if (code < CLEAR) this.bytes[this.end++] = code
    else this.#copy(this.#starts[code] as number, this.#lengths[code] as number)
    this.#lastStart = start
    this.#lastLength = this.end - start
  }

  /** Byte by byte: a string may overlap its copy. */
  #copy(from: number, length: number): void {
    const { bytes } = this
    const end = Math.min(this.end + length, bytes.length)
    for (let source = from; this.end < end; source++) bytes[this.end++] = bytes[source] as number
  }
}

/**
 * Decodes a tile or strip.
 * @param byteCount  bytes of a whole tile; no more are made, and what is missing is 0
 * @throws {Error} on a code that means nothing yet
 */
export function decodeLzw(bytes: Uint8Array, byteCount: number): Uint8Array<ArrayBuffer> {
  const codes = new CodeReader(bytes)
  const out = new Output(byteCount)
  for (let code = codes.next(); code !== END && out.end < byteCount; code = codes.next()) {
    if (code === CLEAR) out.clear()
    else out.write(code)
    codes.width = widthFor(out.count)
  }
  return out.bytes
}

/** Bits of the next code: wide enough for the one that it will add, and one code early. */
function widthFor(count: number): number {
  return Math.min(Math.max(32 - Math.clz32(count + 1), BITS_MIN), BITS_MAX)
}
