/** Places and a source → how many requests to whom a build will make. */
import type { ImageryConfig } from '../imagery/config.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { LonLat } from '../types.ts'

/** What a tile weighs where none was fetched: JPEG tiles of 256 px have 10 to 30 kB. */
const TILE_BYTES = 20_000
/**
 * Requests are counted over so many points at most, a second or two; for more they are
 * extrapolated.
 */
const COUNTED_POINTS_MAX = 20_000

/** What is asked of hosts. */
export interface Requests {
  /**
   * Those that are asked, the most asked first; none where the source lists nothing at these
   * places.
   */
  readonly hosts: readonly HostRequests[]
  /** Of all hosts. */
  readonly count: number
  readonly bytes: number
  /** False: `bytes` is made with a tile of 20 kB. */
  readonly isMeasured: boolean
}

/** What is asked of one host. */
export interface HostRequests {
  /** As in a URL, with a port where that is not the scheme's own. */
  readonly host: string
  readonly count: number
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
  if (source.piecesOf === undefined || !('requestsPerSecond' in imagery)) return null
  const counted = spread(places, COUNTED_POINTS_MAX)
  const touchedByHost = touchPieces(source.piecesOf.bind(source), counted, size)
  if (touchedByHost.size === 0 && 'file' in imagery && imagery.file !== undefined) return null
  const growth = places.length / counted.length
  const hosts = [...touchedByHost]
    .map(([host, { touched, names }]) => ({
      host,
      count: Math.round(extrapolateDistinct({ touched, distinct: names.size, growth })),
    }))
    .sort((a, b) => b.count - a.count || (a.host < b.host ? -1 : 1))
  const count = hosts.reduce((sum, host) => sum + host.count, 0)
  return {
    hosts,
    count,
    bytes: count * (tileBytes ?? TILE_BYTES),
    isMeasured: tileBytes !== null,
  }
}

interface Touched {
  touched: number
  readonly names: Set<string>
}

/** How often pieces of each host are touched, and which. */
function touchPieces(
  piecesOf: NonNullable<ImagerySource['piecesOf']>,
  places: readonly LonLat[],
  size: PatchSize,
): ReadonlyMap<string, Touched> {
  const byHost = new Map<string, Touched>()
  // Place by place: all pieces of all places at once would be millions.
  for (const at of places) {
    for (const { name, host } of piecesOf(at, size)) {
      if (host === null) continue
      const one = byHost.get(host) ?? { touched: 0, names: new Set() }
      byHost.set(host, one)
      one.touched += 1
      one.names.add(name)
    }
  }
  return byHost
}

/**
 * How many different pieces there will be when `growth` times as many are touched: of T pieces, n
 * touches at random meet T (1 − e^(−n/T)). Points that lie evenly meet more, so this is too much
 * rather than too little.
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

/** So many of a list, evenly from the first to the last. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (count >= items.length) return items
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as T)
}
