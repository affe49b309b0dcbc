/**
 * ONNX bytes → the same model with one of its outputs: onnxruntime computes all nodes of a graph, also those whose
 * results nobody asks for. What is left is copied as it stands, so that the same bits come out. Pure.
 * Numbers of fields are those of onnx.proto.
 */
import { PbfReader, PbfWriter } from 'pbf'

const MODEL_GRAPH = 7
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const
const NODE = { input: 1, output: 2, attribute: 5 } as const
const TENSOR = { name: 8, externalData: 13 } as const
const VALUE_NAME = 1
/** Of an attribute: a graph, graphs; a tensor, tensors. */
const SUBGRAPHS = [6, 11]
const TENSORS = [5, 10]

/** A field of a message and its bytes, key and length included. */
interface Field {
  readonly number: number
  readonly whole: Uint8Array
  /** Of a string or a message: its content. */
  readonly content: Uint8Array
}

/**
 * Leaves out the other outputs, and the nodes and weights that only they need. A model with loops or branches, whose
 * inner graphs may use anything, stays as it is; so does one with weights in other files, which are found from its
 * path alone, and one without that output, for onnxruntime to say so.
 */
export function keepOutput(model: Uint8Array, output: string): Uint8Array {
  const fields = readFields(model)
  const graph = fields.find(({ number }) => number === MODEL_GRAPH)
  const kept = graph && reduceGraph(graph.content, output)
  if (kept === undefined) return model
  const writer = new PbfWriter()
  writer.writeBytesField(MODEL_GRAPH, kept)
  const others = fields.filter((field) => field !== graph).map(({ whole }) => whole)
  return Buffer.concat([...others, writer.finish()])
}

function reduceGraph(graph: Uint8Array, output: string): Uint8Array | undefined {
  const fields = readFields(graph)
  const initializers = fields.filter(({ number }) => number === GRAPH.initializer)
  const nodes = fields.filter(({ number }) => number === GRAPH.node).map(readNode)
  if (initializers.some(isElsewhere)) return undefined
  if (nodes.some(({ isSelfContained }) => !isSelfContained)) return undefined
  if (!nodes.some(({ outputs }) => outputs.includes(output))) return undefined
  // Nodes stand in an order in which they can be computed: backwards, whoever uses a value comes before its maker.
  const needed = new Set([output])
  const used = new Set<Field>()
  for (const { field, inputs, outputs } of nodes.reverse()) {
    if (!outputs.some((name) => needed.has(name))) continue
    used.add(field)
    for (const name of inputs) needed.add(name)
  }
  const names = initializers.map((weights) => nameIn(weights, TENSOR.name))
  const dropped = new Set(names.filter((name) => !needed.has(name)))
  const isKept = (field: Field): boolean => {
    if (field.number === GRAPH.node) return used.has(field)
    if (field.number === GRAPH.output) return nameIn(field, VALUE_NAME) === output
    if (field.number === GRAPH.initializer) return !dropped.has(nameIn(field, TENSOR.name))
    // Weights may be inputs too; without their values they would have to be fed.
    return field.number !== GRAPH.input || !dropped.has(nameIn(field, VALUE_NAME))
  }
  return Buffer.concat(fields.filter(isKept).map(({ whole }) => whole))
}

function readNode(field: Field) {
  const parts = readFields(field.content)
  const names = (number: number) =>
    parts.filter((part) => part.number === number).map(({ content }) => textOf(content))
  const isSelfContained = !parts
    .filter(({ number }) => number === NODE.attribute)
    .flatMap(({ content }) => readFields(content))
    .some((part) => SUBGRAPHS.includes(part.number) || isTensorElsewhere(part))
  return { field, inputs: names(NODE.input), outputs: names(NODE.output), isSelfContained }
}

function isTensorElsewhere(part: Field): boolean {
  return TENSORS.includes(part.number) && isElsewhere(part)
}

/** Whether the values of a tensor lie in another file. */
function isElsewhere({ content }: Field): boolean {
  return readFields(content).some(({ number }) => number === TENSOR.externalData)
}

function nameIn({ content }: Field, number: number): string {
  const name = readFields(content).find((part) => part.number === number)
  return name === undefined ? '' : textOf(name.content)
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function readFields(message: Uint8Array): Field[] {
  const pbf = new PbfReader(message)
  const fields: Field[] = []
  while (pbf.pos < message.length) {
    const start = pbf.pos
    const key = pbf.readVarint()
    const isBytes = (key & 7) === 2
    const content = isBytes ? pbf.readBytes() : new Uint8Array()
    if (!isBytes) pbf.skip(key)
    fields.push({ number: key >>> 3, whole: message.subarray(start, pbf.pos), content })
  }
  return fields
}
