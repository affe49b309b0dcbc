/**
 * Compressions inside TIFF that sharp decodes better than geotiff.js does: WebP.
 * @io native
 */
import { addDecoder, BaseDecoder } from 'geotiff'
import sharp from 'sharp'

const WEBP = 50001

class WebpDecoder extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBuffer): Promise<ArrayBufferLike> {
    const { samplesPerPixel } = this.parameters
    const picture = sharp(Buffer.from(buffer))
    const pixels = samplesPerPixel === 4 ? picture.ensureAlpha() : picture.removeAlpha()
    const { buffer: bytes, byteOffset, byteLength } = await pixels.raw().toBuffer()
    return bytes.slice(byteOffset, byteOffset + byteLength)
  }
}

let isRegistered = false

/** Adds the decoders to geotiff.js's (process-wide) table, once. */
export function registerTiffCodecs(): void {
  if (isRegistered) return
  isRegistered = true
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
