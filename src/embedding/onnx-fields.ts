/**
 * Messages of onnx.proto as lists of their fields, so that what is not understood can be copied as
 * it stands. Pure.
 */
import { PbfReader, PbfWriter } from 'pbf'

/** Numbers of the fields of onnx.proto. */
export const MODEL_GRAPH = 7
export const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const
export const NODE = { input: 1, output: 2, operator: 4, attribute: 5 } as const
export const ATTRIBUTE = { name: 1, text: 4, integers: 8 } as const
export const TENSOR = { dimension: 1, name: 8, rawData: 9, externalData: 13 } as const
export const VALUE_NAME = 1

/** A field of a message and its bytes, key and length included. */
export interface Field {
  readonly number: number
  readonly whole: Uint8Array
  /** Of a string or a message: its content. */
  readonly content: Uint8Array
  /** Of an integer: its value. */
  readonly integer: number
}

export function readFields(message: Uint8Array): Field[] {
  const pbf = new PbfReader(message)
  const fields: Field[] = []
  while (pbf.pos < message.length) {
    const start = pbf.pos
    const key = pbf.readVarint()
    const [isInteger, isBytes] = [(key & 7) === 0, (key & 7) === 2]
    const content = isBytes ? pbf.readBytes() : new Uint8Array()
    const integer = isInteger ? pbf.readVarint(true) : 0
    if (!isInteger && !isBytes) pbf.skip(key)
    fields.push({
      number: key >>> 3,
      whole: message.subarray(start, pbf.pos),
      content,
      integer,
    })
  }
  return fields
}

/** A string or a message as a field, key and length included. */
export function writeField(number: number, content: Uint8Array): Uint8Array {
  const writer = new PbfWriter()
  writer.writeBytesField(number, content)
  return writer.finish()
}

export function textOf({ content }: Field): string {
  return Buffer.from(content).toString()
}

/** All strings of one number among fields. */
export function textsOf(fields: readonly Field[], number: number): string[] {
  return fields.filter((field) => field.number === number).map(textOf)
}

/** The string of a message: its name, mostly. */
export function textIn({ content }: Field, number: number): string {
  const text = readFields(content).find((part) => part.number === number)
  return text === undefined ? '' : textOf(text)
}

/**
 * The model with another graph, all else as it stands.
 * @param change  fields of the graph → those of the new one; `undefined`: the model itself is
 *   returned
 */
export function changeGraph(
  model: Uint8Array,
  change: (fields: readonly Field[]) => readonly Uint8Array[] | undefined,
): Uint8Array {
  const fields = readFields(model)
  const graph = fields.find(({ number }) => number === MODEL_GRAPH)
  const changed = graph && change(readFields(graph.content))
  if (changed === undefined) return model
  const others = fields.filter((field) => field !== graph).map(({ whole }) => whole)
  return Buffer.concat([...others, writeField(MODEL_GRAPH, Buffer.concat(changed))])
}
