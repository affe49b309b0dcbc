import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { resizeBicubic } from '../../src/image/resize.ts'
import type { Rgb8 } from '../../src/types.ts'

/** As `drawn` of test/fixtures/pillow-resize.py. */
function drawn(width: number, height: number): Rgb8 {
  let state = width * 1000 + height
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
  return { width, height, data }
}

/**
 * Source size, target size, start of the SHA-256 of what Pillow 13.0.0 makes
 * (test/fixtures/pillow-resize.py).
 */
const pillow: [number, number, number, number, string][] = [
  [320, 240, 160, 160, '6f5cb24c7a8012e9'],
  [320, 240, 96, 64, '38d934802599349a'],
  [320, 240, 1, 1, '5ee0482179b22382'],
  [320, 240, 333, 77, '0e07071d3b56fdd8'],
  [320, 240, 224, 500, '0e6350de91af4aad'],
  [640, 97, 160, 160, 'ce1f01e4e2c2eb14'],
  [640, 97, 96, 64, '2cc7dcfe68cbc32e'],
  [640, 97, 1, 1, 'd732297babadbbda'],
  [640, 97, 333, 77, '703c85ad8252a6bd'],
  [640, 97, 224, 500, 'd59e656cf169eaea'],
  [50, 41, 160, 160, 'a96a703a3ae338f6'],
  [50, 41, 96, 64, '1bc87bad6f237522'],
  [50, 41, 1, 1, '8ae40a3583aef669'],
  [50, 41, 333, 77, '21ec0d03f95155e0'],
  [50, 41, 224, 500, 'dc5fb88429523aa0'],
  [160, 300, 160, 160, '463a59d2bcb3cd9f'],
  [160, 300, 96, 64, '655613ff504338c2'],
  [160, 300, 1, 1, 'd732297babadbbda'],
  [160, 300, 333, 77, '33e1b9118775d1c8'],
  [160, 300, 224, 500, '2a6b64f3ab7ee9bd'],
  [3, 2, 160, 160, 'd3a69fd576afacde'],
  [3, 2, 96, 64, 'ba614de1e4e9771e'],
  [3, 2, 1, 1, '099f799a84e0e1f3'],
  [3, 2, 333, 77, 'a8cd300e0395d8f7'],
  [3, 2, 224, 500, '3c65d2aba4b33506'],
]

for (const [fromWidth, fromHeight, width, height, sha256] of pillow) {
  test(`resizing ${fromWidth} × ${fromHeight} to ${width} × ${height} gives Pillow's bytes`, () => {
    const { data } = resizeBicubic(drawn(fromWidth, fromHeight), width, height)
    expect(data).toHaveLength(width * height * 3)
    expect(createHash('sha256').update(data).digest('hex').slice(0, 16)).toBe(sha256)
  })
}

test('an image that has the size already is returned as it is', () => {
  const image = drawn(20, 10)
  expect(resizeBicubic(image, 20, 10)).toBe(image)
})

test('resizing leaves its input alone', () => {
  const image = drawn(40, 30)
  const before = image.data.slice()
  resizeBicubic(image, 16, 16)
  expect(Buffer.from(image.data).equals(before)).toBe(true)
})
