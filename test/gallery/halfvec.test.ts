import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fromHalf,
  halfMax,
  halfvecBytes,
  readHalfvec,
  readVector,
  toHalf,
  vectorText,
  writeHalfvec,
} from '../../src/gallery/halfvec.ts'

const allHalves = Array.from({ length: 0x10000 }, (_, bits) => bits)
const finite = allHalves.filter((bits) => (bits & 0x7c00) !== 0x7c00)
const ascending = finite.filter((bits) => bits < 0x8000)

describe('halves', () => {
  const cases = [
    { name: 'zero', value: 0, bits: 0x0000 },
    { name: 'minus zero', value: -0, bits: 0x8000 },
    { name: 'one', value: 1, bits: 0x3c00 },
    { name: 'minus two', value: -2, bits: 0xc000 },
    { name: 'a third', value: 1 / 3, bits: 0x3555 },
    { name: 'the largest', value: 65504, bits: 0x7bff },
    { name: 'the last that rounds down to the largest', value: 65519.996, bits: 0x7bff },
    { name: 'the first that rounds to infinity', value: 65520, bits: 0x7c00 },
    { name: 'far beyond', value: 1e30, bits: 0x7c00 },
    { name: 'infinity', value: -Infinity, bits: 0xfc00 },
    { name: 'the smallest normal', value: 2 ** -14, bits: 0x0400 },
    { name: 'the smallest subnormal', value: 2 ** -24, bits: 0x0001 },
    { name: 'half the smallest: a tie, to even', value: 2 ** -25, bits: 0x0000 },
    { name: 'just above half the smallest', value: 2 ** -25 * 1.001, bits: 0x0001 },
    { name: 'a tie between odd and even', value: 1 + 2 ** -11, bits: 0x3c00 },
    { name: 'a tie between even and odd', value: 1 + 3 * 2 ** -11, bits: 0x3c02 },
  ]
  test.each(cases)('$name rounds to its bits', ({ value, bits }) => {
    expect(toHalf(value)).toBe(bits)
  })

  test('every finite half survives the round trip', () => {
    expect(finite.filter((bits) => toHalf(fromHalf(bits)) !== bits)).toEqual([])
  })

  test('NaN stays NaN and infinity infinity', () => {
    expect(fromHalf(toHalf(NaN))).toBeNaN()
    expect(fromHalf(0x7c00)).toBe(Infinity)
    expect(fromHalf(0xfc00)).toBe(-Infinity)
  })

  test('no other half is nearer, and a tie goes to the even one', () => {
    fc.assert(
      fc.property(fc.float({ min: 0, max: 65504, noNaN: true }), (value) => {
        const bits = toHalf(value)
        const error = Math.abs(fromHalf(bits) - value)
        for (const neighbour of [bits - 1, bits + 1]) {
          if (neighbour < 0 || neighbour >= ascending.length) continue
          const other = Math.abs(fromHalf(neighbour) - value)
          expect(error < other || (error === other && bits % 2 === 0)).toBe(true)
        }
        expect(toHalf(-value)).toBe(bits | 0x8000)
      }),
      { numRuns: 2000 },
    )
  })

  test('halfMax is the border of what stays finite', () => {
    expect(fromHalf(toHalf(halfMax))).toBe(65504)
  })
})

describe('wire format', () => {
  const anyVector = fc.array(fc.float({ noNaN: true, min: -6e4, max: 6e4 }), { maxLength: 400 })

  test('a halfvec is read back as its halves', () => {
    fc.assert(
      fc.property(anyVector, fc.nat(9), (values, offset) => {
        const vector = Float32Array.from(values)
        const bytes = new Uint8Array(offset + halfvecBytes(vector))
        expect(writeHalfvec(new DataView(bytes.buffer), offset, vector)).toBe(bytes.length)
        const halves = vector.map((value) => fromHalf(toHalf(value)))
        expect(readHalfvec(bytes.subarray(offset))).toEqual(halves)
      }),
    )
  })

  test('a vector of float32 is read exactly', () => {
    const bytes = Buffer.from('000200003f800000c0490fdb', 'hex')
    expect(readVector(bytes)).toEqual(new Float32Array([1, -Math.PI]))
  })

  test('text keeps every float32', () => {
    fc.assert(
      fc.property(anyVector, (values) => {
        const vector = Float32Array.from(values)
        expect(Float32Array.from(JSON.parse(vectorText(vector)) as number[])).toEqual(
          vector.map((value) => value + 0),
        )
      }),
    )
  })
})
