/**
 * A disk cache before an HTTP client: answers are kept as long as the server allows, then asked for
 * with their ETag; that a server has nothing somewhere is kept too, but not believed by who began
 * after it was heard: a build that is begun anew asks again.
 * @io disk network
 */
import type { DiskCache, Stored, StoredHead } from './disk-cache.ts'
import { FRESH_MS, freshUntilMs, MISSING_FRESH_MS } from './http-answer.ts'
import { isMissing, type HttpAnswer, type HttpGet, type HttpRequest } from './http-client.ts'

/** Headers that readers look at. */
const KEPT_HEADERS = ['etag', 'last-modified', 'content-type', 'content-range', 'blank-tile']

/**
 * Answers from the disk where it can. Requests are told apart by their address (without its key)
 * and range.
 */
export class HttpCache implements HttpGet {
  readonly #client: HttpGet
  readonly #disk: DiskCache
  readonly #openedAt = Date.now()

  constructor(client: HttpGet, disk: DiskCache) {
    this.#client = client
    this.#disk = disk
  }

  async get(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted()
    const key = keyOf(request)
    const stored = await this.#disk.read(key)
    if (stored !== undefined && this.#holds(stored)) return answerOf(stored)
    const known = stored && validatorsOf(stored.head)
    const answer = await this.#client.get({ ...request, ...(known && { known }) }, signal)
    const isConfirmed = answer.status === 304 && stored !== undefined
    const bytes = isConfirmed ? stored.bytes : bytesOf(answer)
    const askedAt = Date.now()
    const freshUntil = freshUntilMs(answer.headers, askedAt, unsaidFreshMs(answer, stored))
    const head = isConfirmed ? stored.head : headOf(answer)
    if (freshUntil === null) await this.#disk.remove(key)
    else await this.#disk.write(key, { head: { ...head, freshUntil, askedAt }, bytes })
    return isConfirmed ? answerOf(stored) : answer
  }

  #holds(stored: Stored): boolean {
    const { freshUntil, askedAt = 0 } = stored.head
    // No bytes are no picture either, whatever the status says.
    const hasNothing = isMissing(answerOf(stored)) || stored.bytes.byteLength === 0
    const isBelieved = !hasNothing || askedAt >= this.#openedAt
    return isBelieved && freshUntil > Date.now()
  }

  /** Drops an answer that turned out to be useless, so that it is fetched anew. */
  async forget(request: HttpRequest): Promise<void> {
    await this.#disk.remove(keyOf(request))
  }
}

function keyOf({ url, range }: HttpRequest): string {
  return range === undefined ? url : `${url} ${range.join('-')}`
}

/**
 * Of an answer that there is nothing no page is kept: it may repeat the address that was asked,
 * with its key.
 */
function bytesOf(answer: HttpAnswer): Uint8Array {
  return isMissing(answer) ? new Uint8Array(0) : answer.bytes
}

/**
 * How long to keep an answer that does not say it. A 304 without a word about it leaves it as it
 * was.
 */
function unsaidFreshMs(answer: HttpAnswer, stored: Stored | undefined): number {
  if (isMissing(answer)) return MISSING_FRESH_MS
  const { askedAt, freshUntil = 0 } = stored?.head ?? {}
  // Files of older versions do not tell when they were asked for.
  if (answer.status !== 304 || askedAt === undefined) return FRESH_MS
  return Math.max(freshUntil - askedAt, 0)
}

function validatorsOf({ status, headers }: StoredHead): HttpRequest['known'] | undefined {
  if (status !== 200) return undefined
  return { etag: headers['etag'] ?? null, lastModified: headers['last-modified'] ?? null }
}

function headOf({ status, headers }: HttpAnswer): Omit<StoredHead, 'freshUntil' | 'askedAt'> {
  const kept = KEPT_HEADERS.flatMap((name): [string, string][] => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  return { status, headers: Object.fromEntries(kept) }
}

function answerOf({ head, bytes }: Stored): HttpAnswer {
  return { status: head.status, headers: new Headers(head.headers), bytes }
}
