/**
 * float32 logits ↔ pgvector's `halfvec` on the wire: int16 dimension, int16 0, then IEEE halves,
 * big-endian. Rounds to nearest even, as pgvector does. Text, for parameters, is the `pgvector`
 * package's; it has no binary form.
 */
import { halfvecToSql } from 'pgvector/utils'

/** Scenes of the scene space, hence the dimension of every stored vector. */
export const dimension = 365

/** The largest magnitude that still rounds to a finite half. */
export const halfMax = 65519.99

const asFloat = new Float32Array(1)
const asBits = new Uint32Array(asFloat.buffer)

/** The 16 bits of the half that is nearest to a float32. */
export function toHalf(value: number): number {
  asFloat[0] = value
  const bits = asBits[0] ?? 0
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00)
  // A carry out of the mantissa raises the exponent by one: that is the right rounding, up to
  // infinity.
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13)
  if (magnitude < 0x33000000) return sign
  const exponent = magnitude >>> 23
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent)
}

/** Shifts right; what falls off rounds to nearest, ties to even. */
function roundShift(value: number, by: number): number {
  return (value + (1 << (by - 1)) - 1 + ((value >>> by) & 1)) >>> by
}

/** The number that 16 bits of a half stand for; exact. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

/** Writes `float32[dim]` as a `halfvec` at an offset; returns the offset behind it. */
export function writeHalfvec(target: DataView, offset: number, vector: Float32Array): number {
  target.setInt16(offset, vector.length)
  target.setInt16(offset + 2, 0)
  // By index: an iterator would box millions of numbers.
  for (let i = 0; i < vector.length; i++) {
    target.setUint16(offset + 4 + 2 * i, toHalf(vector[i] as number))
  }
  return offset + halfvecBytes(vector)
}

/** Bytes that `writeHalfvec` fills. */
export function halfvecBytes(vector: Float32Array): number {
  return 4 + 2 * vector.length
}

/** Reads what `halfvec_send` answers → `float32[dim]`. */
export function readHalfvec(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const vector = new Float32Array(view.getInt16(0))
  for (let i = 0; i < vector.length; i++) vector[i] = fromHalf(view.getUint16(4 + 2 * i))
  return vector
}

/** Reads what `vector_send` answers → `float32[dim]`. */
export function readVector(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const vector = new Float32Array(view.getInt16(0))
  for (let i = 0; i < vector.length; i++) vector[i] = view.getFloat32(4 + 4 * i)
  return vector
}

/** A vector as SQL text, for a parameter that is cast to `halfvec` or `vector`. */
export function vectorText(vector: Float32Array): string {
  return halfvecToSql([...vector]) as string
}
