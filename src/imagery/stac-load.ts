/**
 * The items of a STAC source, from a file or from all pages of a search, with the place of each picture.
 * @io disk network
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { InputError, WhereaboutsError } from '../errors.ts'
import { isMissing, type HttpClient } from './http-client.ts'
import type { StacConfig } from './kinds/stac.ts'
import { parseStacPage, readCredits, type StacItem } from './stac-items.ts'

/** An item and the file or address of its picture. */
export interface LocatedItem extends StacItem {
  readonly location: string
  readonly isRemote: boolean
}

/** What is needed to load items. */
export interface StacDeps {
  readonly http: HttpClient
  readonly baseDir: string
}

const PAGE_BYTES_MAX = 64 * 2 ** 20
const ITEMS_MAX = 100_000
const PAGES_MAX = 2_000
/** Collections that are asked whose pictures they list. */
const COLLECTIONS_MAX = 5

/**
 * Loads all items.
 * @throws {InputError} `stac-items`, `stac-host`, `file-unreadable`
 * @throws {UpstreamError} when the server does not answer
 */
export async function loadStacItems(config: StacConfig, deps: StacDeps): Promise<LocatedItem[]> {
  const items: LocatedItem[] = []
  let page: string | null = config.url ?? resolve(deps.baseDir, config.file ?? '')
  for (let count = 0; page !== null; count++) {
    if (count === PAGES_MAX || items.length > ITEMS_MAX) throw tooMany(items.length)
    const base: string = page
    const { items: found, next } = parseStacPage(await loadJson(base, deps), config.asset, base)
    for (const item of found) items.push({ ...item, ...locateAsset(item.href, base, config) })
    page = next === null ? null : resolveAddress(next, base, config)
  }
  return items
}

/** Whose pictures the items are, and their licence: said by the items, or else by their collections. */
export async function loadCredits(
  items: readonly LocatedItem[],
  config: StacConfig,
  deps: StacDeps,
): Promise<string[]> {
  const stated = new Set(items.flatMap(({ credits }) => credits))
  if (stated.size > 0) return [...stated].sort()
  const base = config.url ?? resolve(deps.baseDir, config.file ?? '')
  const links = new Set(items.flatMap(({ collectionHref }) => collectionHref ?? []))
  for (const link of [...links].slice(0, COLLECTIONS_MAX)) {
    for (const credit of await loadCollectionCredits(link, base, { config, deps })) {
      stated.add(credit)
    }
  }
  return [...stated].sort()
}

/** An item collection may well be passed on without its collection, or with one where the source may not look. */
async function loadCollectionCredits(
  link: string,
  base: string,
  { config, deps }: { readonly config: StacConfig; readonly deps: StacDeps },
): Promise<string[]> {
  try {
    return readCredits(await loadJson(locate(link, base, config).location, deps))
  } catch (error) {
    if (error instanceof WhereaboutsError) return []
    throw error
  }
}

function isAddress(place: string): boolean {
  return /^https?:\/\//.test(place)
}

async function loadJson(place: string, { http }: StacDeps): Promise<unknown> {
  const bytes = await (isAddress(place) ? fetchBytes(place, http) : readBytes(place))
  // A service may write the key with which it was asked into its addresses: from here on it is {key} again,
  // and a {key} of its own is none.
  const clean = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? http.hide(value.replaceAll('{key}', '%7Bkey%7D')) : value
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'), clean)
  } catch {
    // The parser's own message quotes the text, in which the key may stand.
    throw new InputError('stac-items', `Expected JSON in ${place}, got other text`)
  }
}

async function fetchBytes(url: string, http: HttpClient): Promise<Uint8Array> {
  const request = { url, maxBytes: PAGE_BYTES_MAX }
  const answer = await http.get(request, new AbortController().signal)
  if (isMissing(answer)) throw unreadable(url, String(answer.status))
  return answer.bytes
}

async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw unreadable(path, 'none', cause)
  })
}

function unreadable(place: string, got: string, cause?: unknown): InputError {
  return new InputError('file-unreadable', `Expected STAC items in ${place}, got ${got}`, { cause })
}

function locateAsset(href: string, base: string, config: StacConfig) {
  const place = locate(href, base, config)
  const { location, isRemote } = place
  const { assetQuery } = config
  if (!isRemote || assetQuery === undefined) return place
  return { location: `${location}${location.includes('?') ? '&' : '?'}${assetQuery}`, isRemote }
}

function locate(href: string, base: string, config: StacConfig) {
  if (!isAddress(base) && !/^\w+:\/\//.test(href)) {
    return { location: locateFile(href, dirname(base)), isRemote: false }
  }
  return { location: resolveAddress(href, base, config), isRemote: true }
}

/** Whoever may read the items may not read the whole disk. */
function locateFile(href: string, folder: string): string {
  const path = resolve(folder, href)
  if (path.startsWith(folder + sep)) return path
  throw new InputError(
    'stac-host',
    `Expected pictures beside the items in ${folder}, got ${href}`,
    {
      hint: 'put the items into a folder that holds all their pictures',
    },
  )
}

/** Stands for `{key}` while an address is resolved, which would escape its braces; nobody outside can write it. */
const KEY_MARK = randomUUID()

/** Keys and secret headers go to every host that is asked: only to those that the source names. */
function resolveAddress(href: string, base: string, { url, hosts = [] }: StacConfig): string {
  const [marked, from] = [href, base].map((text) => text.replaceAll('{key}', KEY_MARK))
  const address = parseUrl(marked ?? '', isAddress(base) ? from : undefined)
  if (address === null || !isAddress(address.href)) {
    throw new InputError('stac-host', `Expected http or https addresses in items, got ${href}`, {
      hint: 'use a catalogue whose assets can be had over HTTP, or copy them beside the items',
    })
  }
  const allowed = [...hosts, ...(url === undefined ? [] : [new URL(url).host])]
  if (!allowed.includes(address.host)) {
    throw new InputError(
      'stac-host',
      `Expected items on ${allowed.join(', ') || 'no host'}, got ${address.host}`,
      {
        hint: `if you trust it, add "hosts": ["${address.host}"] to the source`,
      },
    )
  }
  // Resolving drops line breaks, so what was no {key} may have become one.
  return address.href.replaceAll('{key}', '%7Bkey%7D').replaceAll(KEY_MARK, '{key}')
}

function parseUrl(href: string, base: string | undefined): URL | null {
  return URL.canParse(href, base) ? new URL(href, base) : null
}

function tooMany(count: number): InputError {
  return new InputError(
    'stac-items',
    `Expected at most ${String(ITEMS_MAX)} items on ${String(PAGES_MAX)} pages, got more (${String(count)} so far)`,
    { hint: 'narrow the search by bbox, datetime and collections' },
  )
}
