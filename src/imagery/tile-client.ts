/**
 * Fetches map tiles over HTTP, politely: a limit on requests per second and at a time, a real User-Agent, waiting
 * when the server says so. The key stands in the request alone, never in an error.
 * @io network
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { BadDataError, InputError, UpstreamError, WhereaboutsError } from '../errors.ts'
import type { XyzConfig } from './config.ts'

/** Position of a tile in the Web Mercator pyramid. */
export interface TileAddress {
  readonly z: number
  readonly x: number
  readonly y: number
}

/** Encoded bytes of a tile and what the server said about them. */
export interface FetchedTile {
  readonly bytes: Uint8Array
  readonly etag: string | null
  /** False where the server forbids storing. */
  readonly isStorable: boolean
}

/** Why a request brought no tile, and how long the server asks to wait. */
interface Failure {
  readonly failure: string
  readonly waitMs?: number | undefined
}

/** No content, not found, gone. */
const NO_TILE = [204, 404, 410]
const ATTEMPTS = 5
const TIMEOUT_MS = 20_000
const FIRST_DELAY_MS = 500
const DELAY_MS_MAX = 60_000
const TILE_BYTES_MAX = 8 * 2 ** 20
const USER_AGENT = 'whereabouts/0.1 (overhead imagery for photo location)'

/** `z/x/y`, as references and messages name a tile. */
export function tileName({ z, x, y }: TileAddress): string {
  return `${String(z)}/${String(x)}/${String(y)}`
}

/** Fetches tiles of one source. */
export class TileClient {
  readonly #config: XyzConfig
  readonly #key: string | undefined
  #running = 0
  readonly #waiting: (() => void)[] = []
  #lastStart: Promise<unknown> = Promise.resolve()

  /** @throws {InputError} `imagery-key` when the source needs a key that the environment does not hold */
  constructor(config: XyzConfig, secrets: Readonly<Record<string, string | undefined>>) {
    this.#config = config
    this.#key = config.keyEnv === undefined ? undefined : secrets[config.keyEnv]
    if (config.keyEnv !== undefined && !this.#key) {
      throw new InputError('imagery-key', `Expected a key in ${config.keyEnv}, got none`, {
        hint: `set the environment variable ${config.keyEnv}`,
      })
    }
  }

  /**
   * Fetches one tile, trying again while that can help.
   * @throws {BadDataError} `no-tile` when the server has none here
   * @throws {UpstreamError} `tiles-unavailable`, `tiles-refused`
   */
  async fetchTile(address: TileAddress, signal: AbortSignal): Promise<FetchedTile> {
    await this.#enter()
    try {
      for (let attempt = 1; ; attempt++) {
        await this.#nextSlot(signal)
        const reply = await this.#request(address, signal)
        if (!('failure' in reply)) return reply
        if (attempt === ATTEMPTS) throw this.#unavailable(address, reply.failure)
        await sleep(reply.waitMs ?? FIRST_DELAY_MS * 2 ** (attempt - 1), undefined, { signal })
      }
    } finally {
      this.#leave()
    }
  }

  /** One request: a tile, or why another attempt may help. */
  async #request(address: TileAddress, signal: AbortSignal): Promise<FetchedTile | Failure> {
    const headers = { 'user-agent': this.#config.userAgent ?? USER_AGENT, ...this.#config.headers }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      const response = await fetch(this.#urlOf(address, this.#key ?? ''), {
        headers,
        signal: limit,
        // A redirect would lead to a host that nobody has allowed.
        redirect: 'manual',
      })
      return await this.#judge(address, response)
    } catch (error) {
      if (error instanceof WhereaboutsError) throw error
      signal.throwIfAborted()
      return { failure: limit.aborted ? 'no answer in time' : networkFailure(error) }
    }
  }

  async #judge(address: TileAddress, response: Response): Promise<FetchedTile | Failure> {
    const { status, headers } = response
    if (status === 200) return readTile(response)
    await response.body?.cancel()
    if (NO_TILE.includes(status)) throw this.#noTile(address)
    if (status !== 429 && status < 500) throw this.#refused(address, status)
    return { failure: String(status), waitMs: retryAfterMs(headers) }
  }

  #urlOf({ z, x, y }: TileAddress, key: string): string {
    return this.#config.url
      .replaceAll('{z}', String(z))
      .replaceAll('{x}', String(x))
      .replaceAll('{y}', String(y))
      .replaceAll('{key}', key === '{key}' ? key : encodeURIComponent(key))
  }

  #shownUrl(address: TileAddress): string {
    return `GET ${this.#urlOf(address, '{key}')}`
  }

  #noTile(address: TileAddress): BadDataError {
    return new BadDataError('no-tile', `Expected a tile, got none: ${this.#shownUrl(address)}`, {
      hint: 'the source has no imagery here, or its maxZoom is set too high',
      facts: { tile: tileName(address) },
    })
  }

  #refused(address: TileAddress, status: number): UpstreamError {
    const url = this.#shownUrl(address)
    return new UpstreamError(
      'tiles-refused',
      `Fetching a tile failed: ${url} → ${String(status)}`,
      {
        hint: "check the source's url and key",
        facts: { status, tile: tileName(address) },
      },
    )
  }

  #unavailable(address: TileAddress, failure: string): UpstreamError {
    const url = this.#shownUrl(address)
    return new UpstreamError(
      'tiles-unavailable',
      `Fetching a tile failed: ${url} → ${failure} after ${String(ATTEMPTS)} attempts`,
      {
        hint: 'try again later, or lower requestsPerSecond; a build continues where it stopped',
        facts: { failure, attempts: ATTEMPTS, tile: tileName(address) },
      },
    )
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#config.concurrency) {
      this.#running += 1
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Hands the place to the next in line, or frees it. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running -= 1
    else next()
  }

  /** Starts are spaced evenly, so a second never sees more than the limit. */
  async #nextSlot(signal: AbortSignal): Promise<void> {
    const mine = this.#lastStart
    this.#lastStart = mine.then(() => sleep(1000 / this.#config.requestsPerSecond))
    await mine
    signal.throwIfAborted()
  }
}

async function readTile(response: Response): Promise<FetchedTile> {
  const chunks: Uint8Array[] = []
  let byteCount = 0
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array
    byteCount += bytes.byteLength
    if (byteCount > TILE_BYTES_MAX) {
      throw new UpstreamError(
        'tiles-refused',
        `Expected a tile of at most ${String(TILE_BYTES_MAX)} bytes, got more`,
        { hint: "check the source's url: it does not answer with map tiles" },
      )
    }
    chunks.push(bytes)
  }
  const control = response.headers.get('cache-control') ?? ''
  return {
    bytes: Buffer.concat(chunks),
    etag: response.headers.get('etag'),
    isStorable: !/no-store/i.test(control),
  }
}

/** How long the server asks to wait: seconds, or a date compared with the server's own clock. */
function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const seconds = Number(value)
  const waitMs = Number.isFinite(seconds)
    ? seconds * 1000
    : Date.parse(value) - Date.parse(headers.get('date') ?? '')
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), DELAY_MS_MAX) : undefined
}

/** The code of a network error, never its text: that could hold the address with its key. */
function networkFailure(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'network error'
}
