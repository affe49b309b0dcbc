/**
 * A point whose nearest patch is missing → another one beside it. At the border of the imagery the
 * nearest patch may reach out although the point's own would not: then the next one further in
 * stands for it. Pure.
 */
import { createLocalFrame } from '../geo/local-frame.ts'
import type { PixelSquare } from '../imagery/source.ts'
import type { LonLat } from '../types.ts'
import type { DenseLattice, DensePlace } from './dense-lattice.ts'

/** What is around a point in its window. */
export interface Surroundings {
  /** The patch that the point would have alone, to the pixel, as far as the window holds it. */
  readonly own: PixelSquare
  /** The patches of the lattice around it, nearest first. */
  readonly patches: readonly DensePlace[]
}

/**
 * A function that looks around points of the window around a centre, with the model's metres per
 * pixel.
 */
export function surroundingsFinder(
  { windowPx, spacingPx }: Pick<DenseLattice, 'windowPx' | 'spacingPx'>,
  centre: LonLat,
  gsd: number,
): (point: LonLat, patchPx: number) => Surroundings {
  const frame = createLocalFrame(centre)
  return (point, patchPx) => {
    const reachPx = windowPx - patchPx
    const inside = (at: number): number => Math.min(reachPx, Math.max(0, at))
    const sidesOf = (at: number): readonly number[] => {
      const sides = [Math.floor(at / spacingPx), Math.ceil(at / spacingPx)]
      return [...new Set(sides.map((index) => inside(index * spacingPx)))]
    }
    const [east, north] = frame.forward(point)
    const [x, y] = [reachPx / 2 + east / gsd, reachPx / 2 - north / gsd]
    const patches = sidesOf(x).flatMap((left) =>
      sidesOf(y).map((top): DensePlace => {
        const square = { x: left, y: top, px: patchPx }
        return { square, distanceM: Math.hypot(left - x, top - y) * gsd }
      }),
    )
    patches.sort((a, b) => a.distanceM - b.distanceM)
    return { own: { x: inside(Math.round(x)), y: inside(Math.round(y)), px: patchPx }, patches }
  }
}
