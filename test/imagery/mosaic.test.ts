import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteCache } from '../../src/imagery/byte-cache.ts'
import { createMosaics } from '../../src/imagery/mosaic.ts'
import type { Raster, RasterLevel } from '../../src/imagery/raster.ts'

const projection = {
  forward: ({ lon, lat }: { lon: number; lat: number }): [number, number] => [lon, lat],
  inverse: (x: number, y: number) => ({ lon: x, lat: y }),
}

/** A level of 10 × 10 px of one unit each, whose top left corner lies at a place. */
function levelAt(x: number, y: number): RasterLevel {
  const raster = { file: `${x},${y}`, georeference: { crs: 'a', projection } } as unknown as Raster
  return {
    raster,
    index: 0,
    width: 10,
    height: 10,
    blockWidth: 10,
    blockHeight: 10,
    affine: [1, 0, x, 0, -1, y],
  }
}

describe('a mosaic of many files', () => {
  const corner = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 }))
  const corners = fc.array(corner, { minLength: 1, maxLength: 60 })

  test('finds the members that a rectangle meets as if it looked at each, in their order', () => {
    const side = fc.integer({ min: 0, max: 30 })
    fc.assert(
      fc.property(corners, corner, fc.tuple(side, side), (places, [x, y], [width, height]) => {
        const [mosaic] = createMosaics(
          places.map(([left, top]) => levelAt(left, top)),
          new ByteCache<Uint8Array>(1),
        )
        const found = mosaic!.membersIn({ x, y, width, height })
        const expected = mosaic!.members.filter(
          (member) =>
            member.x <= x + width &&
            member.x + 10 >= x &&
            member.y <= y + height &&
            member.y + 10 >= y,
        )
        expect(found).toEqual(expected)
        expect(mosaic!.covers(x, y)).toBe(
          mosaic!.members.some(
            (member) => member.x <= x && member.x + 10 >= x && member.y <= y && member.y + 10 >= y,
          ),
        )
      }),
    )
  })

  test('covers nothing where the projection has no place', () => {
    const [mosaic] = createMosaics([levelAt(0, 0), levelAt(10, 0)], new ByteCache<Uint8Array>(1))
    expect([mosaic!.covers(NaN, NaN), mosaic!.covers(5, NaN), mosaic!.covers(5, 5)]).toEqual([
      false,
      false,
      true,
    ])
  })
})
