/** ONNX models of a few bytes, made field by field (numbers of onnx.proto). */
import { PbfWriter } from 'pbf'

const [FLOAT, INT64] = [1, 7]
const EXTERNAL = 1
const [TEXT, INTEGERS] = [3, 7]

/** A `float32` of a shape, or of any. */
export interface MadeValue {
  readonly name: string
  readonly shape?: readonly number[] | undefined
}

/** Weights: values, or the file beside the model that holds them. */
export type MadeWeights = MadeValue & { readonly shape: readonly number[] } & (
    { readonly values: Float32Array | BigInt64Array } | { readonly file: string }
  )

/** A node with one output, and its attributes. */
export interface MadeNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly output: string
  readonly attributes?: Readonly<Record<string, string | readonly number[]>>
}

/** What stands in a model. */
export interface MadeModel {
  readonly inputs: readonly MadeValue[]
  readonly weights: readonly MadeWeights[]
  readonly nodes?: readonly MadeNode[]
  /** Output name → name of the weights, or of the node's output, that it is. */
  readonly outputs: Readonly<Record<string, string>>
}

/** Makes a model that onnxruntime runs; of the version whose weights may be inputs too. */
export function makeOnnx({ inputs, weights, nodes = [], outputs }: MadeModel): Uint8Array {
  const shapeOf = (name: string) => weights.find((one) => one.name === name)?.shape
  const graph = new PbfWriter()
  for (const node of nodes) graph.writeBytesField(1, makeNode(node))
  for (const [output, name] of Object.entries(outputs)) {
    if (name === output) continue
    graph.writeBytesField(1, makeNode({ operator: 'Identity', inputs: [name], output }))
  }
  graph.writeStringField(2, 'made')
  for (const one of weights) graph.writeBytesField(5, makeWeights(one))
  for (const one of inputs) graph.writeBytesField(11, makeValue(one))
  for (const [name, of] of Object.entries(outputs)) {
    graph.writeBytesField(12, makeValue({ name, shape: shapeOf(of) }))
  }
  return message({ 1: [3], 7: [graph.finish()], 8: [message({ 2: [13] })] })
}

function makeNode({ operator, inputs, output, attributes = {} }: MadeNode): Uint8Array {
  const made = Object.entries(attributes).map(([name, value]) =>
    typeof value === 'string'
      ? message({ 1: [name], 4: [value], 20: [TEXT] })
      : message({ 1: [name], 8: value, 20: [INTEGERS] }),
  )
  return message({ 1: inputs, 2: [output], 4: [operator], 5: made })
}

function makeWeights(weights: MadeWeights): Uint8Array {
  const { name, shape } = weights
  const type = 'values' in weights && weights.values instanceof BigInt64Array ? INT64 : FLOAT
  const head = { 1: shape, 2: [type], 8: [name] }
  if ('values' in weights) {
    return message({ ...head, 9: [new Uint8Array(weights.values.slice().buffer)] })
  }
  const place = message({ 1: ['location'], 2: [weights.file] })
  return message({ ...head, 13: [place], 14: [EXTERNAL] })
}

function makeValue({ name, shape }: MadeValue): Uint8Array {
  const axes = shape?.map((size) => message({ 1: [size] }))
  const tensor = message({ 1: [FLOAT], 2: axes ? [message({ 1: axes })] : [] })
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
