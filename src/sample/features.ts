/** What a sample town consists of, in metres east and north of its south-west corner. */
import { extentOf } from './shapes.ts'
import type { Random } from './random.ts'
import type { Point, Ring, Station } from './shapes.ts'

/** OpenStreetMap tags. */
export type Tags = Readonly<Record<string, string>>

/** What a line or an area is made of, seen from above. */
export type Surface =
  | 'asphalt'
  | 'gravel'
  | 'path'
  | 'rail'
  | 'ballast'
  | 'concrete'
  | 'crop'
  | 'forest'
  | 'garden'
  | 'lawn'
  | 'pitch'
  | 'planks'
  | 'seats'
  | 'water'

/** A road or a track of the railway. */
export interface Way {
  readonly line: readonly Point[]
  readonly widthM: number
  readonly surface: Surface
  readonly tags: Tags
  /** White lines: two lanes, or none. */
  readonly lanes?: number
}

/**
 * Land use; `rings[0]` is the outline, further ones are holes. `angle` turns rows, planks and
 * mowing.
 */
export interface Area {
  readonly rings: readonly Ring[]
  readonly surface: Surface
  readonly angle: number
  readonly colour: number
  readonly tags: Tags
}

/** A building on a rectangle, or on any ring when its roof is flat. */
export interface Building {
  readonly station: Station
  readonly ring: Ring
  /** Open to the sky: the inside of a stadium's roof. */
  readonly hole?: Ring
  readonly size: Point
  readonly heightM: number
  readonly roof: 'gable' | 'flat' | 'sheds'
  readonly colour: number
  readonly tags: Tags
}

/** A thing that moves or is put away: drawn, but not in the map. */
export interface Item {
  readonly kind: 'boat' | 'car' | 'container' | 'crane' | 'ship' | 'wagon'
  readonly station: Station
  readonly size: Point
  readonly heightM: number
  readonly colour: number
}

/** A crown with its shadow. */
export interface Tree {
  readonly at: Point
  readonly radiusM: number
  readonly colour: number
}

/** Paint on a surface: lane marks, parking bays, the lines of a pitch. */
export interface Marking {
  readonly line: readonly Point[]
  readonly widthM: number
  readonly colour: number
}

/** The whole town, ready to be drawn and written. */
export interface TownPlan {
  readonly sizeM: number
  readonly ways: readonly Way[]
  readonly areas: readonly Area[]
  readonly buildings: readonly Building[]
  readonly items: readonly Item[]
  readonly trees: readonly Tree[]
  readonly markings: readonly Marking[]
}

/** The plan is drawn this far beyond the town, so that every patch in the town is complete. */
export const MARGIN_M = 96

const CELL_M = 2

/** A town while it grows: its features, and which ground is taken. */
export class Draft implements TownPlan {
  readonly ways: Way[] = []
  readonly areas: Area[] = []
  readonly buildings: Building[] = []
  readonly items: Item[] = []
  readonly trees: Tree[] = []
  readonly markings: Marking[] = []
  readonly sizeM: number
  readonly random: Random
  readonly #side: number
  readonly #taken: Uint8Array

  constructor(sizeM: number, random: Random) {
    this.sizeM = sizeM
    this.random = random
    this.#side = Math.ceil((sizeM + 4 * MARGIN_M) / CELL_M)
    this.#taken = new Uint8Array(this.#side * this.#side)
  }

  /** Keeps the ground within `clearanceM` of the points for what stands there. */
  take(points: readonly Point[], clearanceM: number): void {
    for (const at of points) this.#visit(at, clearanceM, (cell) => (this.#taken[cell] = 1))
  }

  /** Keeps the ground of a ring's bounding box. */
  takeRing(ring: Ring): void {
    const { west, south, east, north } = extentOf(ring)
    for (let y = south; y <= north; y += CELL_M) {
      for (let x = west; x <= east; x += CELL_M) this.take([[x, y]], 0)
    }
  }

  isFree(at: Point, clearanceM: number): boolean {
    let free = true
    this.#visit(at, clearanceM, (cell) => {
      if (this.#taken[cell] === 1) free = false
    })
    return free
  }

  #visit([x, y]: Point, radiusM: number, visit: (cell: number) => void): void {
    const index = (value: number): number => Math.round((value + 2 * MARGIN_M) / CELL_M)
    for (let row = index(y - radiusM); row <= index(y + radiusM); row++) {
      for (let column = index(x - radiusM); column <= index(x + radiusM); column++) {
        if (row < 0 || column < 0 || row >= this.#side || column >= this.#side) continue
        visit(row * this.#side + column)
      }
    }
  }
}
