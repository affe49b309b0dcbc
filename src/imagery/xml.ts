/**
 * XML of map services → elements by name (without their prefix), attributes as `@name`; everything
 * is text.
 */
import { XMLParser } from 'fast-xml-parser'

/** An element: its children, one or a list of each name, and attributes. */
export interface XmlNode {
  readonly [name: string]: unknown
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  // Identifiers like `007` are names, not numbers.
  parseTagValue: false,
  parseAttributeValue: false,
  htmlEntities: true,
})

/** Reads a document; nothing where it is no XML, a page of HTML most likely. */
export function parseXml(xml: string): XmlNode {
  try {
    return parser.parse(xml) as XmlNode
  } catch {
    return {}
  }
}

/** A value that is an element with children or attributes. */
export function nodeOf(value: unknown): XmlNode | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as XmlNode)
    : undefined
}

/** One, several or no elements → a list. */
export function listOf(value: unknown): XmlNode[] {
  return asArray(value)
    .map(nodeOf)
    .filter((one) => one !== undefined)
}

/** The texts of one, several or no elements. */
export function textsOf(value: unknown): string[] {
  return asArray(value)
    .map(textOf)
    .filter((text) => text !== '')
}

/**
 * The text of an element, the first of several, without control characters; empty where there is
 * none.
 */
export function textOf(value: unknown): string {
  const [first] = asArray(value)
  // An element with attributes keeps its text in a field of its own.
  const words = nodeOf(first)?.['#text'] ?? first
  return typeof words === 'string' ? words.replaceAll(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim() : ''
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value]
}
