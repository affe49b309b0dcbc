import fc from 'fast-check'
import { cellToParent, latLngToCell } from 'h3-js'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import { createCellGeometry, formatCells, parseCells } from '../../src/geo/cells.ts'
import { createLaea } from '../../src/geo/projection.ts'
import { signedDoubleArea } from '../../src/geo/rings.ts'
import type { CellGrid } from '../../src/heatmap-types.ts'

const specs: readonly { spec: string; grid: CellGrid; formatted?: string }[] = [
  { spec: 'square:25km', grid: { kind: 'square', sizeM: 25_000, epsg: null } },
  { spec: 'square:50m', grid: { kind: 'square', sizeM: 50, epsg: null } },
  { spec: 'square:25km@3035', grid: { kind: 'square', sizeM: 25_000, epsg: 3035 } },
  {
    spec: 'square:1.5km',
    grid: { kind: 'square', sizeM: 1500, epsg: null },
    formatted: 'square:1500m',
  },
  { spec: 'h3:7', grid: { kind: 'h3', resolution: 7 } },
]

describe('parseCells', () => {
  for (const { spec, grid, formatted } of specs) {
    test(`reads ${spec} and formatCells writes it back`, () => {
      expect(parseCells(spec)).toEqual(grid)
      expect(formatCells(grid)).toBe(formatted ?? spec)
    })
  }

  const refused = ['', '25km', 'square', 'square:25', 'square:0m', 'square:-5m', 'square:9999km']
  for (const spec of [...refused, 'h3:16', 'h3:', 'h3:7.5', 'square:25km@abc', 'Square:25km']) {
    test(`refuses "${spec}" and shows examples`, () => {
      try {
        parseCells(spec)
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(InputError)
        expect((error as InputError).code).toBe('cells-spec')
        expect((error as InputError).hint).toContain('square:25km@3035')
      }
    })
  }
})

const kyiv = { lon: 30.52, lat: 50.45 }

describe('square cells', () => {
  test('key is the floor of the projected metres, as the gallery computes it in SQL', () => {
    const laea = createLaea(kyiv)
    const geometry = createCellGeometry(parseCells('square:50m'), kyiv)
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), (offset) => {
        const at = { lon: kyiv.lon + offset, lat: kyiv.lat - offset / 2 }
        const [x, y] = laea.forward(at)
        expect(geometry.keyOf(at)).toBe(`${Math.floor(x / 50)},${Math.floor(y / 50)}`)
      }),
    )
  })

  for (const spec of ['square:25km', 'square:10m', 'square:25km@3035', 'square:1km@32636']) {
    test(`${spec}: a place lies in the ring of its own cell and of no neighbour`, () => {
      const geometry = createCellGeometry(parseCells(spec), kyiv)
      const shift = fc.double({ min: -0.5, max: 0.5, noNaN: true })
      fc.assert(
        fc.property(shift, shift, (dLon, dLat) => {
          const at = { lon: kyiv.lon + dLon, lat: kyiv.lat + dLat }
          const [column = 0, row = 0] = geometry.keyOf(at).split(',').map(Number)
          fc.pre(isClearOfEdges(geometry, at))
          const holders: string[] = []
          for (let dc = -1; dc <= 1; dc++) {
            for (let dr = -1; dr <= 1; dr++) {
              const key = `${column + dc},${row + dr}`
              if (isInRing(geometry.ringOf(key), at)) holders.push(key)
            }
          }
          expect(holders).toEqual([geometry.keyOf(at)])
        }),
      )
    })

    test(`${spec}: the centre of a cell lies in it`, () => {
      const geometry = createCellGeometry(parseCells(spec), kyiv)
      const start = geometry.keyOf(kyiv)
      expect(geometry.keyOf(geometry.centreOf(start))).toBe(start)
    })
  }

  test('ring is closed, counter-clockwise and its 25 km sides are true to 2 m', () => {
    const geometry = createCellGeometry(parseCells('square:25km'), kyiv)
    const ring = geometry.ringOf('4,9')
    expect(ring.at(0)).toEqual(ring.at(-1))
    let twiceArea = 0
    for (let i = 1; i < ring.length; i++) {
      const [lon0, lat0] = ring[i - 1]!
      const [lon1, lat1] = ring[i]!
      twiceArea += lon0 * lat1 - lon1 * lat0
      const [x, y] = geometry.plane.forward({ lon: (lon0 + lon1) / 2, lat: (lat0 + lat1) / 2 })
      const offSide = Math.min(toMultiple(x), toMultiple(y))
      expect(offSide).toBeLessThan(2)
    }
    expect(twiceArea).toBeGreaterThan(0)
  })

  for (const epsg of [3035, 5513, 8352, 2046]) {
    test(`EPSG:${epsg}: rings are counter-clockwise on the ground, whichever way its axes grow`, () => {
      const geometry = createCellGeometry(parseCells(`square:2km@${epsg}`), { lon: 15, lat: 50 })
      const ring = geometry.ringOf(geometry.keyOf({ lon: 15, lat: 50 }))
      expect(ring.at(0)).toEqual(ring.at(-1))
      expect(signedDoubleArea(ring.map(([lon, lat]) => [lon, lat]))).toBeGreaterThan(0)
    })
  }

  for (const { epsg, units } of [
    { epsg: 4326, units: 'degrees' },
    { epsg: 2263, units: 'feet: a square of 1 km would be one of 305 m' },
    { epsg: 3140, units: 'links' },
  ]) {
    test(`EPSG:${epsg} is refused: its units are ${units}`, () => {
      const grid = parseCells(`square:1km@${epsg}`)
      expect(() => createCellGeometry(grid, kyiv)).toThrow(/Expected a CRS in metres/)
    })
  }

  test('sizes are what they say, to the last digit', () => {
    for (const [spec, sizeM] of [
      ['square:2.01km', 2010],
      ['square:16.1km', 16_100],
    ] as const) {
      expect(parseCells(spec)).toMatchObject({ sizeM })
    }
  })

  for (const key of ['abc', '1', '1.5,2', '8a1fb46622dffff']) {
    test(`a key like "${key}" is refused`, () => {
      const geometry = createCellGeometry(parseCells('square:50m'), kyiv)
      expect(() => geometry.ringOf(key)).toThrow(InputError)
    })
  }

  test('across the antimeridian neighbours keep neighbouring keys', () => {
    const geometry = createCellGeometry(parseCells('square:1km'), { lon: 180, lat: -17 })
    const west = geometry.keyOf({ lon: 179.9999, lat: -17.001 })
    const east = geometry.keyOf({ lon: -179.9999, lat: -17.001 })
    expect([west, east]).toEqual(['-1,-1', '0,-1'])
  })
})

describe('H3 cells', () => {
  test('key is the parent of the finest cell at every resolution', () => {
    for (let resolution = 0; resolution <= 15; resolution++) {
      const geometry = createCellGeometry({ kind: 'h3', resolution }, kyiv)
      const finest = latLngToCell(kyiv.lat, kyiv.lon, 15)
      expect(geometry.keyOf(kyiv)).toBe(cellToParent(finest, resolution))
    }
  })

  test('ring runs in lon, lat order around the centre', () => {
    const geometry = createCellGeometry({ kind: 'h3', resolution: 7 }, kyiv)
    const key = geometry.keyOf(kyiv)
    const { lon, lat } = geometry.centreOf(key)
    expect(isInRing(geometry.ringOf(key), { lon, lat })).toBe(true)
    expect(Math.abs(lon - kyiv.lon)).toBeLessThan(0.05)
  })

  test('a key that is no index is refused', () => {
    const geometry = createCellGeometry({ kind: 'h3', resolution: 7 }, kyiv)
    expect(() => geometry.centreOf('3,4')).toThrow(InputError)
  })
})

function toMultiple(metres: number): number {
  return Math.abs(metres - Math.round(metres / 25_000) * 25_000)
}

/** Sides between vertices bend by up to a metre: places closer than 2 m to a side prove nothing. */
function isClearOfEdges(
  geometry: ReturnType<typeof createCellGeometry>,
  at: { lon: number; lat: number },
): boolean {
  const sizeM = geometry.grid.kind === 'square' ? geometry.grid.sizeM : 1
  const margin = Math.min(2, sizeM * 0.01)
  return geometry.plane.forward(at).every((metres) => {
    const rest = metres - Math.floor(metres / sizeM) * sizeM
    return rest > margin && rest < sizeM - margin
  })
}

function isInRing(
  ring: readonly (readonly [number, number])[],
  { lon, lat }: { lon: number; lat: number },
): boolean {
  let isInside = false
  for (let i = 1; i < ring.length; i++) {
    const [lon0, lat0] = ring[i - 1]!
    const [lon1, lat1] = ring[i]!
    const crosses = lat0 > lat !== lat1 > lat
    if (crosses && lon < lon0 + ((lat - lat0) / (lat1 - lat0)) * (lon1 - lon0)) {
      isInside = !isInside
    }
  }
  return isInside
}
