import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseModelCard } from '../../src/embedding/card.ts'
import { blockMeans, mapGeometryOf, type LogitsMap } from '../../src/embedding/logits-map.ts'
import tinyCard from '../../models/tiny/overhead/model.json' with { type: 'json' }

/** Every block summed cell by cell. */
function bruteForce({ logits, width, height }: LogitsMap, side: number): number[] {
  const classes = logits.length / (width * height)
  const meanOf = (row: number, column: number, c: number) => {
    let sum = 0
    for (let cell = 0; cell < side * side; cell++) {
      const y = row + Math.floor(cell / side)
      sum += logits[(c * height + y) * width + column + (cell % side)]!
    }
    return sum / side ** 2
  }
  const means: number[] = []
  for (let row = 0; row + side <= height; row++) {
    for (let column = 0; column + side <= width; column++) {
      for (let c = 0; c < classes; c++) means.push(meanOf(row, column, c))
    }
  }
  return means
}

const maps = fc
  .record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    classes: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
  })
  .map(({ width, height, classes, seed }): LogitsMap => {
    const value = (i: number) => Math.sin(seed + i * 12.9898) * 40
    return {
      width,
      height,
      logits: Float32Array.from({ length: width * height * classes }, (_, i) => value(i)),
    }
  })

test('the mean of every block equals the one that is summed cell by cell', () => {
  fc.assert(
    fc.property(maps, fc.integer({ min: 1, max: 12 }), (map, wanted) => {
      const side = Math.min(wanted, map.width, map.height)
      const expected = bruteForce(map, side)
      const means = blockMeans(map, side)
      expect(means).toHaveLength(expected.length)
      means.forEach((mean, i) => expect(Math.abs(mean - expected[i]!)).toBeLessThan(1e-5))
    }),
  )
})

test('blocks of one cell are the map itself, class by class', () => {
  const map = { width: 2, height: 1, logits: Float32Array.of(1, 2, 30, 40) }
  expect([...blockMeans(map, 1)]).toEqual([1, 30, 2, 40])
})

test('a block that is larger than the map is refused', () => {
  const map = { width: 3, height: 2, logits: new Float32Array(6) }
  expect(() => blockMeans(map, 3)).toThrow(RangeError)
})

test('the geometry of the map comes from the card: 7 × 7 cells of 32 px', () => {
  const card = parseModelCard(tinyCard, 'tiny')
  expect(mapGeometryOf(card)).toEqual({ stridePx: 32, patchCells: 7 })
})

const { logits, features } = tinyCard.outputs
for (const { name, change } of [
  { name: 'without a map', change: { outputs: { logits, features } } },
  { name: 'whose patch is no whole number of strides', change: { size: [200, 200] } },
]) {
  test(`a model ${name} is refused with a way out`, () => {
    const card = parseModelCard({ ...tinyCard, ...change }, 'tiny')
    expect(() => mapGeometryOf(card)).toThrow(
      expect.objectContaining({
        code: 'model-without-map',
        hint: expect.stringContaining('--dense') as string,
      }),
    )
  })
}
