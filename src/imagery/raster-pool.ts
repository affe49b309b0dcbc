/** Rasters opened when they are needed; those behind HTTP that were used longest ago are let go. */
import type { Raster } from './raster.ts'

/** A raster that may be opened. */
export interface RasterPlace {
  /** Path or address. */
  readonly location: string
  readonly isRemote: boolean
}

/** What one holds is some 50 kB of tags. */
const REMOTE_MAX = 500

/** Open rasters by location. */
export class RasterPool {
  readonly #open: (place: RasterPlace) => Promise<Raster>
  readonly #local = new Map<string, Promise<Raster>>()
  readonly #remote = new Map<string, Promise<Raster>>()

  constructor(open: (place: RasterPlace) => Promise<Raster>) {
    this.#open = open
  }

  /**
   * The raster of a place, opened if it is not; anew if that failed, or if its server has exchanged
   * the file.
   */
  async get(place: RasterPlace): Promise<Raster> {
    const rasters = place.isRemote ? this.#remote : this.#local
    const { location } = place
    const opening = rasters.get(location) ?? this.#open(place)
    // The last used stands last.
    rasters.delete(location)
    rasters.set(location, opening)
    this.#shrink()
    try {
      const raster = await opening
      if (!raster.isOutdated) return raster
    } catch (error) {
      if (rasters.get(location) === opening) rasters.delete(location)
      throw error
    }
    if (rasters.get(location) === opening) rasters.delete(location)
    return this.get(place)
  }

  async close(): Promise<void> {
    const all = [...this.#local.values(), ...this.#remote.values()]
    this.#local.clear()
    this.#remote.clear()
    await Promise.all(all.map((opening) => opening.then((raster) => raster.close()).catch(ignore)))
  }

  /** Not closed: a patch under way may still read it, and behind HTTP nothing stays open. */
  #shrink(): void {
    for (const location of this.#remote.keys()) {
      if (this.#remote.size <= REMOTE_MAX) return
      this.#remote.delete(location)
    }
  }
}

/** Whoever asked for a raster that could not be opened has been told. */
function ignore(): void {
  // Nothing is left to be done.
}
