/** Tags and compressed strips → the bytes of a little-endian TIFF 6.0 file with one image. Pure. */

/** One entry of the image's directory. */
export type TiffTag =
  | {
      readonly tag: number
      readonly type: 'short' | 'long' | 'double'
      readonly values: readonly number[]
    }
  | { readonly tag: number; readonly type: 'ascii'; readonly text: string }

const STRIP_OFFSETS = 273
const STRIP_BYTE_COUNTS = 279
const CODE_BY_TYPE = { ascii: 2, short: 3, long: 4, double: 12 } as const
const SIZE_BY_TYPE = { ascii: 1, short: 2, long: 4, double: 8 } as const
const HEADER_BYTES = 8
const ENTRY_BYTES = 12

/** Lays out header, directory, values and strips; adds the tags that tell where the strips are. */
export function layOutTiff(tags: readonly TiffTag[], strips: readonly Uint8Array[]): Uint8Array {
  const counts = strips.map((strip) => strip.length)
  const complete = (offsets: readonly number[]) =>
    [
      ...tags,
      { tag: STRIP_OFFSETS, type: 'long', values: offsets } as const,
      { tag: STRIP_BYTE_COUNTS, type: 'long', values: counts } as const,
    ].sort((a, b) => a.tag - b.tag)
  const directoryBytes = sizeOf(complete(counts))
  let end = directoryBytes
  const offsets = counts.map((count) => {
    const offset = end
    end = evenUp(end + count)
    return offset
  })
  const bytes = new Uint8Array(end)
  writeDirectory(bytes, complete(offsets))
  for (const [i, strip] of strips.entries()) bytes.set(strip, offsets[i] ?? 0)
  return bytes
}

function sizeOf(tags: readonly TiffTag[]): number {
  const values = tags.map(encode).filter((value) => value.length > 4)
  const outside = values.reduce((sum, value) => sum + evenUp(value.length), 0)
  return valuesStart(tags.length) + outside
}

function valuesStart(tagCount: number): number {
  return evenUp(HEADER_BYTES + 2 + tagCount * ENTRY_BYTES + 4)
}

function writeDirectory(bytes: Uint8Array, tags: readonly TiffTag[]): void {
  const view = new DataView(bytes.buffer)
  bytes.set([0x49, 0x49, 42, 0])
  view.setUint32(4, HEADER_BYTES, true)
  view.setUint16(HEADER_BYTES, tags.length, true)
  let valueAt = valuesStart(tags.length)
  for (const [i, tag] of tags.entries()) {
    const entryAt = HEADER_BYTES + 2 + i * ENTRY_BYTES
    const value = encode(tag)
    view.setUint16(entryAt, tag.tag, true)
    view.setUint16(entryAt + 2, CODE_BY_TYPE[tag.type], true)
    view.setUint32(entryAt + 4, value.length / SIZE_BY_TYPE[tag.type], true)
    if (value.length <= 4) {
      bytes.set(value, entryAt + 8)
      continue
    }
    view.setUint32(entryAt + 8, valueAt, true)
    bytes.set(value, valueAt)
    valueAt += evenUp(value.length)
  }
}

function encode(tag: TiffTag): Uint8Array {
  if (tag.type === 'ascii') return new TextEncoder().encode(`${tag.text}\0`)
  const size = SIZE_BY_TYPE[tag.type]
  const bytes = new Uint8Array(tag.values.length * size)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of tag.values.entries()) {
    if (tag.type === 'short') view.setUint16(i * size, value, true)
    else if (tag.type === 'long') view.setUint32(i * size, value, true)
    else view.setFloat64(i * size, value, true)
  }
  return bytes
}

function evenUp(value: number): number {
  return value + (value % 2)
}
