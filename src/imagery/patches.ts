/**
 * Imagery that somebody has already cut: pictures and a CSV that says where each was taken.
 * @io disk native
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import sharp from 'sharp'
import { BadDataError, InputError } from '../errors.ts'
import type { LonLat, Patch, RoadPoint } from '../types.ts'
import type { PatchesConfig } from './kinds/patches.ts'
import { parsePatchList, type ListedPatch } from './patch-list.ts'
import type { ImagerySource, PatchSize } from './source.ts'

/** Pictures larger than this are not patches. */
const PIXELS_MAX = 10_000 * 10_000

/**
 * Opens a list of pictures.
 * @throws {InputError} `patches-unreadable`, `patches-list` with all bad lines
 */
export async function createPatchesSource(
  config: PatchesConfig,
  baseDir: string,
): Promise<ImagerySource> {
  const file = resolve(baseDir, config.file)
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InputError('patches-unreadable', `Expected a readable CSV, got ${config.file}`, {
      hint: 'a CSV with the columns file,lon,lat[,date,attribution]',
      cause,
    })
  })
  return new PatchesSource(config, parsePatchList(text), dirname(file))
}

/** Positions are compared as numbers; a round trip through a database keeps doubles exactly. */
function keyOf({ lon, lat }: LonLat): string {
  return `${String(lon)},${String(lat)}`
}

class PatchesSource implements ImagerySource {
  readonly attribution: string
  readonly #patches: readonly ListedPatch[]
  readonly #folder: string
  readonly #byPlace: ReadonlyMap<string, ListedPatch>

  constructor(config: PatchesConfig, patches: readonly ListedPatch[], folder: string) {
    const named = patches.flatMap(({ attribution }) => attribution ?? [])
    this.attribution = config.attribution ?? [...new Set(named)].sort().join('; ')
    this.#patches = patches
    this.#folder = folder
    this.#byPlace = new Map(patches.map((patch) => [keyOf(patch), patch]))
  }

  async patch(at: LonLat, { px }: PatchSize, signal: AbortSignal): Promise<Patch> {
    signal.throwIfAborted()
    const listed = this.#byPlace.get(keyOf(at))
    if (listed === undefined) {
      throw new BadDataError('outside-imagery', 'Expected a picture of this place, got none', {
        facts: { lon: at.lon, lat: at.lat },
      })
    }
    return {
      image: { width: px, height: px, data: await this.#readPicture(listed, px) },
      capturedOn: listed.date,
      reference: { kind: 'patches', items: [listed.file] },
    }
  }

  async points(): Promise<readonly RoadPoint[]> {
    return this.#patches.map(({ lon, lat }, id) => ({ id, lon, lat }))
  }

  async close(): Promise<void> {
    // Nothing stays open between patches.
  }

  /** Any size is resampled; what is not square loses the ends of its longer side. */
  async #readPicture({ file }: ListedPatch, px: number): Promise<Uint8Array> {
    try {
      return await sharp(resolve(this.#folder, file), { limitInputPixels: PIXELS_MAX })
        .autoOrient()
        .flatten({ background: 'white' })
        .toColourspace('srgb')
        .resize(px, px, { fit: 'cover', kernel: 'cubic' })
        .raw({ depth: 'uchar' })
        .toBuffer()
    } catch (cause) {
      throw new BadDataError('patch-unreadable', `Expected a picture, got ${file}`, { cause })
    }
  }
}
