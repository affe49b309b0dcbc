/**
 * The items of a STAC source, from a file, from all pages of a search or below a catalogue, with
 * the place of each picture.
 * @io disk network
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { InputError, WhereaboutsError } from '../errors.ts'
import { isMissing, type HttpClient } from './http-client.ts'
import type { StacConfig } from './kinds/stac.ts'
import { withoutSignature } from './signed-address.ts'
import { parseStacPage, readCredits, type StacItem } from './stac-items.ts'

/** An item and the file or address of its picture. */
export interface LocatedItem extends StacItem {
  readonly location: string
  readonly isRemote: boolean
  /** Where the item stands. */
  readonly base: string
}

/** What is needed to load items. */
export interface StacDeps {
  readonly http: HttpClient
  readonly baseDir: string
  /** Ends the loading. */
  readonly signal?: AbortSignal | undefined
}

const PAGE_BYTES_MAX = 64 * 2 ** 20
const ITEMS_MAX = 100_000
/** Pages, catalogues and single items; each is a request whenever the source is opened. */
const DOCUMENTS_MAX = 2_000
const DOCUMENTS_UNDER_WAY = 8
/** Of catalogues in catalogues. */
const DEPTH_MAX = 10
/** Collections that are asked whose pictures they list. */
const COLLECTIONS_MAX = 5

/** Something that is to be read. */
interface Document {
  readonly place: string
  /** Posted; null: got. */
  readonly body: Readonly<Record<string, unknown>> | null
  readonly depth: number
}

/**
 * Loads all items: those of a file or a search, on all its pages, or those below a catalogue.
 * @throws {InputError} `stac-items`, `stac-host`, `file-unreadable`
 * @throws {UpstreamError} when the server does not answer
 */
export async function loadStacItems(config: StacConfig, deps: StacDeps): Promise<LocatedItem[]> {
  const items: LocatedItem[] = []
  const known = new Set<string>()
  const queue: Document[] = []
  const add = (document: Document): void => {
    const key = JSON.stringify([document.place, document.body])
    if (known.has(key)) return
    known.add(key)
    queue.push(document)
  }
  add({ place: rootOf(config, deps), body: config.search ?? null, depth: 0 })
  while (queue.length > 0) {
    deps.signal?.throwIfAborted()
    const some = queue.splice(0, DOCUMENTS_UNDER_WAY)
    const pages = await Promise.all(some.map((document) => loadPage(document, config, deps)))
    for (const page of pages) {
      items.push(...page.items)
      page.further.forEach(add)
    }
    if (known.size > DOCUMENTS_MAX || items.length > ITEMS_MAX) throw tooMany(items.length)
  }
  return items
}

function rootOf({ url, file = '' }: StacConfig, { baseDir }: StacDeps): string {
  return url ?? resolve(baseDir, file)
}

/** What a document holds, and where it leads. */
async function loadPage(
  { place, body, depth }: Document,
  config: StacConfig,
  deps: StacDeps,
): Promise<{ readonly items: LocatedItem[]; readonly further: Document[] }> {
  const page = parseStacPage(
    await loadJson(place, deps, body),
    config.asset,
    withoutSignature(place),
  )
  const from = { base: place, root: rootOf(config, deps) }
  const items = page.items.map((item) => ({
    ...item,
    ...locateAsset(item.href, from, config),
    base: place,
  }))
  if (page.children.length > 0 && depth === DEPTH_MAX) throw tooDeep(place)
  const further = page.children.map((href) => ({
    place: locate(href, from, config).location,
    body: null,
    depth: depth + 1,
  }))
  const { next } = page
  if (next === null) return { items, further }
  const merged = next.isMerged ? { ...body, ...next.body } : next.body
  const nextPlace = resolveAddress(next.href, place, config)
  return { items, further: [...further, { place: nextPlace, body: merged, depth }] }
}

/**
 * Whose pictures the items are, and their licence: said by the items, or else by their collections.
 */
export async function loadCredits(
  items: readonly LocatedItem[],
  config: StacConfig,
  deps: StacDeps,
): Promise<string[]> {
  const stated = new Set(items.flatMap(({ credits }) => credits))
  if (stated.size > 0) return [...stated].sort()
  const places = new Set(items.flatMap((item) => collectionOf(item, config, deps)))
  for (const place of [...places].slice(0, COLLECTIONS_MAX)) {
    for (const credit of await loadCollectionCredits(place, deps)) stated.add(credit)
  }
  return [...stated].sort()
}

/**
 * An item collection may well be passed on without its collection, or with one where the source may
 * not look.
 */
function collectionOf(
  { collectionHref, base }: LocatedItem,
  config: StacConfig,
  deps: StacDeps,
): readonly string[] {
  if (collectionHref === null) return []
  try {
    return [locate(collectionHref, { base, root: rootOf(config, deps) }, config).location]
  } catch (error) {
    if (error instanceof WhereaboutsError) return []
    throw error
  }
}

async function loadCollectionCredits(place: string, deps: StacDeps): Promise<string[]> {
  try {
    return readCredits(await loadJson(place, deps))
  } catch (error) {
    if (error instanceof WhereaboutsError) return []
    throw error
  }
}

function isAddress(place: string): boolean {
  return /^https?:\/\//.test(place)
}

async function loadJson(
  place: string,
  deps: StacDeps,
  body: Document['body'] = null,
): Promise<unknown> {
  const { http } = deps
  const bytes = await (isAddress(place) ? fetchBytes(place, deps, body) : readBytes(place))
  // A service may write the key with which it was asked into its addresses: from here on it is
  // {key} again, and a {key} of its own is none.
  const clean = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? http.hide(value.replaceAll('{key}', '%7Bkey%7D')) : value
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'), clean)
  } catch {
    // The parser's own message quotes the text, in which the key may stand.
    throw new InputError(
      'stac-items',
      `Expected JSON in ${withoutSignature(place)}, got other text`,
    )
  }
}

async function fetchBytes(
  url: string,
  { http, signal = new AbortController().signal }: StacDeps,
  body: Document['body'],
): Promise<Uint8Array> {
  const json = body === null ? {} : { json: JSON.stringify(body) }
  const request = { url, maxBytes: PAGE_BYTES_MAX, ...json }
  const answer = await http.get(request, signal)
  if (isMissing(answer)) throw unreadable(url, String(answer.status))
  return answer.bytes
}

async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw unreadable(path, 'none', cause)
  })
}

function unreadable(place: string, got: string, cause?: unknown): InputError {
  const name = withoutSignature(place)
  return new InputError('file-unreadable', `Expected STAC items in ${name}, got ${got}`, { cause })
}

/** Where a link stands, and where the source begins. */
interface From {
  readonly base: string
  readonly root: string
}

function locateAsset(href: string, from: From, config: StacConfig) {
  const place = locate(href, from, config)
  const { location, isRemote } = place
  const { assetQuery } = config
  if (!isRemote || assetQuery === undefined) return place
  return { location: `${location}${location.includes('?') ? '&' : '?'}${assetQuery}`, isRemote }
}

function locate(href: string, { base, root }: From, config: StacConfig) {
  if (!isAddress(base) && !/^\w+:\/\//.test(href)) {
    return { location: locateFile(href, dirname(base), dirname(root)), isRemote: false }
  }
  return { location: resolveAddress(href, base, config), isRemote: true }
}

/** Whoever may read the items may not read the whole disk. */
function locateFile(href: string, from: string, folder: string): string {
  const path = resolve(from, href)
  if (path.startsWith(folder + sep)) return path
  throw new InputError(
    'stac-host',
    `Expected pictures beside the items in ${folder}, got ${href}`,
    {
      hint: 'put the items into a folder that holds all their pictures',
    },
  )
}

/**
 * Stands for `{key}` while an address is resolved, which would escape its braces; nobody outside
 * can write it.
 */
const KEY_MARK = randomUUID()

/** Keys and secret headers go to every host that is asked: only to those that the source names. */
function resolveAddress(href: string, base: string, { url, hosts = [] }: StacConfig): string {
  const [marked, from] = [href, base].map((text) => text.replaceAll('{key}', KEY_MARK))
  const address = parseUrl(marked ?? '', isAddress(base) ? from : undefined)
  if (address === null || !isAddress(address.href)) {
    throw new InputError(
      'stac-host',
      `Expected http or https addresses in items, got ${withoutSignature(href)}`,
      {
        hint: 'use a catalogue whose assets can be had over HTTP, or copy them beside the items',
      },
    )
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
  return asSafeAs(url, address).href.replaceAll('{key}', '%7Bkey%7D').replaceAll(KEY_MARK, '{key}')
}

/** Catalogues behind a proxy write http links to themselves: a key would go out in plain text. */
function asSafeAs(url: string | undefined, address: URL): URL {
  const isOwn = url !== undefined && address.host === new URL(url).host
  if (isOwn && new URL(url).protocol === 'https:') address.protocol = 'https:'
  return address
}

function parseUrl(href: string, base: string | undefined): URL | null {
  return URL.canParse(href, base) ? new URL(href, base) : null
}

function tooMany(count: number): InputError {
  return new InputError(
    'stac-items',
    `Expected at most ${String(ITEMS_MAX)} items in ${String(DOCUMENTS_MAX)} documents, got more (${String(count)} so far)`,
    {
      hint: 'narrow the search by bbox, datetime and collections; of a catalogue, name a part, or make one item collection of it',
    },
  )
}

function tooDeep(place: string): InputError {
  return new InputError(
    'stac-items',
    `Expected catalogues in at most ${String(DEPTH_MAX)} levels, got more at ${withoutSignature(place)}`,
    { hint: 'name a catalogue further down' },
  )
}
