import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/embedding/model-files.ts'
import { keepOutput } from '../../src/embedding/onnx-graph.ts'
import { padEarlier } from '../../src/embedding/onnx-pads.ts'
import { makeOnnx, type MadeNode } from './made-onnx.ts'

const PLANES = [0, 0, 1, 1, 0, 0, 1, 1]

/**
 * `image` [1, 2, h, w] → `out`: a convolution to more channels, `between`, pad, sums of 2 × 2
 * cells.
 */
function makeModel(options: {
  readonly kernel?: number
  readonly channels?: number
  readonly conv?: MadeNode['attributes']
  readonly between?: string
  readonly pads?: readonly number[]
  readonly mode?: string
  readonly shows?: string
}): Uint8Array {
  const {
    kernel = 1,
    channels = 3,
    conv,
    between = 'Relu',
    pads = PLANES,
    mode = 'reflect',
    shows,
  } = options
  const values = Float32Array.from({ length: channels * 2 * kernel ** 2 }, (_, i) =>
    Math.sin(i + 1),
  )
  const attributes = { kernel_shape: [kernel, kernel], ...conv }
  return makeOnnx({
    inputs: [{ name: 'image', shape: [1, 2, 5, 5] }],
    weights: [
      { name: 'weights', shape: [channels, 2, kernel, kernel], values },
      { name: 'ones', shape: [3, channels, 2, 2], values: new Float32Array(12 * channels).fill(1) },
      { name: 'pads', shape: [8], values: BigInt64Array.from(pads.map(BigInt)) },
    ],
    nodes: [
      { operator: 'Conv', inputs: ['image', 'weights'], output: 'map', attributes },
      { operator: between, inputs: ['map'], output: 'lit' },
      { operator: 'Pad', inputs: ['lit', 'pads'], output: 'wide', attributes: { mode } },
      { operator: 'Conv', inputs: ['wide', 'ones'], output: 'out' },
    ],
    outputs: { out: 'out', ...(shows !== undefined && { [shows]: shows }) },
  })
}

/** What a model answers, as bits, to noise of a size. */
async function answer(
  model: Uint8Array,
  output: string,
  [channels, side]: readonly [number, number],
) {
  const values = Float32Array.from(
    { length: channels * side * side },
    (_, i) => ((i * 7919) % 256) / 64 - 2,
  )
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
  const feeds = { image: new Tensor('float32', values, [1, channels, side, side]) }
  const data = (await session.run(feeds, [output]))[output]?.data as Float32Array
  await session.release()
  return Buffer.from(data.slice().buffer).toString('hex')
}

const isMoved = (model: Uint8Array) => padEarlier(model) !== model

describe('overhead-mobilenetv2-10', async () => {
  const folder = fileURLToPath(new URL('../../models/overhead-mobilenetv2-10', import.meta.url))
  const { onnxPath } = await readModel(folder)
  const model = readFileSync(onnxPath)
  for (const [output, side] of [
    ['logits', 224],
    ['logitsmap', 352],
  ] as const) {
    test(`answers ${output} with the same bits when maps are continued earlier`, async () => {
      const kept = keepOutput(model, output)
      const moved = padEarlier(kept)
      expect(moved).not.toBe(kept)
      expect(await answer(moved, output, [3, side])).toBe(await answer(kept, output, [3, side]))
    })
  }
})

for (const between of ['Relu', 'Sigmoid'] as const) {
  test(`a pad after a 1 × 1 convolution and ${between} is ${between === 'Relu' ? '' : 'not '}moved`, () => {
    expect(isMoved(makeModel({ between }))).toBe(between === 'Relu')
  })
}

test('a moved pad leaves the answer as it is, to the bit', async () => {
  const model = makeModel({})
  expect(await answer(padEarlier(model), 'out', [2, 5])).toBe(await answer(model, 'out', [2, 5]))
})

test.each([
  ['a 3 × 3 convolution, which reads its neighbours', { kernel: 3 }],
  ['a convolution that makes no more channels than it reads', { channels: 2 }],
  ['a convolution that halves the map', { conv: { strides: [2, 2] } }],
  ['a convolution that continues the map itself', { conv: { pads: [1, 1, 1, 1] } }],
  ['a convolution that says otherwise how it continues the map', { conv: { auto_pad: 'VALID' } }],
  ['zeros instead of reflection', { mode: 'constant' }],
  ['a pad that adds channels', { pads: [0, 1, 1, 1, 0, 1, 1, 1] }],
  ['a map that is an output too', { shows: 'lit' }],
  ['a result of the convolution that is an output too', { shows: 'map' }],
])('%s: the model stays as it is', (_, options) => {
  expect(isMoved(makeModel(options))).toBe(false)
})

test('a model that is moved already stays as it is', () => {
  const moved = padEarlier(makeModel({}))
  expect(padEarlier(moved)).toBe(moved)
})
