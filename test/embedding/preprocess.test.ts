import { expect, test } from 'vitest'
import { createTensorWriter } from '../../src/embedding/preprocess.ts'
import type { ModelCard } from '../../src/embedding/card.ts'

const input: ModelCard['input'] = {
  name: 'image',
  layout: 'NCHW',
  channels: 'RGB',
  dtype: 'float32',
  scale: 1 / 255,
  mean: [0.5, 0.25, 0],
  std: [0.5, 0.25, 2],
}

test('pixels become planes of (byte × scale − mean) / std, in RGB order', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) }
  const tensor = new Float32Array(8).fill(99)
  createTensorWriter(input)(image, tensor, 1)
  expect([...tensor]).toEqual([99, -1, 1, -1, 3, 0, 0.5, 99])
})

test('rows follow each other within a plane', () => {
  const data = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => i)
  const tensor = new Float32Array(18)
  createTensorWriter({ ...input, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] })(
    { width: 2, height: 3, data },
    tensor,
    0,
  )
  expect([...tensor.subarray(0, 6)]).toEqual([0, 3, 6, 9, 12, 15])
  expect([...tensor.subarray(12)]).toEqual([2, 5, 8, 11, 14, 17])
})
