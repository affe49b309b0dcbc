import { describe, expect, test } from 'vitest'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import { surroundingsFinder } from '../../src/journeys/dense-border.ts'
import { createDenseLattice } from '../../src/journeys/dense-lattice.ts'

const centre = { lon: 9, lat: 47.2 }
const [patchPx, gsd] = [224, 0.5]
const plan = { centre, stepM: 10, patchPx, stridePx: 32, gsd, spacingM: 16 }
const lattice = createDenseLattice(plan)
const middle = lattice.centreOf({ column: 0, row: 0 })
const frame = createLocalFrame(middle)
const look = surroundingsFinder(lattice, middle, gsd)
const reachPx = lattice.windowPx - patchPx

describe('around a point of a window', () => {
  test('are four patches of the lattice, the nearest first, and that is the one that it takes', () => {
    const find = lattice.patchFinder({ column: 0, row: 0 })
    for (let i = 0; i < 200; i++) {
      const point = frame.inverse(((i * 37) % 290) - 144.7, ((i * 53) % 290) - 144.6)
      const { patches } = look(point, patchPx)
      const distances = patches.map(({ distanceM }) => distanceM)
      expect(distances).toEqual([...distances].sort((a, b) => a - b))
      expect(distances.at(-1)).toBeLessThanOrEqual(Math.hypot(16, 16) + 1e-6)
      const { square, distanceM } = find(point)
      expect(patches[0]?.square).toEqual(square)
      expect(patches[0]?.distanceM).toBeCloseTo(distanceM, 6)
      for (const { x, y } of patches.map((patch) => patch.square)) {
        expect([x % lattice.spacingPx, y % lattice.spacingPx]).toEqual([0, 0])
      }
    }
  })

  test('its own patch has it in the middle, to half a pixel', () => {
    const { own } = look(frame.inverse(12.3, -45.6), patchPx)
    expect(Math.abs((own.x - reachPx / 2) * gsd - 12.3)).toBeLessThanOrEqual(gsd / 2)
    expect(Math.abs((reachPx / 2 - own.y) * gsd + 45.6)).toBeLessThanOrEqual(gsd / 2)
  })

  test('nothing reaches out of the window, although its own patch would', () => {
    const { own, patches } = look(frame.inverse(-158, 158), patchPx)
    expect(own).toEqual({ x: 0, y: 0, px: patchPx })
    expect(patches.map(({ square }) => [square.x, square.y])).toEqual([[0, 0]])
  })
})
