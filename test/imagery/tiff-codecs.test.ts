import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { getDecoder } from 'geotiff'
import { registerTiffCodecs } from '../../src/imagery/tiff-codecs.ts'

registerTiffCodecs()

/** A tile of 64 × 64 px, RGB, 8 bits, as the tags say. */
const block = {
  tileWidth: 64,
  tileHeight: 64,
  bitsPerSample: [8, 8, 8],
  planarConfiguration: 1,
  predictor: 1,
}
const BLOCK_BYTES = 64 * 64 * 3

async function inflate(packed: Uint8Array): Promise<Uint8Array> {
  const decoder = await getDecoder(8, block)
  return new Uint8Array(await decoder.decode(Uint8Array.from(packed).buffer))
}

describe('a deflated block', () => {
  test('comes out as it went in', async () => {
    const bytes = Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (i * 7) % 251)
    expect(await inflate(deflateSync(bytes))).toEqual(bytes)
  })

  test('that some writer padded is read', async () => {
    expect((await inflate(deflateSync(new Uint8Array(BLOCK_BYTES + 500)))).length).toBe(
      BLOCK_BYTES + 500,
    )
  })

  test('that becomes far more than its tags say is refused before it does', async () => {
    await expect(inflate(deflateSync(Buffer.alloc(64 * 2 ** 20)))).rejects.toThrow(/larger than/)
  })
})
