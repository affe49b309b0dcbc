/**
 * Encoded tile → pixels, and the look at whether it is a picture of the ground at all.
 * @io native
 */
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { BadDataError } from '../errors.ts'
import { stretchTable, type StretchTable } from './level-stretch.ts'
import type { PyramidFields } from './kinds/common.ts'
import type { EncodedTile } from './tile-reader.ts'

/** A decoded tile: RGB, or RGB and validity. */
export interface Tile {
  readonly pixels: Uint8Array
  readonly channels: 3 | 4
  readonly etag: string | null
  readonly byteLength: number
}

type DecodeOptions = Pick<PyramidFields, 'noDataSha256' | 'keepBlankTiles' | 'stretch'> & {
  readonly tileSizePx: number
}

/** Decodes the tiles of one source. */
export class TileDecoder {
  readonly #side: number
  readonly #placeholders: ReadonlySet<string>
  readonly #keepsBlank: boolean
  readonly #stretch: StretchTable | null

  constructor({ tileSizePx, noDataSha256, keepBlankTiles, stretch }: DecodeOptions) {
    this.#side = tileSizePx
    this.#placeholders = new Set(noDataSha256)
    this.#keepsBlank = keepBlankTiles ?? false
    this.#stretch = stretch === undefined ? null : stretchTable(stretch)
  }

  /**
   * Decodes a tile.
   * @param name  for messages
   * @throws {BadDataError} `placeholder-tile`, `blank-tile` where the provider has no imagery
   * @throws {Error} when the bytes are not a picture of the right size
   */
  async decode({ bytes, etag }: EncodedTile, name: string): Promise<Tile> {
    if (this.#isPlaceholder(bytes)) {
      throw noImagery('placeholder-tile', "got the provider's placeholder", name)
    }
    const { data, info } = await sharp(bytes, { limitInputPixels: 4096 * 4096 })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.width !== this.#side || info.height !== this.#side) {
      throw new Error(
        `Expected ${String(this.#side)} × ${String(this.#side)} px, got ${String(info.width)} × ${String(info.height)}`,
      )
    }
    const { pixels, channels } = toRgb(data, info.channels)
    if (!this.#keepsBlank && isOneColour(pixels, channels)) {
      throw noImagery('blank-tile', 'got a tile of one colour', name)
    }
    this.#stretch?.(pixels, channels)
    return { pixels, channels, etag, byteLength: pixels.byteLength }
  }

  #isPlaceholder(bytes: Uint8Array): boolean {
    if (this.#placeholders.size === 0) return false
    return this.#placeholders.has(createHash('sha256').update(bytes).digest('hex'))
  }
}

function noImagery(code: string, got: string, tile: string): BadDataError {
  return new BadDataError(code, `Expected imagery in tile ${tile}, ${got}`, {
    hint: 'the source has no imagery here, or its maxZoom is set too high',
    facts: { tile },
  })
}

/** Grey, grey + alpha, RGB or RGBA → RGB, with validity where the tile has alpha. */
function toRgb(
  data: Uint8Array,
  bands: number,
): { readonly pixels: Uint8Array; readonly channels: 3 | 4 } {
  if (bands === 3) return { pixels: data, channels: 3 }
  const count = data.length / bands
  const hasAlpha = bands === 2 || bands === 4
  const pixels = new Uint8Array(count * 4)
  for (let index = 0; index < count; index++) {
    const at = index * bands
    if (hasAlpha && (data[at + bands - 1] as number) < 128) continue
    for (let channel = 0; channel < 3; channel++) {
      pixels[index * 4 + channel] = data[bands < 3 ? at : at + channel] as number
    }
    pixels[index * 4 + 3] = 255
  }
  return { pixels, channels: 4 }
}

function isOneColour(pixels: Uint8Array, channels: 3 | 4): boolean {
  for (let at = channels; at < pixels.length; at++) {
    if (pixels[at] !== pixels[at - channels]) return false
  }
  return true
}
