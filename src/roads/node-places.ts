/**
 * Where the needed nodes lie: `uint32[nodes, 2]`, longitude and latitude in 1e-7°, shifted so that
 * 0 means unknown and fresh memory needs no filling. Threads share it; each node is written by one
 * of them.
 */
import type { Scale } from './pbf-block.ts'

/** An encoded longitude or latitude that nobody told. */
export const PLACE_UNKNOWN = 0
const LON_MAX = 1_800_000_000
const LAT_MAX = 900_000_000

/** Keeps the places of nodes by rank. */
export interface NodePlaces {
  set(rank: number, lon: number, lat: number): void
  /** Encoded longitude. */
  lonAt(rank: number): number
  /** Encoded latitude. */
  latAt(rank: number): number
  /** Ends a run of writes. */
  flush(): void
}

/** Encodes a raw longitude; unknown when it leaves the globe. */
export function encodeLon(raw: number, { granularity, lonOffset }: Scale): number {
  const lon = Math.round((lonOffset + granularity * raw) / 100)
  return Math.abs(lon) <= LON_MAX ? lon + LON_MAX + 1 : PLACE_UNKNOWN
}

/** Encodes a raw latitude; unknown when it leaves the globe. */
export function encodeLat(raw: number, { granularity, latOffset }: Scale): number {
  const lat = Math.round((latOffset + granularity * raw) / 100)
  return Math.abs(lat) <= LAT_MAX ? lat + LAT_MAX + 1 : PLACE_UNKNOWN
}

/** Longitude in 1e-7° of an encoded one. */
export function decodeLon(encoded: number): number {
  return encoded - LON_MAX - 1
}

/** Latitude in 1e-7° of an encoded one. */
export function decodeLat(encoded: number): number {
  return encoded - LAT_MAX - 1
}

/** Places in memory that threads share. */
export class MemoryPlaces implements NodePlaces {
  readonly #cells: Uint32Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Uint32Array(memory)
  }

  set(rank: number, lon: number, lat: number): void {
    this.#cells[2 * rank] = lon
    this.#cells[2 * rank + 1] = lat
  }

  lonAt(rank: number): number {
    return this.#cells[2 * rank] ?? PLACE_UNKNOWN
  }

  latAt(rank: number): number {
    return this.#cells[2 * rank + 1] ?? PLACE_UNKNOWN
  }

  flush(): void {
    // Nothing waits: every write is in the shared memory at once.
  }
}
