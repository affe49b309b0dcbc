/** ONNX models of a few bytes, made field by field (numbers of onnx.proto). */
import { PbfWriter } from 'pbf'

const FLOAT = 1
const EXTERNAL = 1

/** A `float32` of a shape. */
export interface MadeValue {
  readonly name: string
  readonly shape: readonly number[]
}

/** Weights: values, or the file beside the model that holds them. */
export type MadeWeights = MadeValue &
  ({ readonly values: Float32Array } | { readonly file: string })

/** What stands in a model: each output is the weights of one name, as they are. */
export interface MadeModel {
  readonly inputs: readonly MadeValue[]
  readonly weights: readonly MadeWeights[]
  /** Output name → name of weights. */
  readonly outputs: Readonly<Record<string, string>>
}

/** Makes a model that onnxruntime runs; of the version whose weights may be inputs too. */
export function makeOnnx({ inputs, weights, outputs }: MadeModel): Uint8Array {
  const shapeOf = (name: string) => weights.find((one) => one.name === name)?.shape ?? []
  const graph = new PbfWriter()
  for (const [output, name] of Object.entries(outputs)) {
    graph.writeBytesField(1, message({ 1: [name], 2: [output], 4: ['Identity'] }))
  }
  graph.writeStringField(2, 'made')
  for (const one of weights) graph.writeBytesField(5, makeWeights(one))
  for (const one of inputs) graph.writeBytesField(11, makeValue(one))
  for (const [name, of] of Object.entries(outputs)) {
    graph.writeBytesField(12, makeValue({ name, shape: shapeOf(of) }))
  }
  return message({ 1: [3], 7: [graph.finish()], 8: [message({ 2: [13] })] })
}

function makeWeights(weights: MadeWeights): Uint8Array {
  const { name, shape } = weights
  const head = { 1: shape, 2: [FLOAT], 8: [name] }
  if ('values' in weights) {
    return message({ ...head, 9: [new Uint8Array(weights.values.slice().buffer)] })
  }
  const place = message({ 1: ['location'], 2: [weights.file] })
  return message({ ...head, 13: [place], 14: [EXTERNAL] })
}

function makeValue({ name, shape }: MadeValue): Uint8Array {
  const axes = shape.map((size) => message({ 1: [size] }))
  const tensor = message({ 1: [FLOAT], 2: [message({ 1: axes })] })
  return message({ 1: [name], 2: [message({ 1: [tensor] })] })
}

/** A message by the numbers of its fields. */
function message(fields: Record<number, readonly (string | number | Uint8Array)[]>): Uint8Array {
  const writer = new PbfWriter()
  for (const [number, values] of Object.entries(fields)) {
    for (const value of values) {
      if (typeof value === 'string') writer.writeStringField(Number(number), value)
      else if (typeof value === 'number') writer.writeVarintField(Number(number), value)
      else writer.writeBytesField(Number(number), value)
    }
  }
  return writer.finish()
}
