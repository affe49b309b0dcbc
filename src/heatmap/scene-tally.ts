/**
 * A map of the best scene of every cell → which scenes those are, and how much of the map each has.
 */
import type { Cell } from '../heatmap-types.ts'
import type { RoadPoint } from '../types.ts'

/** One scene of the map. */
export interface SceneTally {
  readonly scene: string
  readonly cellCount: number
  readonly areaKm2: number
  /** The point of the cell where it stands out most. */
  readonly clearest: RoadPoint
  /** By how many standard deviations of single patches the mean of that cell stands out. */
  readonly sigma: number
}

/**
 * @param cells  best first;
 * @returns the scene with the most cells first, of as many that which stands out most
 */
export function tallyScenes(
  cells: readonly Pick<Cell, 'scene' | 'point' | 'areaKm2' | 'distance'>[],
): SceneTally[] {
  const tallies = new Map<string, SceneTally>()
  for (const { scene, point, areaKm2, distance } of cells) {
    if (scene === undefined) continue
    const first = { scene, cellCount: 0, areaKm2: 0, clearest: point, sigma: -distance }
    const known = tallies.get(scene) ?? first
    tallies.set(scene, {
      ...known,
      cellCount: known.cellCount + 1,
      areaKm2: known.areaKm2 + areaKm2,
    })
  }
  return [...tallies.values()].sort((a, b) => b.cellCount - a.cellCount)
}
