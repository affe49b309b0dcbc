import sharp from 'sharp'
import { expect, test } from 'vitest'
import { decodePhoto } from '../../src/image/decode.ts'
import { encodePng } from '../../src/image/encode.ts'
import { perceptualHash } from '../../src/image/perceptual-hash.ts'
import type { Rgb8 } from '../../src/types.ts'

function drawn(seed: number): Rgb8 {
  const [width, height] = [180, 120]
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)]
    const wave = Math.sin((x + seed * 31) / (9 + seed)) * Math.cos((y * seed) / 17)
    data.fill(128 + 100 * wave, i * 3, i * 3 + 3)
  }
  return { width, height, data }
}

function bitsApart(a: string, b: string): number {
  return [...(BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2)].filter((bit) => bit === '1').length
}

test('the hash survives scaling and strong compression', async () => {
  for (const seed of [1, 2, 3, 4]) {
    const image = drawn(seed)
    const small = sharp(await encodePng(image))
      .resize(90, 60)
      .jpeg({ quality: 40 })
    const again = (await decodePhoto(await small.toBuffer())).image
    expect(bitsApart(perceptualHash(image), perceptualHash(again))).toBeLessThanOrEqual(6)
  }
})

test('different pictures have hashes that differ in many bits', () => {
  const hashes = [1, 2, 3, 4, 5].map((seed) => perceptualHash(drawn(seed)))
  hashes.forEach((a, i) =>
    hashes.slice(0, i).forEach((b) => expect(bitsApart(a, b)).toBeGreaterThan(12)),
  )
})

test('the hash is 16 hex digits for any size, and its first bit is the top left comparison', () => {
  expect(perceptualHash({ width: 1, height: 1, data: new Uint8Array(3) })).toMatch(/^[0-9a-f]{16}$/)
  const data = new Uint8Array(9 * 8 * 3)
  data.fill(200, 0, 3)
  expect(perceptualHash({ width: 9, height: 8, data })).toBe('8000000000000000')
})
