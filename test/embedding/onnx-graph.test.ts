import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { PbfWriter } from 'pbf'
import { describe, expect, test } from 'vitest'
import { keepOutput } from '../../src/embedding/onnx-graph.ts'
import { readModel } from '../../src/embedding/model-files.ts'
import { makeOnnx } from './made-onnx.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../../models/${name}`, import.meta.url))

/** Answers of a model to the same noise, 224 × 224 px. */
async function answer(model: Uint8Array, input: string, output: string) {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
  const values = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => ((i * 7919) % 256) / 64 - 2)
  const feeds = { [input]: new Tensor('float32', values, [1, 3, 224, 224]) }
  const logits = (await session.run(feeds, [output]))[output]?.data as Float32Array
  const { outputNames } = session
  await session.release()
  return { bits: Buffer.from(logits.slice().buffer), outputNames }
}

for (const name of [
  'overhead-mobilenetv2-10',
  'photo-mobilenetv2-3',
  'tiny/overhead',
  'tiny/photo',
]) {
  describe(name, async () => {
    const { card, onnxPath } = await readModel(pathOf(name))
    const model = readFileSync(onnxPath)
    for (const output of ['logits', 'logitsmap'].filter((one) => one in card.outputs)) {
      test(`answers ${output} with the same bits when it has no other output`, async () => {
        const reduced = keepOutput(model, output)
        const [before, after] = await Promise.all(
          [model, reduced].map((bytes) => answer(bytes, card.input.name, output)),
        )
        expect(after?.outputNames).toEqual([output])
        expect(after?.bits.equals(before!.bits)).toBe(true)
      })
    }
  })
}

/** A graph of named nodes; `attribute` is the bytes of one. */
function graphOf(
  nodes: readonly { inputs: string[]; outputs: string[]; attribute?: Uint8Array }[],
  outputs: readonly string[],
): Uint8Array {
  const graph = new PbfWriter()
  for (const { inputs, outputs: results, attribute } of nodes) {
    const node = new PbfWriter()
    for (const name of inputs) node.writeStringField(1, name)
    for (const name of results) node.writeStringField(2, name)
    if (attribute !== undefined) node.writeBytesField(5, attribute)
    graph.writeBytesField(1, node.finish())
  }
  for (const name of [...new Set(nodes.flatMap(({ inputs }) => inputs))]) {
    const weights = new PbfWriter()
    weights.writeStringField(8, name)
    graph.writeBytesField(5, weights.finish())
  }
  for (const name of outputs) {
    const value = new PbfWriter()
    value.writeStringField(1, name)
    graph.writeBytesField(12, value.finish())
  }
  const model = new PbfWriter()
  model.writeVarintField(1, 8)
  model.writeBytesField(7, graph.finish())
  return model.finish()
}

const nodes = [
  { inputs: ['image', 'w1'], outputs: ['features'] },
  { inputs: ['features', 'w2'], outputs: ['logits'] },
  { inputs: ['features', 'w3'], outputs: ['map'] },
]

test('nodes and weights that only other outputs need are left out, all else stays', () => {
  const text = Buffer.from(keepOutput(graphOf(nodes, ['logits', 'map']), 'logits')).toString()
  for (const kept of ['image', 'w1', 'w2', 'features', 'logits']) expect(text).toContain(kept)
  for (const gone of ['w3', 'map']) expect(text).not.toContain(gone)
})

test('a model with a branch, whose inner graph may use anything, stays as it is', () => {
  const attribute = new PbfWriter()
  attribute.writeBytesField(6, new Uint8Array([]))
  const branch = { inputs: ['features'], outputs: ['other'], attribute: attribute.finish() }
  const model = graphOf([...nodes, branch], ['logits', 'map'])
  expect(keepOutput(model, 'logits')).toBe(model)
})

test('a model without the output stays as it is, for onnxruntime to say so', () => {
  const model = graphOf(nodes, ['logits', 'map'])
  expect(keepOutput(model, 'features2')).toBe(model)
})

test('weights that are inputs too need not be fed when they are left out', async () => {
  const model = makeOnnx({
    inputs: ['image', 'w1', 'w3'].map((name) => ({ name, shape: [2] })),
    weights: ['w1', 'w3'].map((name, i) => ({
      name,
      shape: [2],
      values: new Float32Array(2).fill(i),
    })),
    outputs: { logits: 'w1', map: 'w3' },
  })
  const session = await InferenceSession.create(keepOutput(model, 'logits'))
  const image = new Tensor('float32', new Float32Array(2), [2])
  const { logits } = await session.run({ image }).finally(() => session.release())
  expect(logits?.data).toEqual(new Float32Array([0, 0]))
})

test('a model with weights in another file stays as it is', () => {
  const model = makeOnnx({
    inputs: [{ name: 'image', shape: [2] }],
    weights: [{ name: 'w', shape: [2], file: 'weights.bin' }],
    outputs: { logits: 'w' },
  })
  expect(keepOutput(model, 'logits')).toBe(model)
})
