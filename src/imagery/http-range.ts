/**
 * A file behind HTTP, read in blocks: those that are wanted at the same time and lie side by side
 * come in one request, and are kept for the next. That the file is exchanged meanwhile is noticed,
 * and said.
 * @io network
 */
import { InputError, UpstreamError } from '../errors.ts'
import type { ByteCache } from './byte-cache.ts'
import { asDownload } from './download-time.ts'
import { firstByteOf, totalBytesOf } from './http-answer.ts'
import { isMissing, type HttpAnswer, type HttpGet } from './http-client.ts'
import type { RangeReader } from './range-reader.ts'
import { withoutSignature } from './signed-address.ts'
import { waitFor } from './wait-for.ts'

/**
 * Small beside a tile of imagery, so that little is read in vain; large enough for all tags of most
 * files.
 */
const BLOCK_BYTES = 32 * 1024
/** At most 4 MiB in one request. */
const REQUEST_BLOCKS_MAX = 128

/** What files behind HTTP share. */
export interface RangeDeps {
  readonly http: HttpGet
  /** Blocks of all files of a source. */
  readonly blocks: ByteCache<Uint8Array>
}

/** Opens a file; nothing is asked before something is read. @param url  may hold `{key}` */
export function openHttpReader(url: string, deps: RangeDeps): RangeReader {
  return new HttpReader(url, deps)
}

/** One who waits for a block. */
interface Waiting {
  readonly resolve: (block: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

let openedCount = 0

/** How the server names the state of a file. */
interface Version {
  readonly etag: string | null
  /** ETag or date of change; null where the server tells neither. */
  readonly tag: string | null
  /** Bytes. */
  readonly size: number
}

class HttpReader implements RangeReader {
  /** Without its signature. */
  readonly name: string
  readonly #url: string
  /** Blocks of a file that is opened again are not those of before: it may have changed. */
  readonly #id = openedCount++
  readonly #deps: RangeDeps
  readonly #wanted = new Map<number, Waiting>()
  readonly #closing = new AbortController()
  #version: Version | undefined
  #isOutdated = false

  constructor(url: string, deps: RangeDeps) {
    this.name = withoutSignature(url)
    this.#url = url
    this.#deps = deps
  }

  get etag(): string | null {
    return this.#version?.etag ?? null
  }

  get isOutdated(): boolean {
    return this.#isOutdated
  }

  async size(signal: AbortSignal): Promise<number> {
    if (this.#version === undefined) await waitFor(this.#block(0), signal)
    return this.#version?.size ?? 0
  }

  async read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    // What damaged tags ask for may be far more than there is: never ask for that.
    const end = Math.min(offset + length, await this.size(signal))
    if (!(offset < end)) return new Uint8Array(0)
    const first = Math.floor(offset / BLOCK_BYTES)
    const last = Math.floor((end - 1) / BLOCK_BYTES)
    const indices = Array.from({ length: last - first + 1 }, (_, index) => first + index)
    const blocks = await Promise.all(indices.map((index) => waitFor(this.#block(index), signal)))
    const start = offset - first * BLOCK_BYTES
    return Buffer.concat(blocks).subarray(start, start + end - offset)
  }

  async close(): Promise<void> {
    this.#closing.abort()
  }

  /** The work on a block is shared: it goes on when one of those who wait for it gives up. */
  #block(index: number): Promise<Uint8Array> {
    const key = `${String(this.#id)}/${String(index)}`
    return this.#deps.blocks.get(key, () => {
      // What else is wanted now is asked for together.
      if (this.#wanted.size === 0) setImmediate(() => this.#flush())
      // The request is made in the name of one block; each of them waits for it.
      return asDownload(
        () => new Promise((resolve, reject) => this.#wanted.set(index, { resolve, reject })),
      )
    })
  }

  #flush(): void {
    const wanted = [...this.#wanted].sort(([a], [b]) => a - b)
    this.#wanted.clear()
    while (wanted.length > 0) {
      let count = 1
      const start = (wanted[0] as [number, Waiting])[0]
      while (count < REQUEST_BLOCKS_MAX && wanted[count]?.[0] === start + count) count++
      void this.#fetchBlocks(wanted.splice(0, count))
    }
  }

  async #fetchBlocks(wanted: readonly (readonly [index: number, Waiting])[]): Promise<void> {
    const [start] = wanted[0] as readonly [number, Waiting]
    try {
      const bytes = await this.#fetchRange(start * BLOCK_BYTES, wanted.length * BLOCK_BYTES)
      for (const [index, { resolve }] of wanted) {
        const at = (index - start) * BLOCK_BYTES
        // Copied, so that a block that is kept does not keep the whole answer.
        resolve(Uint8Array.from(bytes.subarray(at, at + BLOCK_BYTES)))
      }
    } catch (error) {
      for (const [, { reject }] of wanted) reject(error)
    }
  }

  async #fetchRange(offset: number, length: number): Promise<Uint8Array> {
    const last = Math.min(offset + length, this.#version?.size ?? Infinity) - 1
    const request = {
      url: this.#url,
      range: [offset, last] as const,
      maxBytes: length,
      check: (answer: HttpAnswer) => this.#check(answer, offset, last),
    }
    const answer = await this.#deps.http.get(request, this.#closing.signal)
    if (isMissing(answer)) throw this.#missing(answer.status)
    this.#version ??= versionOf(answer)
    // A server that answers with the whole file, where that is no longer than what was asked for.
    return answer.status === 200 ? answer.bytes.subarray(offset, last + 1) : answer.bytes
  }

  /**
   * A file that was there, and is not there now, may come back: it is no mistake in the address.
   */
  #missing(status: number): InputError | UpstreamError {
    if (this.#version === undefined) return missing(this.name, status)
    this.#isOutdated = true
    return changed(this.name, String(status))
  }

  /** @returns why to ask again, or the error that ends it */
  #check(answer: HttpAnswer, offset: number, last: number): string | UpstreamError | undefined {
    // The page of a refusal has another tag and length than the file: that says nothing about the
    // file.
    if (answer.status !== 200 && answer.status !== 206) return undefined
    return displacementOf(answer, offset) ?? this.#checkFile(answer, offset, last)
  }

  #checkFile(answer: HttpAnswer, offset: number, last: number): string | UpstreamError | undefined {
    const version = versionOf(answer)
    const known = this.#version ?? version
    this.#isOutdated ||= version.tag !== known.tag || version.size !== known.size
    if (this.#isOutdated) return changed(this.name, 'another')
    const expected = Math.min(last + 1, version.size) - (answer.status === 200 ? 0 : offset)
    const { byteLength } = answer.bytes
    if (byteLength < expected) return `${String(byteLength)} of ${String(expected)} bytes`
    return undefined
  }
}

/**
 * Another part of the file would be taken for the one that was asked for, and be decoded to wrong
 * pixels.
 */
function displacementOf({ status, headers }: HttpAnswer, offset: number): string | undefined {
  const start = firstByteOf(headers)
  if (status === 200 || start === offset) return undefined
  const got =
    start === undefined ? 'a part from nobody knows where' : `a part from byte ${String(start)}`
  return `expected a part from byte ${String(offset)}, got ${got}`
}

function versionOf({ status, headers, bytes }: HttpAnswer): Version {
  const etag = headers.get('etag')
  const size = status === 200 ? bytes.byteLength : (totalBytesOf(headers) ?? Infinity)
  return { etag, tag: etag ?? headers.get('last-modified'), size }
}

function missing(url: string, status: number): InputError {
  return new InputError('file-unreadable', `Expected a file at ${url}, got ${String(status)}`, {
    hint: 'check the address',
  })
}

function changed(url: string, got: string): UpstreamError {
  return new UpstreamError(
    'file-changed',
    `Expected the file as it was when it was opened, got ${got}: GET ${url}`,
    { hint: 'a build opens it anew and goes on; other commands: start again' },
  )
}
