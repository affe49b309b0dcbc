import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Encoder } from '../../src/embedding/encoder.ts'
import { blockMeans, mapGeometryOf } from '../../src/embedding/logits-map.ts'
import { listModels } from '../../src/embedding/model-files.ts'
import { createEncoder } from '../../src/embedding/onnx.ts'
import type { Rgb8 } from '../../src/types.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../../models/${name}`, import.meta.url))

/** Blotches of about 20 px, so that neighbouring cells differ. */
function blotches(seed: number, width: number, height: number): Rgb8 {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor((Math.floor(i / 3) % width) / 20)
    const y = Math.floor(Math.floor(i / 3 / width) / 20)
    data[i] = Math.imul(x + 1, 7919) ^ Math.imul(y + 3, 104729) ^ Math.imul(seed + (i % 3), 613)
  }
  return { width, height, data }
}

function cut(image: Rgb8, at: { x: number; y: number; px: number }): Rgb8 {
  const data = new Uint8Array(at.px * at.px * 3)
  for (let row = 0; row < at.px; row++) {
    const from = ((at.y + row) * image.width + at.x) * 3
    data.set(image.data.subarray(from, from + at.px * 3), row * at.px * 3)
  }
  return { width: at.px, height: at.px, data }
}

const models = await listModels(pathOf(''))
const names = models.filter(({ card }) => 'logitsmap' in card.outputs).map(({ card }) => card.name)

for (const name of names) {
  describe(name, () => {
    let single: Encoder
    let pooled: Encoder
    beforeAll(async () => {
      single = await createEncoder(pathOf(name), { sessions: 1 })
      pooled = await createEncoder(pathOf(name), { sessions: 2 })
    })
    afterAll(() => Promise.all([single.close(), pooled.close()]))

    test('a window of exactly one patch: the mean of the map is the logits of the patch', async () => {
      const { patchCells } = mapGeometryOf(single.card)
      for (const seed of [1, 2, 3]) {
        const patch = blotches(seed, 224, 224)
        const map = await single.encodeMap!(patch)
        expect([map.width, map.height]).toEqual([patchCells, patchCells])
        const mean = blockMeans(map, patchCells)
        const logits = await single.encode([patch])
        expect(mean).toHaveLength(365)
        mean.forEach((value, c) => expect(Math.abs(value - logits[c]!)).toBeLessThan(1e-4))
      }
    })

    test('the map of a window has the same bits on any session, beside other work', async () => {
      const windows = [1, 2, 3].map((seed) => blotches(seed, 320, 288))
      const alone: Float32Array[] = []
      for (const window of windows) alone.push((await single.encodeMap!(window)).logits)
      const [others, ...together] = await Promise.all([
        pooled.encode([blotches(9, 224, 224)]),
        ...windows.map((window) => pooled.encodeMap!(window)),
      ])
      expect(others).toHaveLength(365)
      together.forEach(({ logits, width, height }, i) => {
        expect([width, height]).toEqual([10, 9])
        expect(Buffer.from(logits.buffer).equals(Buffer.from(alone[i]!.buffer))).toBe(true)
      })
    })
  })
}

describe('the tiny model, which sees nothing beyond a pixel', () => {
  let encoder: Encoder
  beforeAll(
    async () => void (encoder = await createEncoder(pathOf('tiny/overhead'), { sessions: 1 })),
  )
  afterAll(() => encoder.close())

  test('gives every patch of a window the logits that it has alone', async () => {
    const window = blotches(4, 320, 288)
    const means = blockMeans(await encoder.encodeMap!(window), 7)
    const patches = Array.from({ length: 12 }, (_, block) =>
      cut(window, { x: (block % 4) * 32, y: Math.floor(block / 4) * 32, px: 224 }),
    )
    const logits = await encoder.encode(patches)
    expect(means).toHaveLength(logits.length)
    means.forEach((value, i) => expect(Math.abs(value - logits[i]!)).toBeLessThan(1e-4))
  })

  test('a window that is no whole number of strides is refused', async () => {
    await expect(encoder.encodeMap!(blotches(1, 330, 320))).rejects.toMatchObject({
      code: 'window-size',
    })
  })
})

test('a model without a map of logits offers none', async () => {
  const encoder = await createEncoder(pathOf('tiny/photo'), { sessions: 1 })
  expect('encodeMap' in encoder).toBe(false)
  await encoder.close()
})
