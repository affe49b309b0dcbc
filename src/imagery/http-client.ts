/**
 * Requests over HTTP, politely, for one source: through the gate of the host, with a real
 * User-Agent, and again after failures that pass. Keys and secret headers stand in the request
 * alone, never in an error.
 * @io network
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { WhereaboutsError } from '../errors.ts'
import { asDownload } from './download-time.ts'
import { isOfHost, networkFailure, retryAfterMs } from './http-answer.ts'
import type { Failure, HostGate, HostGates, Verdict } from './host-gate.ts'
import { refused, tooLarge, unavailable } from './http-errors.ts'
import type { Politeness } from './kinds/common.ts'
import { limitTime } from './limit-time.ts'
import { readSecrets, type Environment, type Secrets } from './secrets.ts'

/** What is asked for. */
export interface HttpRequest {
  /**
   * May hold `{key}`, which becomes the key in the request alone; messages and caches see it as it
   * stands here.
   */
  readonly url: string
  /** JSON that is posted; absent: GET. */
  readonly json?: string
  /** The bytes wanted, both ends included; the answer is 206, or 200 where it is the whole file. */
  readonly range?: readonly [first: number, last: number]
  /** What is known already: the answer may be 304. */
  readonly known?: { readonly etag: string | null; readonly lastModified: string | null }
  /** More is refused. Default 8 MiB. */
  readonly maxBytes?: number
  /**
   * Looks at an answer of status 200, 206 or 400: text says why to ask again, an error ends the
   * request.
   */
  check?(answer: HttpAnswer): string | WhereaboutsError | undefined
}

/** What came. */
export interface HttpAnswer {
  /** 200, 206, 304, or 204, 404, 410, 416: there is nothing. */
  readonly status: number
  readonly bytes: Uint8Array
  readonly headers: Headers
}

/** Something that answers requests: the client, or the cache before it. */
export interface HttpGet {
  /**
   * @throws {UpstreamError} `host-down` while the host counts as down, `tiles-unavailable` after
   *   several attempts, `tiles-refused` when asking again would not help, and what `check` made
   */
  get(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
}

/** What clients need from outside. */
export interface HttpDeps {
  /** Values of the environment variables that `keyEnv` and `headersEnv` name. */
  readonly secrets: Environment
  readonly hosts: HostGates
}

/** No content, not found, gone, nothing in this range. */
const MISSING: readonly number[] = [204, 404, 410, 416]
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
const REDIRECTS_MAX = 3
const ATTEMPTS = 5
const FIRST_DELAY_MS = 500
const BYTES_MAX = 8 * 2 ** 20
const USER_AGENT = 'whereabouts/0.1 (overhead imagery for photo location)'

/** True where the server said that it has nothing there. */
export function isMissing({ status }: HttpAnswer): boolean {
  return MISSING.includes(status)
}

/** Asks the hosts of one source. */
export class HttpClient implements HttpGet {
  readonly #politeness: Politeness
  readonly #secrets: Secrets
  readonly #hosts: HostGates
  readonly #gates = new Map<string, { readonly gate: HostGate; readonly leave: () => void }>()

  /**
   * @throws {InputError} `imagery-key` when a variable that the source names is not in the
   *   environment
   */
  constructor(politeness: Politeness, { secrets, hosts }: HttpDeps) {
    this.#politeness = politeness
    this.#secrets = readSecrets(politeness, secrets)
    this.#hosts = hosts
  }

  get(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    return asDownload(() => this.#getPolitely(request, signal))
  }

  /** Takes every secret of the source out of a text that came from outside. */
  hide(text: string): string {
    return this.#secrets.hide(text)
  }

  /** Takes this source's limits off its hosts. */
  close(): void {
    for (const { leave } of this.#gates.values()) leave()
    this.#gates.clear()
  }

  async #getPolitely(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const gate = this.#gateOf(new URL(request.url).host)
    for (let attempt = 1; ; attempt++) {
      const verdict = await gate.pass(signal, async () => tellUp(await this.#ask(request, signal)))
      if ('answer' in verdict) return finish(request, verdict.answer)
      if (attempt === ATTEMPTS) throw unavailable(request, verdict.failure, ATTEMPTS)
      // Half of it by chance, so that those who failed together do not come back together.
      const delayMs = FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
      if (verdict.waitMs === undefined) await sleep(delayMs, undefined, { signal })
    }
  }

  #gateOf(host: string): HostGate {
    const known = this.#gates.get(host)
    if (known !== undefined) return known.gate
    const gate = this.#hosts.of(host)
    this.#gates.set(host, { gate, leave: gate.join(this.#politeness) })
    return gate
  }

  /** One attempt; what the host said, or why another may help. */
  async #ask(
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<Verdict<HttpAnswer | WhereaboutsError>> {
    const limit = limitTime(signal, this.#politeness.timeoutS * 1000)
    try {
      const response = await this.#fetch(request, limit.signal)
      const { status, headers } = response
      if (status === 429 || status >= 500) {
        await response.body?.cancel()
        return { failure: String(status), waitMs: retryAfterMs(headers) }
      }
      const read = await readBody(response, request)
      if ('bytes' in read) this.#hosts.count(new URL(request.url).host, read.bytes.byteLength)
      if (status === 304 && request.known === undefined)
        return { failure: '304 to a question without conditions' }
      return this.#judge(request, read)
    } catch (error) {
      if (error instanceof WhereaboutsError) return { answer: error }
      signal.throwIfAborted()
      return { failure: limit.signal.aborted ? 'no answer in time' : networkFailure(error) }
    } finally {
      limit.end()
    }
  }

  #judge(request: HttpRequest, read: HttpAnswer | Failure): Verdict<HttpAnswer | WhereaboutsError> {
    if ('failure' in read) return read
    const isGood = read.status === 200 || read.status === 206
    // Services explain themselves with status 400 too; asking again is of no use then.
    const objection = isGood || read.status === 400 ? request.check?.(read) : undefined
    if (objection instanceof WhereaboutsError) return { answer: objection }
    if (objection === undefined || !isGood) return { answer: read }
    return { failure: this.#secrets.hide(objection) }
  }

  /** Follows redirects on the same host only: another one is a host that nobody has allowed. */
  async #fetch(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    const headers = this.#headersOf(request)
    const posted = request.json === undefined ? {} : { method: 'POST', body: request.json }
    let url = new URL(this.#secrets.fill(request.url))
    for (let count = 0; ; count++) {
      const response = await fetch(url, { ...posted, headers, signal, redirect: 'manual' })
      const location = response.headers.get('location')
      if (!REDIRECTS.includes(response.status) || location === null) return response
      const target = new URL(location, url)
      if (target.origin !== url.origin || count === REDIRECTS_MAX) return response
      await response.body?.cancel()
      url = target
    }
  }

  #headersOf({ range, known, json }: HttpRequest): Record<string, string> {
    return {
      'user-agent': this.#politeness.userAgent ?? USER_AGENT,
      ...this.#politeness.headers,
      ...this.#secrets.headers,
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(range && { range: `bytes=${String(range[0])}-${String(range[1])}` }),
      ...(known?.etag && { 'if-none-match': known.etag }),
      ...(known?.lastModified && { 'if-modified-since': known.lastModified }),
    }
  }
}

/**
 * One broken picture, or all of a place, are no reason to leave the host alone, unless it asks for
 * that itself.
 */
function tellUp<T>(verdict: Verdict<T>): Verdict<T> {
  if ('answer' in verdict) return verdict
  return { ...verdict, isUp: !verdict.waitMs && !isOfHost(verdict.failure) }
}

/** Statuses that mean an answer; all others are a refusal. */
function finish(request: HttpRequest, answer: HttpAnswer | WhereaboutsError): HttpAnswer {
  if (answer instanceof WhereaboutsError) throw answer
  const { status } = answer
  const isUsable = status === 200 || status === 206 || status === 304 || isMissing(answer)
  if (isUsable) return answer
  throw refused(request, status, REDIRECTS.includes(status))
}

async function readBody(response: Response, request: HttpRequest): Promise<HttpAnswer | Failure> {
  const { status, headers } = response
  const maxBytes = request.maxBytes ?? BYTES_MAX
  const chunks: Uint8Array[] = []
  let byteCount = 0
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array
    byteCount += bytes.byteLength
    if (byteCount > maxBytes) throw tooLarge(request, maxBytes)
    chunks.push(bytes)
  }
  const promised = headers.get('content-encoding') ? null : headers.get('content-length')
  if (status === 200 && promised !== null && Number(promised) !== byteCount) {
    return { failure: `${String(byteCount)} of ${promised} bytes` }
  }
  return { status, headers, bytes: Buffer.concat(chunks) }
}
