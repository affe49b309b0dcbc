import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutSquare } from '../../src/imagery/window.ts'
import { hashSquares } from '../../src/journeys/hash-squares.ts'

const side = 24
const px = 9
const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919) % 251)
const image = { width: side, height: side, data }

const place = fc.integer({ min: 0, max: side - px })
const square = fc.record({ x: place, y: place, px: fc.constant(px) })
const squares = fc.uniqueArray(square, { selector: ({ x, y }) => `${x},${y}` })

test('hashes every square once, each as if it had been cut out alone', () => {
  fc.assert(
    fc.property(squares, (wanted) => {
      const hashed = [...hashSquares(image, wanted)].flat()
      const alone = wanted.map((square) => ({
        square,
        sha256: createHash('sha256').update(cutSquare(image, square).data).digest('hex'),
      }))
      expect(hashed).toHaveLength(wanted.length)
      expect(hashed).toEqual(expect.arrayContaining(alone))
    }),
  )
})

test('comes back after each strip of squares below each other', () => {
  const column = [0, 5, 15].map((y) => ({ x: 3, y, px }))
  const strips = [...hashSquares(image, [...column, { x: 4, y: 0, px }])]
  expect(strips.map((strip) => strip.length)).toEqual([3, 1])
})
