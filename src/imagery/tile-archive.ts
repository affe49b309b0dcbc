/**
 * The seam between a map-tile archive (MBTiles, PMTiles) and the source that cuts patches from it.
 */
import { InputError } from '../errors.ts'
import type { Bbox } from '../types.ts'
import type { TileAddress } from './tile-reader.ts'

/** An open archive of raster tiles in the Web Mercator pyramid. */
export interface TileArchive {
  readonly minZoom: number
  readonly maxZoom: number
  /** As the archive states it. */
  readonly attribution: string | null
  /** `[west, south, east, north]°` that the archive claims to cover. */
  readonly bbox: Bbox | null
  /** What the server calls this version; null for files on disk. */
  readonly etag: string | null
  /** Some tile that the archive has. */
  findTile(): Promise<TileAddress>
  /** Encoded bytes of a tile; `null` when the archive has none there. */
  readTile(address: TileAddress, signal: AbortSignal): Promise<Uint8Array | null>
  close(): Promise<void>
}

/** A file that is no archive of pictures. @param problem  what came instead */
export function archiveError(
  code: 'archive-unreadable' | 'archive-damaged' | 'archive-vector',
  problem: string,
  cause?: unknown,
): InputError {
  const hint =
    code === 'archive-vector'
      ? 'vector tiles hold no pictures: use an archive of png, jpg or webp tiles'
      : 'check the file: it may be cut off, or of another format'
  return new InputError(code, `Expected an archive of raster tiles, got ${problem}`, {
    hint,
    cause,
  })
}

/** Of an attribution; far more than anybody is shown. */
const HTML_LENGTH_MAX = 10_000

/** HTML of an attribution → text, as it is shown on results. */
export function plainText(html: unknown): string | null {
  if (typeof html !== 'string') return null
  const text = html
    .slice(0, HTML_LENGTH_MAX)
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&copy;', '©')
    .replaceAll('&amp;', '&')
    .replaceAll(/[\s\p{Cc}\p{Cs}]+/gu, ' ')
    .trim()
  return text === '' ? null : text.slice(0, 500)
}
