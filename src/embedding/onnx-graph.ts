/**
 * ONNX bytes → the same model with one of its outputs: onnxruntime computes all nodes of a graph,
 * also those whose results nobody asks for. What is left is copied as it stands, so that the same
 * bits come out. Pure.
 */
import {
  changeGraph,
  GRAPH,
  NODE,
  readFields,
  TENSOR,
  textIn,
  textsOf,
  VALUE_NAME,
  type Field,
} from './onnx-fields.ts'

/** Of an attribute: a graph, graphs; a tensor, tensors. */
const SUBGRAPHS = [6, 11]
const TENSORS = [5, 10]

/**
 * Leaves out the other outputs, and the nodes and weights that only they need. A model with loops
 * or branches, whose inner graphs may use anything, stays as it is; so does one with weights in
 * other files, which are found from its path alone, and one without that output, for onnxruntime to
 * say so.
 */
export function keepOutput(model: Uint8Array, output: string): Uint8Array {
  return changeGraph(model, (fields) => reduceGraph(fields, output))
}

function reduceGraph(fields: readonly Field[], output: string): Uint8Array[] | undefined {
  const initializers = fields.filter(({ number }) => number === GRAPH.initializer)
  const nodes = fields.filter(({ number }) => number === GRAPH.node).map(readNode)
  if (initializers.some(isElsewhere)) return undefined
  if (nodes.some(({ isSelfContained }) => !isSelfContained)) return undefined
  if (!nodes.some(({ outputs }) => outputs.includes(output))) return undefined
  // Nodes stand in an order in which they can be computed: backwards, whoever uses a value comes
  // before its maker.
  const needed = new Set([output])
  const used = new Set<Field>()
  for (const { field, inputs, outputs } of nodes.reverse()) {
    if (!outputs.some((name) => needed.has(name))) continue
    used.add(field)
    for (const name of inputs) needed.add(name)
  }
  const names = initializers.map((weights) => textIn(weights, TENSOR.name))
  const dropped = new Set(names.filter((name) => !needed.has(name)))
  const isKept = (field: Field): boolean => {
    if (field.number === GRAPH.node) return used.has(field)
    if (field.number === GRAPH.output) return textIn(field, VALUE_NAME) === output
    if (field.number === GRAPH.initializer) return !dropped.has(textIn(field, TENSOR.name))
    // Weights may be inputs too; without their values they would have to be fed.
    return field.number !== GRAPH.input || !dropped.has(textIn(field, VALUE_NAME))
  }
  return fields.filter(isKept).map(({ whole }) => whole)
}

function readNode(field: Field) {
  const parts = readFields(field.content)
  const isSelfContained = !parts
    .filter(({ number }) => number === NODE.attribute)
    .flatMap(({ content }) => readFields(content))
    .some((part) => SUBGRAPHS.includes(part.number) || isTensorElsewhere(part))
  const [inputs, outputs] = [textsOf(parts, NODE.input), textsOf(parts, NODE.output)]
  return { field, inputs, outputs, isSelfContained }
}

function isTensorElsewhere(part: Field): boolean {
  return TENSORS.includes(part.number) && isElsewhere(part)
}

/** Whether the values of a tensor lie in another file. */
function isElsewhere({ content }: Field): boolean {
  return readFields(content).some(({ number }) => number === TENSOR.externalData)
}
