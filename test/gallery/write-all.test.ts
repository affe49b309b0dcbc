import { expect, test } from 'vitest'
import { writeAll } from '../../src/gallery/write-all.ts'

const bytes = Uint8Array.from({ length: 20 }, (_, i) => i + 1)

test('all bytes get to their places, however few go in at a time', async () => {
  const file = new Uint8Array(30)
  await writeAll(bytes, 5, async (part, position) => {
    const taken = part.subarray(0, 3)
    file.set(taken, position)
    return taken.length
  })
  expect([...file]).toEqual([0, 0, 0, 0, 0, ...bytes, 0, 0, 0, 0, 0])
})

test('a file that takes no byte more fails the writing', async () => {
  let room = 16
  const write = async (part: Uint8Array) => {
    const count = Math.min(room, part.length)
    room -= count
    return count
  }
  await expect(writeAll(bytes, 0, write)).rejects.toThrow(/20 bytes, got room for 16: disk full/)
})
