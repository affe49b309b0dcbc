/** Places and a source → how many requests to whom a build will make. */
import type { ImageryConfig } from '../imagery/config.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { LonLat } from '../types.ts'

/** What a tile weighs where none was fetched: JPEG tiles of 256 px have 10 to 30 kB. */
const TILE_BYTES = 20_000
/** Requests are counted over so many points at most, a second or two; for more they are extrapolated. */
const COUNTED_POINTS_MAX = 20_000

/** What is asked of hosts. */
export interface Requests {
  readonly hosts: readonly string[]
  readonly count: number
  readonly bytes: number
  /** False: `bytes` is made with a tile of 20 kB. */
  readonly isMeasured: boolean
}

/** What is to be counted. */
export interface Counted {
  readonly imagery: ImageryConfig
  /** What is cut at each place, a patch or a window. */
  readonly size: PatchSize
  readonly places: readonly LonLat[]
  /** Of the sampled ones. */
  readonly tileBytes: number | null
}

/** Requests of a build; null where nothing is fetched. Nothing is fetched to count them either. */
export function countRequests(
  source: ImagerySource,
  { imagery, size, places, tileBytes }: Counted,
): Requests | null {
  const hosts = hostsOf(imagery)
  if (hosts.length === 0) return null
  const counted = spread(places, COUNTED_POINTS_MAX)
  const pieces = new Set<string>()
  let touched = 0
  // Other sources are asked once per patch, or for ranges of a file: then this is the order of magnitude.
  for (const [i, at] of counted.entries()) {
    const names = source.piecesOf?.(at, size) ?? [String(i)]
    touched += names.length
    for (const name of names) pieces.add(name)
  }
  const growth = places.length / counted.length
  const count = Math.round(extrapolateDistinct({ touched, distinct: pieces.size, growth }))
  return {
    hosts,
    count,
    bytes: count * (tileBytes ?? TILE_BYTES),
    isMeasured: tileBytes !== null,
  }
}

/**
 * How many different pieces there will be when `growth` times as many are touched: of T pieces, n touches at random
 * meet T (1 − e^(−n/T)). Points that lie evenly meet more, so this is too much rather than too little.
 */
export function extrapolateDistinct({
  touched,
  distinct,
  growth,
}: {
  readonly touched: number
  readonly distinct: number
  readonly growth: number
}): number {
  if (growth <= 1) return distinct
  const met = (total: number, touches: number) => -total * Math.expm1(-touches / total)
  const most = 1e6 * touched
  if (met(most, touched) <= distinct) return growth * distinct
  let [low, high] = [distinct, most]
  while (high - low > 1e-6 * high) {
    const middle = Math.sqrt(low * high)
    if (met(middle, touched) < distinct) low = middle
    else high = middle
  }
  return met(high, growth * touched)
}

/** Of the addresses in a source, which mean the same in every kind; `{switch:a,b}` stays as it is. */
function hostsOf(imagery: ImageryConfig): string[] {
  const given = [
    ...('url' in imagery ? [imagery.url] : []),
    ...('urls' in imagery ? (imagery.urls ?? []) : []),
  ]
  const urls = given.flatMap((url) => (typeof url === 'object' ? url.url : (url ?? [])))
  const hosts = urls.flatMap((url) => /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? [])
  return [...new Set(hosts)]
}

/** So many of a list, evenly from the first to the last. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (count >= items.length) return items
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as T)
}
