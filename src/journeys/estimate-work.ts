/**
 * What a build fetches and embeds, piece by piece: a patch for each point, or the windows of a
 * dense build.
 */
import type { Encoder } from '../embedding/encoder.ts'
import { BadDataError } from '../errors.ts'
import type { ImagerySource, PatchSize } from '../imagery/source.ts'
import type { LonLat, Rgb8 } from '../types.ts'
import { needMaps, needWindows } from './build-dense.ts'
import type { DenseLattice } from './dense-lattice.ts'
import { patchSizeOf } from './patch-size.ts'

/** Pieces embedded to learn the rate: enough to keep all sessions busy for a moment. */
const RATE_PATCHES = 32
const RATE_PASSES = 8

/** The pieces of a build. */
export interface EstimatedWork {
  /** Their centres. */
  readonly places: readonly LonLat[]
  readonly size: PatchSize
  /** How to cut one; false: there is no imagery. */
  readonly cutFrom: (
    source: ImagerySource,
  ) => (place: LonLat, signal: AbortSignal) => Promise<boolean>
  /** So many grey pieces through the model, and how many are enough to learn the rate. */
  readonly encodeGrey: (count: number) => Promise<unknown>
  readonly rateCount: number
}

/** Patch by patch. */
export function patchWork(encoder: Encoder, points: readonly LonLat[]): EstimatedWork {
  const size = patchSizeOf(encoder.card)
  const [height, width] = encoder.card.size
  return {
    places: points,
    size,
    cutFrom: (source) => (place, signal) =>
      source.patch(place, size, signal).then(
        () => true,
        (error: unknown) => {
          if (error instanceof BadDataError) return false
          throw error
        },
      ),
    encodeGrey: (count) => encoder.encode(Array.from({ length: count }, () => grey(width, height))),
    rateCount: RATE_PATCHES,
  }
}

/**
 * Densely: each window once, whatever number of points it has.
 * @throws {InputError} `imagery-without-windows` when it is cut from a source of single patches
 */
export function windowWork(
  encoder: Encoder,
  lattice: DenseLattice,
  points: readonly LonLat[],
): EstimatedWork {
  const { encodeMap } = needMaps(encoder)
  const size = { px: lattice.windowPx, gsd: patchSizeOf(encoder.card).gsd }
  const windows = new Map(
    points.map((point) => {
      const place = lattice.windowOf(point)
      return [`${place.column},${place.row}`, place]
    }),
  )
  const passes = lattice.passes ** 2
  return {
    places: [...windows.values()].map((place) => lattice.centreOf(place)),
    size,
    cutFrom: (source) => {
      const { window } = needWindows(source)
      return async (place, signal) => {
        const { missing } = await window(place, size, signal)
        return missing === null || missing.includes(0)
      }
    },
    encodeGrey: (count) => {
      const image = grey(lattice.passPx, lattice.passPx)
      return Promise.all(Array.from({ length: count * passes }, () => encodeMap(image)))
    },
    rateCount: Math.ceil(RATE_PASSES / passes),
  }
}

function grey(width: number, height: number): Rgb8 {
  return { width, height, data: new Uint8Array(width * height * 3).fill(128) }
}
