/**
 * Imagery that a STAC item collection lists: dated GeoTIFFs, found by their outlines and opened
 * when a patch needs them.
 * @io disk network native
 */
import { basename } from 'node:path'
import Flatbush from 'flatbush'
import type { MultiPolygon } from 'geojson'
import { BadDataError, InputError } from '../errors.ts'
import { createLocalFrame } from '../geo/local-frame.ts'
import { isInPolygon } from '../geo/rings.ts'
import type { LonLat } from '../types.ts'
import { ByteCache } from './byte-cache.ts'
import { groupByDate, isWithin, noDates, type DatedLayers } from './dates.ts'
import type { ImageryDeps, StretchMemory } from './deps.ts'
import { HttpClient } from './http-client.ts'
import { openHttpReader } from './http-range.ts'
import { rasterOptionsOf } from './kinds/raster.ts'
import type { StacConfig } from './kinds/stac.ts'
import { openFileReader } from './range-reader.ts'
import { createLayers, type RasterLayer } from './raster-layers.ts'
import { RasterPool } from './raster-pool.ts'
import { RasterSource, type Pictures } from './raster-source.ts'
import { openRaster, REMOTE_BLOCK_PX } from './raster.ts'
import type { ImagerySource, PatchSize } from './source.ts'
import { loadCredits, loadStacItems, type LocatedItem } from './stac-load.ts'

const PIXEL_BYTES_MAX = 256 * 2 ** 20
const BLOCK_BYTES_MAX = 128 * 2 ** 20
const METRES_PER_DEGREE = 110_000
/** Places of a patch that are looked at, in each direction, to say whether items cover it. */
const LATTICE = 4

/**
 * Opens imagery that STAC items list.
 * @throws {InputError} `stac-items`, `stac-host`, `imagery-dates`, `file-unreadable`
 * @throws {UpstreamError} when a server does not answer
 */
export async function createStacSource(
  config: StacConfig,
  deps: Pick<ImageryDeps, 'baseDir' | 'secrets' | 'hosts' | 'signal' | 'stretches'>,
): Promise<ImagerySource> {
  const http = new HttpClient(config, deps)
  try {
    const access = { http, baseDir: deps.baseDir, signal: deps.signal }
    const listed = await loadStacItems(config, access)
    const items = listed.filter((item) => isWithin(item.capturedOn, config))
    if (listed.length === 0) throw noItems()
    if (items.length === 0) throw noDates(config)
    const credits = config.attribution ?? (await loadCredits(items, config, access)).join(', ')
    const pictures = new StacPictures(items, {
      createPool: () => createPool(config, http, deps.stretches),
      allowCoarse: config.allowCoarse,
      onClose: () => http.close(),
    })
    return new RasterSource({ kind: config.kind, attribution: credits || nameOf(config) }, pictures)
  } catch (error) {
    http.close()
    throw error
  }
}

/** Shown on every result: no path of this machine, no query. */
function nameOf({ url, file = '' }: StacConfig): string {
  return url?.replace(/[?#].*$/s, '') ?? basename(file)
}

function createPool(config: StacConfig, http: HttpClient, stretches?: StretchMemory): RasterPool {
  const ranges = { http, blocks: new ByteCache<Uint8Array>(BLOCK_BYTES_MAX) }
  const options = { ...rasterOptionsOf(config), stretches, blockPx: REMOTE_BLOCK_PX }
  return new RasterPool(async ({ location, isRemote }) => {
    const reader = isRemote
      ? openHttpReader(location, ranges)
      : await openFileReader(location, location)
    return openRaster(reader, options)
  })
}

/** How the pictures of items are opened, and what is to be closed after them. */
interface StacAccess {
  readonly createPool: () => RasterPool
  readonly allowCoarse?: boolean | undefined
  readonly onClose: () => void
}

class StacPictures implements Pictures {
  readonly #items: readonly LocatedItem[]
  readonly #access: StacAccess
  readonly #pool: RasterPool
  readonly #cache = new ByteCache<Uint8Array>(PIXEL_BYTES_MAX)
  readonly #index: Flatbush
  /** The item of each box of the index. */
  readonly #itemOf: readonly LocatedItem[]

  constructor(items: readonly LocatedItem[], access: StacAccess) {
    this.#items = items
    this.#access = access
    this.#pool = access.createPool()
    const boxes = items.flatMap((item) => item.boxes.map((box) => ({ item, box })))
    this.#itemOf = boxes.map(({ item }) => item)
    this.#index = new Flatbush(boxes.length)
    for (const { box } of boxes) this.#index.add(...box)
    this.#index.finish()
  }

  near(at: LonLat, size: PatchSize): DatedLayers[] {
    return groupByDate(this.#find(at, size)).map(([capturedOn, items]) => ({
      capturedOn,
      covers: () => coversPatch(items, at, size),
      hosts: () =>
        items.map(({ location, isRemote }) => (isRemote ? new URL(location).host : null)),
      layers: () => this.#open(items, size.gsd),
    }))
  }

  covers(at: LonLat, size: PatchSize): boolean {
    return coversPatch(this.#find(at, size), at, size)
  }

  footprint(): MultiPolygon {
    return { type: 'MultiPolygon', coordinates: this.#items.flatMap(({ polygons }) => polygons) }
  }

  async close(): Promise<void> {
    this.#cache.clear()
    await this.#pool.close()
    this.#access.onClose()
  }

  /** Asks through the same client, which whoever opened the items closes. */
  fresh(): Pictures {
    return new StacPictures(this.#items, { ...this.#access, onClose: () => undefined })
  }

  /** Items whose boxes touch the patch, in the order of the collection. */
  #find({ lon, lat }: LonLat, { px, gsd }: PatchSize): LocatedItem[] {
    const down = (px * gsd) / METRES_PER_DEGREE
    const across = down / Math.max(Math.cos((lat * Math.PI) / 180), 0.01)
    const found = [-360, 0, 360].flatMap((turn) => {
      const [west, east] = [lon + turn - across, lon + turn + across]
      return this.#index.search(west, lat - down, east, lat + down)
    })
    const items = [...new Set(found)].sort((a, b) => a - b).map((box) => this.#itemOf[box])
    return [...new Set(items)].filter((item) => item !== undefined)
  }

  async #open(items: readonly LocatedItem[], gsd: number): Promise<RasterLayer[]> {
    const opening = items.map((item) => this.#pool.get(item).catch(asBadData))
    const { allowCoarse } = this.#access
    return createLayers(await Promise.all(opening), gsd, { cache: this.#cache, allowCoarse })
  }
}

/** A picture that cannot be used spoils its places, not the build. */
function asBadData(error: unknown): never {
  if (!(error instanceof InputError)) throw error
  const { code, message, hint, facts } = error
  throw new BadDataError(code, message, { ...(hint && { hint }), facts, cause: error })
}

/** Do the outlines of items hold every place of a lattice over the patch? */
function coversPatch(items: readonly LocatedItem[], at: LonLat, { px, gsd }: PatchSize): boolean {
  const frame = createLocalFrame(at)
  const sideM = px * gsd
  for (let node = 0; node < (LATTICE + 1) ** 2; node++) {
    const east = ((node % (LATTICE + 1)) / LATTICE - 0.5) * sideM
    const north = (Math.floor(node / (LATTICE + 1)) / LATTICE - 0.5) * sideM
    const { lon, lat } = frame.inverse(east, north)
    const isCovered = items.some(({ polygons }) =>
      polygons.some((rings) => isInPolygon(rings, lon, lat)),
    )
    if (!isCovered) return false
  }
  return true
}

function noItems(): InputError {
  return new InputError('stac-items', 'Expected STAC items, got an empty collection', {
    hint: 'check the search: bbox, datetime and collections; of a STAC API give the search, not its catalogue',
  })
}
