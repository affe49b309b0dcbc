/**
 * Imagery of a Web Map Tile Service, asked as its capabilities say.
 * @io disk network
 */
import { BadDataError, InputError, type WhereaboutsError } from '../errors.ts'
import type { ImageryDeps } from './deps.ts'
import { HttpCache } from './http-cache.ts'
import { HttpClient, type HttpAnswer, type HttpGet } from './http-client.ts'
import { HttpTileReader, looksLikeText, textInstead } from './http-tiles.ts'
import type { WmtsConfig } from './kinds/wmts.ts'
import { judgeException } from './service-exception.ts'
import type { ImagerySource } from './source.ts'
import { TilePyramid } from './tile-pyramid.ts'
import { tileName, type TileAddress } from './tile-reader.ts'
import { findWmtsLayer, noCapabilities, type WmtsLayer } from './wmts-capabilities.ts'

/** France's are 12 MB. */
const CAPABILITIES_BYTES_MAX = 64 * 2 ** 20

/**
 * Asks the service what it has, and opens the layer.
 * @throws {InputError} `imagery-key`, `wmts-capabilities`, `wmts-layer`, `wmts-grid`, `wmts-host`
 * @throws {UpstreamError} when the service does not answer
 */
export async function createWmtsSource(
  config: WmtsConfig,
  deps: ImageryDeps,
): Promise<ImagerySource> {
  const layer = await readLayer(config, deps)
  const zooms = [...layer.matrices.keys()]
  const finest = Math.max(...zooms)
  const pyramid = {
    ...config,
    tileSizePx: layer.tileSizePx,
    minZoom: Math.min(...zooms),
    maxZoom: Math.min(config.maxZoom ?? finest, finest),
  }
  const urlOf = (address: TileAddress): string => tileUrl(layer, address)
  const judgeText = (text: string) => judgeException(text) ?? textInstead(text)
  return new TilePyramid(pyramid, new HttpTileReader(config, deps, { urlOf, judgeText }))
}

async function readLayer(config: WmtsConfig, deps: ImageryDeps): Promise<WmtsLayer> {
  const client = new HttpClient(config, deps)
  const cache = new HttpCache(withoutSecrets(client), deps.cache)
  const request = {
    url: config.url,
    maxBytes: CAPABILITIES_BYTES_MAX,
    // Secrets go before the text is cut: a key across the cut would not be known any more.
    check: ({ status, bytes, headers }: HttpAnswer) =>
      checkCapabilities(
        { status, headers, bytes: Buffer.from(hideSecrets(bytes, client)) },
        config.url,
      ),
  }
  try {
    const { signal = new AbortController().signal } = deps
    const { bytes } = await cache.get(request, signal)
    // Files of versions before this one hold what was hidden only here.
    const layer = findWmtsLayer(hideSecrets(bytes, client), config)
    return { ...layer, template: checkTemplate(layer.template, config) }
  } catch (error) {
    // Somebody may put them right: the next time they are asked for anew.
    await cache.forget(request)
    throw error
  } finally {
    client.close()
  }
}

/**
 * A service may write the key with which it was asked into its addresses: it is {key} again before
 * it is kept.
 */
function withoutSecrets(client: HttpClient): HttpGet {
  return {
    async get(request, signal) {
      const answer = await client.get(request, signal)
      return { ...answer, bytes: Buffer.from(hideSecrets(answer.bytes, client)) }
    },
  }
}

function hideSecrets(bytes: Uint8Array, client: HttpClient): string {
  return client.hide(Buffer.from(bytes).toString('utf8'))
}

/**
 * A page of a server in trouble may be gone the next time; what is no page at all has another
 * address.
 */
function checkCapabilities(
  { status, bytes }: HttpAnswer,
  url: string,
): string | WhereaboutsError | undefined {
  const text = Buffer.from(bytes).toString('utf8')
  if (text.includes('Capabilities')) return undefined
  if (status !== 200 || looksLikeText(bytes)) return textInstead(text, 'capabilities')
  return noCapabilities(url, `${String(bytes.byteLength)} bytes that are no XML`)
}

/** Tiles come from the host of the capabilities, as safely as these, with the same key. */
function checkTemplate(template: string, config: WmtsConfig): string {
  const from = new URL(config.url)
  const absolute = /^https?:/i.test(template)
    ? template
    : `${from.origin}/${template.replace(/^\//, '')}`
  if (!URL.canParse(absolute)) throw noCapabilities(config.url, 'tiles at no address')
  const { host, protocol } = new URL(absolute)
  if (host !== from.host && config.hosts?.includes(host) !== true) {
    throw new InputError('wmts-host', `Expected tiles on ${from.host}, got ${host}`, {
      hint: `if that is meant to be: "hosts": ["${host}"] in the source`,
    })
  }
  const safe = from.protocol === 'https:' && protocol === 'http:'
  const upgraded = safe ? absolute.replace(/^http:/i, 'https:') : absolute
  return withKey(upgraded, config.url)
}

/**
 * Parameters that carry the key in the capabilities' address go with the tiles too, unless they are
 * there already.
 */
function withKey(template: string, url: string): string {
  if (template.includes('{key}')) return template
  const [, query = ''] = url.split('?')
  const keys = query.split('&').filter((parameter) => parameter.endsWith('={key}'))
  if (keys.length === 0) return template
  return `${template}${template.includes('?') ? '&' : '?'}${keys.join('&')}`
}

function tileUrl({ template, matrices }: WmtsLayer, { z, x, y }: TileAddress): string {
  const matrix = matrices.get(z)
  if (matrix === undefined || !isWithin(matrix.limits, x, y)) throw noTile({ z, x, y })
  return template
    .replace(/\{TileMatrix\}/gi, () => encodeURIComponent(matrix.identifier))
    .replace(/\{TileRow\}/gi, String(y))
    .replace(/\{TileCol\}/gi, String(x))
}

type Limits = NonNullable<ReturnType<WmtsLayer['matrices']['get']>>['limits']

function isWithin(limits: Limits, x: number, y: number): boolean {
  if (limits === undefined) return true
  const { rows, columns } = limits
  return y >= rows[0] && y <= rows[1] && x >= columns[0] && x <= columns[1]
}

function noTile(address: TileAddress): BadDataError {
  const tile = tileName(address)
  return new BadDataError('no-tile', `Expected a tile, got none: ${tile} lies outside the layer`, {
    hint: 'the service has no imagery here',
    facts: { tile },
  })
}
