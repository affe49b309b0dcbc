/**
 * The items of a STAC source, from a file or from all pages of a search, with the place of each picture.
 * @io disk network
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { InputError, WhereaboutsError } from '../errors.ts'
import { isMissing, type HttpGet } from './http-client.ts'
import type { StacConfig } from './kinds/stac.ts'
import { parseStacPage, readCredits, type StacItem } from './stac-items.ts'

/** An item and the file or address of its picture. */
export interface LocatedItem extends StacItem {
  readonly location: string
  readonly isRemote: boolean
}

/** What is needed to load items. */
export interface StacDeps {
  readonly http: HttpGet
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
    for (const item of found) items.push({ ...item, ...locate(item.href, base, config) })
    page = next === null ? null : resolveAddress(next, base, config)
  }
  return items
}

/** Whose pictures the items are, and their licence: said by the items, or else by their collections. */
export async function loadCredits(items: readonly LocatedItem[], base: string, deps: StacDeps) {
  const stated = new Set(items.flatMap(({ credits }) => credits))
  if (stated.size > 0) return [...stated].sort()
  const links = new Set(items.flatMap(({ collectionHref }) => collectionHref ?? []))
  for (const link of [...links].slice(0, COLLECTIONS_MAX)) {
    const place = isAddress(base) ? new URL(link, base).href : resolve(dirname(base), link)
    // An item collection may well be passed on without its collection.
    const json = await loadJson(place, deps).catch((error: unknown) => {
      if (error instanceof WhereaboutsError) return null
      throw error
    })
    for (const credit of readCredits(json)) stated.add(credit)
  }
  return [...stated].sort()
}

function isAddress(place: string): boolean {
  return /^https?:\/\//.test(place)
}

async function loadJson(place: string, { http }: StacDeps): Promise<unknown> {
  const bytes = await (isAddress(place) ? fetchBytes(place, http) : readBytes(place))
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw new InputError('stac-items', `Expected JSON in ${place}, got other text`, { cause })
  }
}

async function fetchBytes(url: string, http: HttpGet): Promise<Uint8Array> {
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

function locate(href: string, base: string, config: StacConfig) {
  if (!isAddress(base) && !/^\w+:\/\//.test(href)) {
    return { location: locateFile(href, dirname(base)), isRemote: false }
  }
  const url = resolveAddress(href, base, config)
  const { assetQuery } = config
  const joined =
    assetQuery === undefined ? url : `${url}${url.includes('?') ? '&' : '?'}${assetQuery}`
  return { location: joined, isRemote: true }
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

/** Keys and secret headers go to every host that is asked: only to those that the source names. */
function resolveAddress(href: string, base: string, { url, hosts = [] }: StacConfig): string {
  const address = isAddress(base) ? new URL(href, base) : new URL(href)
  if (!isAddress(address.href)) {
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
  // What a key is put into is said by the source alone.
  return address.href.replaceAll('{key}', '%7Bkey%7D')
}

function tooMany(count: number): InputError {
  return new InputError(
    'stac-items',
    `Expected at most ${String(ITEMS_MAX)} items on ${String(PAGES_MAX)} pages, got more (${String(count)} so far)`,
    { hint: 'narrow the search by bbox, datetime and collections' },
  )
}
