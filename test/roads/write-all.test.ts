import { expect, test } from 'vitest'
import { writeAll } from '../../src/roads/write-all.ts'

const bytes = Uint8Array.from({ length: 20 }, (_, i) => i + 1)

test('all bytes get to their places, however few go in at a time', () => {
  const file = new Uint8Array(30)
  writeAll(bytes, 5, (part, position) => {
    const taken = part.subarray(0, 3)
    file.set(taken, position)
    return taken.length
  })
  expect([...file]).toEqual([0, 0, 0, 0, 0, ...bytes, 0, 0, 0, 0, 0])
})

test('a file that takes no byte more fails the writing, as a full disk does', () => {
  let room = 16
  const write = (part: Uint8Array) => {
    const count = Math.min(room, part.length)
    room -= count
    return count
  }
  expect(() => writeAll(bytes, 0, write)).toThrow(/ENOSPC.*20 bytes, got room for 16/)
})

test('no bytes need no room', () => {
  expect(() => writeAll(new Uint8Array(0), 0, () => 0)).not.toThrow()
})
