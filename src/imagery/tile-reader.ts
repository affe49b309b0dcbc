/**
 * The seam between a tile's address and its bytes: what every kind of tiled source offers to the
 * pyramid.
 */

/** Position of a tile in the Web Mercator pyramid; y counts from the north. */
export interface TileAddress {
  readonly z: number
  readonly x: number
  readonly y: number
}

/** Encoded bytes of a tile: PNG, JPEG, WebP or what else the decoder knows. */
export interface EncodedTile {
  readonly bytes: Uint8Array
  readonly etag: string | null
}

/** Where tiles come from. */
export interface TileReader {
  /**
   * @throws {BadDataError} `no-tile` when there is none here
   * @throws {UpstreamError} when the source cannot answer now
   */
  readTile(address: TileAddress, signal: AbortSignal): Promise<EncodedTile>
  /**
   * The tile that it gave is no picture: the next read must not come from a cache. Absent: reading
   * again is of no use.
   */
  forget?(address: TileAddress): Promise<void>
  /** Who is asked for a tile, without asking; null: nobody. Absent: nobody ever is. */
  hostOf?(address: TileAddress): string | null
  close(): Promise<void>
}

/** `z/x/y`, as references and messages name a tile. */
export function tileName({ z, x, y }: TileAddress): string {
  return `${String(z)}/${String(x)}/${String(y)}`
}
