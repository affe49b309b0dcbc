/**
 * Compressions inside TIFF that others decode better than geotiff.js does: WebP (sharp), Deflate
 * (Node, in its own threads), LZW.
 * @io native
 */
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { addDecoder, BaseDecoder } from 'geotiff'
import sharp from 'sharp'
import { decodeLzw } from './lzw.ts'

const LZW = 5
const WEBP = 50001
/** Adobe's number and the old one. */
const DEFLATE = [8, 32946]
/** What tags claim may be far more than there is: no larger piece of memory is made at once. */
const PIECE_BYTES_MAX = 4 * 2 ** 20
const inflateBytes = promisify(inflate)

class DeflateDecoder extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBuffer): Promise<ArrayBufferLike> {
    // Twice, because some writers pad; without a limit a megabyte of file could become gigabytes.
    const wanted = blockBytes(this.parameters)
    const maxOutputLength = 2 * wanted + 1024
    // Just more than there should be: then it comes in one piece.
    const chunkSize = Math.min(wanted + 64, PIECE_BYTES_MAX)
    const inflated = await inflateBytes(new Uint8Array(buffer), { maxOutputLength, chunkSize })
    const { buffer: bytes, byteOffset, byteLength } = inflated
    return bytes.slice(byteOffset, byteOffset + byteLength)
  }
}

class WebpDecoder extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBuffer): Promise<ArrayBufferLike> {
    const { samplesPerPixel } = this.parameters
    const picture = sharp(Buffer.from(buffer))
    const pixels = samplesPerPixel === 4 ? picture.ensureAlpha() : picture.removeAlpha()
    const { buffer: bytes, byteOffset, byteLength } = await pixels.raw().toBuffer()
    return bytes.slice(byteOffset, byteOffset + byteLength)
  }
}

class LzwDecoder extends BaseDecoder {
  override decodeBlock(buffer: ArrayBuffer): ArrayBufferLike {
    return decodeLzw(new Uint8Array(buffer), blockBytes(this.parameters)).buffer
  }
}

/** What a block holds when it is unpacked, by its tags. */
function blockBytes(block: BaseDecoder['parameters']): number {
  const { tileWidth, tileHeight, bitsPerSample, planarConfiguration } = block
  const bits = typeof bitsPerSample === 'number' ? [bitsPerSample] : Array.from(bitsPerSample)
  // Separate planes hold one sample each.
  const perPixel = planarConfiguration === 2 ? (bits[0] ?? 8) : bits.reduce((a, b) => a + b, 0)
  return Math.ceil((tileWidth * perPixel) / 8) * tileHeight
}

type Directory = Parameters<NonNullable<Parameters<typeof addDecoder>[2]>>[0]

/** Tiles, or strips: those may claim to be higher than the picture. */
async function describeBlocks(directory: Directory) {
  const number = async (...tag: Parameters<Directory['loadValue']>): Promise<number> =>
    Number(await directory.loadValue(...tag))
  const isTiled = !directory.hasTag('StripOffsets')
  const rows = (await number('RowsPerStrip')) || Infinity
  return {
    tileWidth: await number(isTiled ? 'TileWidth' : 'ImageWidth'),
    tileHeight: isTiled ? await number('TileLength') : Math.min(rows, await number('ImageLength')),
    planarConfiguration: (await number('PlanarConfiguration')) || 1,
    bitsPerSample: Array.from((await directory.loadValue('BitsPerSample')) ?? [1]),
    predictor: (await number('Predictor')) || 1,
  }
}

let isRegistered = false

/** Adds the decoders to geotiff.js's (process-wide) table, once. */
export function registerTiffCodecs(): void {
  if (isRegistered) return
  isRegistered = true
  addDecoder(DEFLATE, async () => DeflateDecoder, describeBlocks, false)
  addDecoder(LZW, async () => LzwDecoder, describeBlocks, false)
  addDecoder(
    WEBP,
    async () => WebpDecoder,
    async (directory) => ({
      tileWidth: Number(await directory.loadValue('TileWidth')),
      tileHeight: Number(await directory.loadValue('TileLength')),
      planarConfiguration: 1,
      bitsPerSample: 8,
      predictor: 1,
      samplesPerPixel: Number(await directory.loadValue('SamplesPerPixel')),
    }),
    false,
  )
}
