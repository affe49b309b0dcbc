/**
 * STAC JSON → items: when, where and in which file. Versions 0.9 to 1.1 look the same to what is
 * read here.
 */
import type { Position } from 'geojson'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import type { Bbox } from '../types.ts'

/** A picture that a collection lists. */
export interface StacItem {
  readonly id: string
  /** ISO day; null: the item does not say. */
  readonly capturedOn: string | null
  /** `[outer ring, …holes]` each, degrees. */
  readonly polygons: readonly Position[][][]
  /** One box, or two for an item across the date line. */
  readonly boxes: readonly Bbox[]
  /** As the item writes it: an address, or a path relative to the items. */
  readonly href: string
  /** Names of providers and licence, where the item states them. */
  readonly credits: readonly string[]
  /** Where its collection is described. */
  readonly collectionHref: string | null
}

/** A page of items, or a catalogue that leads to some. */
export interface StacPage {
  readonly items: readonly StacItem[]
  readonly next: NextPage | null
  /** Addresses of catalogues and items below. */
  readonly children: readonly string[]
}

/** How the next page is asked for. */
export interface NextPage {
  readonly href: string
  /** Null: with GET; else it is posted. */
  readonly body: Readonly<Record<string, unknown>> | null
  /** The body only says what is other than in that of this page. */
  readonly isMerged: boolean
}

const link = z.looseObject({
  rel: z.string(),
  href: z.string(),
  method: z.string().optional(),
  body: z.record(z.string(), z.unknown()).optional(),
  merge: z.boolean().optional(),
})
const position = z.array(z.number()).min(2)
const rings = z.array(z.array(position).min(4)).min(1)
const geometry = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('Polygon'), coordinates: rings }),
  z.looseObject({ type: z.literal('MultiPolygon'), coordinates: z.array(rings).min(1) }),
])
const catalogue = z.looseObject({
  type: z.enum(['Catalog', 'Collection']),
  links: z.array(link).default([]),
})
const credited = z.looseObject({
  providers: z.array(z.looseObject({ name: z.string() })).optional(),
  license: z.string().optional(),
})
const item = z.looseObject({
  id: z.string(),
  bbox: z.array(z.number()).optional(),
  geometry: geometry.nullable().optional(),
  properties: credited.extend({
    datetime: z.string().nullable().optional(),
    start_datetime: z.string().nullable().optional(),
  }),
  assets: z.record(z.string(), z.looseObject({ href: z.string(), type: z.string().optional() })),
  links: z.array(link).optional(),
})
const collection = z.looseObject({
  type: z.literal('FeatureCollection'),
  features: z.array(item),
  links: z.array(link).optional(),
})

type Assets = z.infer<typeof item>['assets']

const ASSETS = ['visual', 'image', 'data'] as const
const PROBLEMS_SHOWN = 5

/**
 * Reads a page of items: a FeatureCollection, or a single item; or a catalogue.
 * @param asset  key of the asset that is wanted; absent: a usual one
 * @param name  of the page, for messages
 * @throws {InputError} `stac-items`
 */
export function parseStacPage(json: unknown, asset: string | undefined, name: string): StacPage {
  const above = catalogue.safeParse(json)
  if (above.success) {
    const children = above.data.links.filter(({ rel }) => rel === 'child' || rel === 'item')
    return { items: [], next: nextOf(above.data.links, name), children: children.map(hrefOf) }
  }
  const isItem = (json as { type?: unknown } | null)?.type === 'Feature'
  const page = isItem ? { type: 'FeatureCollection', features: [json] } : json
  const parsed = collection.safeParse(page)
  if (!parsed.success) throw notItems(parsed.error, name)
  const { features, links = [] } = parsed.data
  const items = features.map((feature) => readItem(feature, asset))
  return { items, next: nextOf(links, name), children: [] }
}

const hrefOf = ({ href }: z.infer<typeof link>): string => href

function nextOf(links: readonly z.infer<typeof link>[], name: string): NextPage | null {
  const next = links.find(({ rel }) => rel === 'next')
  if (next === undefined) return null
  const { href, method = 'GET', body = {}, merge = false } = next
  if (method === 'GET') return { href, body: null, isMerged: false }
  if (method === 'POST') return { href, body, isMerged: merge }
  throw stacError(`a next page that can be had with GET or POST for ${name}, got ${method}`)
}

/** Names of providers and licence of a collection or item; none where it is something else. */
export function readCredits(json: unknown): string[] {
  const parsed = credited.safeParse(json)
  if (!parsed.success) return []
  const { providers = [], license } = parsed.data
  return [...providers.map((provider) => provider.name), ...(license ? [license] : [])]
}

function readItem(feature: z.infer<typeof item>, asset: string | undefined): StacItem {
  const { id, assets, properties, links = [] } = feature
  const polygons = polygonsOf(feature)
  const time = properties.datetime ?? properties.start_datetime ?? null
  const collectionLink = links.find(({ rel }) => rel === 'collection')
  return {
    id,
    capturedOn: time === null ? null : dayOf(time, id),
    polygons,
    boxes: boxesOf(feature, polygons),
    href: chooseAsset(assets, asset, id),
    credits: readCredits(properties),
    collectionHref: collectionLink?.href ?? null,
  }
}

function dayOf(time: string, id: string): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime()))
    throw stacError(`an RFC 3339 time for item ${id}, got "${time}"`)
  return date.toISOString().slice(0, 10)
}

function chooseAsset(assets: Assets, wanted: string | undefined, id: string): string {
  const keys = Object.keys(assets)
  const tiffs = keys.filter((key) => /tiff/i.test(assets[key]?.type ?? ''))
  const only = tiffs.length === 1 ? tiffs : []
  const key = wanted ?? [...ASSETS, ...only].find((name) => name in assets)
  const href = key === undefined ? undefined : assets[key]?.href
  if (href !== undefined) return href
  throw stacError(
    `an asset ${wanted === undefined ? ASSETS.join(', ') : `"${wanted}"`} for item ${id}, got ${keys.join(', ')}`,
    'name the asset that holds the picture, e.g. "asset": "visual"',
  )
}

function polygonsOf({ geometry: shape, bbox, id }: z.infer<typeof item>): Position[][][] {
  if (shape?.type === 'Polygon') return [shape.coordinates]
  if (shape?.type === 'MultiPolygon') return shape.coordinates
  const box = flatBox(bbox)
  if (box === null) throw stacError(`a polygon or a bbox for item ${id}, got neither`)
  return splitBox(box).map(([west, south, east, north]) => [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ])
}

function boxesOf({ bbox }: z.infer<typeof item>, polygons: readonly Position[][][]): Bbox[] {
  const box = flatBox(bbox)
  if (box !== null) return splitBox(box)
  const lons = polygons.flat(2).map(([lon = NaN]) => lon)
  const lats = polygons.flat(2).map(([, lat = NaN]) => lat)
  return [[Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]]
}

/** Without heights. */
function flatBox(bbox: readonly number[] | undefined): Bbox | null {
  const [a, b, c, d, e, f] = bbox ?? []
  if (a === undefined || b === undefined || c === undefined || d === undefined) return null
  return e === undefined || f === undefined ? [a, b, c, d] : [a, b, d, e]
}

/** A box whose west lies east of its east goes across the date line. */
function splitBox([west, south, east, north]: Bbox): Bbox[] {
  if (west <= east) return [[west, south, east, north]]
  return [
    [west, south, 180, north],
    [-180, south, east, north],
  ]
}

function notItems({ issues }: z.ZodError, name: string): InputError {
  const problems = issues
    .slice(0, PROBLEMS_SHOWN)
    .map(({ path, message }) => `${path.map(String).join('.') || 'document'}: ${message}`)
  return stacError(`a FeatureCollection of STAC items in ${name}, got ${problems.join('; ')}`)
}

function stacError(expected: string, hint = 'check the items against the STAC specification') {
  return new InputError('stac-items', `Expected ${expected}`, { hint })
}
