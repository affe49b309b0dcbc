/** The seam between a place and its pixels: what every kind of imagery source offers. */
import type { LonLat, Patch, Rgb8, RoadPoint, SourceReference } from '../types.ts'
import type { MultiPolygon } from 'geojson'
import type { Allocate } from '../image/pixel-pool.ts'

/** Side of a patch in pixels and its ground sample distance in metres per pixel. */
export interface PatchSize {
  readonly px: number
  readonly gsd: number
}

/** Which patch of a place is wanted. */
export interface PatchRequest extends PatchSize {
  /**
   * Only pixels captured on this ISO date, one of those that `vintages` answers; absent: the newest
   * of each place. Sources without `vintages` have one picture of each place and ignore it.
   */
  readonly capturedOn?: string
  /**
   * Makes room for the pixels, where the source warps them; the caller may use it again. Absent:
   * new memory.
   */
  readonly allocate?: Allocate
}

/** A square part of a window: its top left corner and side, px. */
export interface PixelSquare {
  readonly x: number
  readonly y: number
  readonly px: number
}

/** A large picture that goes on where imagery ends, for many patches at once. */
export interface ImageryWindow {
  /**
   * `rgb8[px, px, 3]`, true north up at its centre; missing pixels have the mean colour of the
   * others.
   */
  readonly image: Rgb8
  /** `uint8[px, px]`: 0 there, n: missing for `reasons[n − 1]`; `null`: nothing is missing. */
  readonly missing: Uint8Array | null
  /** The stable codes that `patch` would throw. */
  readonly reasons: readonly string[]
  readonly capturedOn: string | null
  /** Where the pixels of an available square came from. */
  referenceOf(square: PixelSquare): SourceReference
}

/** Something that is fetched or read as a whole: a tile, a picture. */
export interface Piece {
  /** Patches that share a piece share its name. */
  readonly name: string
  /** Who is asked for it, with a port where that is not the scheme's own; null: nobody. */
  readonly host: string | null
}

/**
 * Where satellite pixels come from. What an `UpstreamError` of `patch` and `window` asks of the
 * caller:
 * - `host-down`: the host fails every time, or wants to be left alone. Pause; not before
 *   `facts.nextTry` (ISO) is it asked again, until then every call fails at once, without a
 *   request. `facts`: `host`, `since`, `failure`, `failures`.
 * - `tiles-unavailable`, `tile-unreadable`: this address failed in all attempts, others may not.
 *   Try later; a point that fails so again and again while others of the host succeed can be given
 *   up.
 * - `tiles-refused`, `service-refused`: waiting does not help; key, address or layer are wrong.
 */
export interface ImagerySource {
  /** Shown on every result made from it. */
  readonly attribution: string
  /**
   * Cuts the patch around a place: `rgb8[px, px, 3]`, true north up, centre of the patch on the
   * place.
   * @throws {BadDataError} when there is no imagery here; its `code` is the reason that is stored
   * @throws {UpstreamError} when the source cannot answer now
   */
  patch(at: LonLat, request: PatchRequest, signal: AbortSignal): Promise<Patch>
  /**
   * Cuts the window around a place, of any size, imagery or not. Where patches can be cut side by
   * side.
   * @throws {UpstreamError} when the source cannot answer now
   */
  window?(at: LonLat, size: PatchSize, signal: AbortSignal): Promise<ImageryWindow>
  /**
   * Capture dates (ISO, newest first) of which each alone covers the whole patch around a place;
   * geometry only. Where the source has several pictures of one place. Empty when only several
   * dates together cover it, or none.
   */
  vintages?(at: LonLat, size: PatchSize): Promise<readonly string[]>
  /** Outline of all imagery in `[lon, lat]`, where the source knows it. */
  footprint?(): Promise<MultiPolygon>
  /**
   * Does the whole patch around a place lie in imagery? Geometry only: holes in the data show when
   * it is cut. Where the source knows its outline.
   */
  coversPatch?(at: LonLat, size: PatchSize): boolean
  /**
   * What a user should know before patches of this size are cut, a sentence each. Where there may
   * be something.
   * @throws {InputError} `imagery-too-coarse`, where that is known at once
   */
  advice?(size: PatchSize): readonly string[]
  /**
   * The pieces that a patch is made of, without fetching any. Of files that are read in parts they
   * are one for each file and patch: how many requests that takes shows only when it is cut.
   */
  piecesOf?(at: LonLat, size: PatchSize): readonly Piece[]
  /**
   * The same imagery past all that is kept of its pictures; what lists them is not read again. The
   * caller closes it. Where that list is long.
   */
  fresh?(): ImagerySource
  /** The places of a source that brings its own (`patches`). */
  points?(): Promise<readonly RoadPoint[]>
  close(): Promise<void>
}
