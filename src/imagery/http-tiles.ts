/**
 * Tiles over HTTP: an address for each, through the disk cache.
 * @io disk network
 */
import { BadDataError, type WhereaboutsError } from '../errors.ts'
import { HttpCache } from './http-cache.ts'
import { HttpClient, isMissing, type HttpAnswer, type HttpRequest } from './http-client.ts'
import type { ImageryDeps } from './deps.ts'
import type { Politeness } from './kinds/common.ts'
import { tileName, type EncodedTile, type TileAddress, type TileReader } from './tile-reader.ts'

/** Looks at the body of an answer that is text where a picture was expected. */
export type TextJudge = (text: string) => string | WhereaboutsError

/** Reads the tiles of one server. */
export class HttpTileReader implements TileReader {
  readonly #client: HttpClient
  readonly #cache: HttpCache
  readonly #urlOf: (address: TileAddress) => string
  readonly #judgeText: TextJudge

  /** @throws {InputError} `imagery-key` */
  constructor(
    politeness: Politeness,
    deps: ImageryDeps,
    {
      urlOf,
      judgeText,
    }: { readonly urlOf: (address: TileAddress) => string; readonly judgeText?: TextJudge },
  ) {
    this.#client = new HttpClient(politeness, deps)
    this.#cache = new HttpCache(this.#client, deps.cache)
    this.#urlOf = urlOf
    this.#judgeText = judgeText ?? textInstead
  }

  async readTile(address: TileAddress, signal: AbortSignal): Promise<EncodedTile> {
    const answer = await this.#cache.get(this.#requestOf(address), signal)
    // ArcGIS says so in a header, and sends a picture all the same.
    const isBlank = answer.headers.get('blank-tile') === 'true'
    if (isMissing(answer) || isBlank || answer.bytes.byteLength === 0)
      throw noTile(this.#urlOf(address), address)
    return { bytes: answer.bytes, etag: answer.headers.get('etag') }
  }

  async forget(address: TileAddress): Promise<void> {
    await this.#cache.forget(this.#requestOf(address))
  }

  hostOf(address: TileAddress): string | null {
    try {
      return new URL(this.#urlOf(address)).host
    } catch (error) {
      // Of some services it is known before they are asked that there is no such tile.
      if (error instanceof BadDataError) return null
      throw error
    }
  }

  async close(): Promise<void> {
    this.#client.close()
  }

  #requestOf(address: TileAddress): HttpRequest {
    return { url: this.#urlOf(address), check: (answer) => this.#check(answer) }
  }

  #check({ bytes }: HttpAnswer): string | WhereaboutsError | undefined {
    if (!looksLikeText(bytes)) return undefined
    return this.#judgeText(this.#client.hide(Buffer.from(bytes).toString('utf8')))
  }
}

/** Pages may be megabytes of `<`, which no expression below has to look through. */
const QUOTED_FROM_LENGTH = 10_000

/** Markup or JSON: no format of pictures begins so. */
export function looksLikeText(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 64)).toString('utf8').trimStart()
  return /^\uFEFF?[<{]/.test(start)
}

/**
 * A page of a proxy or of a server in trouble: it may be gone the next time.
 * @param expected  what should have come
 */
export function textInstead(text: string, expected = 'a picture'): string {
  // Control characters and the signs for bytes that are no text have no place in a message.
  const start = text.slice(0, QUOTED_FROM_LENGTH)
  const words = start.replaceAll(/<[^>]*>/g, ' ').replaceAll(/[\s\p{C}\uFFFD]+/gu, ' ')
  return `text instead of ${expected}: "${words.trim().slice(0, 120)}"`
}

function noTile(url: string, address: TileAddress): BadDataError {
  return new BadDataError('no-tile', `Expected a tile, got none: GET ${url}`, {
    hint: 'the source has no imagery here, or its maxZoom is set too high',
    facts: { tile: tileName(address) },
  })
}
