/** Node places in a temporary file, for extracts whose nodes do not fit the memory. @io disk */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { PLACE_UNKNOWN, type NodePlaces } from './node-places.ts'

const PAGE_PLACES = 8192
/** 64 MiB of pages: neighbouring ways ask for neighbouring nodes, so few are fetched twice. */
const PAGES_MAX = 1024

/**
 * Places in a file of `uint32[nodes, 2]` that already has its full, zeroed length. Nodes mostly come in order,
 * so writes are gathered into runs; what was set is read back only after `flush`.
 */
export class FilePlaces implements NodePlaces {
  readonly #file: number
  readonly #run = new Uint32Array(2 * PAGE_PLACES)
  #runStart = 0
  #runLength = 0
  readonly #pages = new Map<number, Uint32Array>()

  constructor(path: string) {
    this.#file = openSync(path, 'r+')
  }

  set(rank: number, lon: number, lat: number): void {
    const isNext = rank === this.#runStart + this.#runLength && this.#runLength < PAGE_PLACES
    if (!isNext) this.flush()
    if (this.#runLength === 0) this.#runStart = rank
    this.#run[2 * this.#runLength] = lon
    this.#run[2 * this.#runLength + 1] = lat
    this.#runLength++
  }

  flush(): void {
    if (this.#runLength > 0)
      writeSync(this.#file, this.#run.subarray(0, 2 * this.#runLength), 0, null, 8 * this.#runStart)
    this.#runLength = 0
    this.#pages.clear()
  }

  lonAt(rank: number): number {
    return this.#pageOf(rank)[2 * (rank % PAGE_PLACES)] ?? PLACE_UNKNOWN
  }

  latAt(rank: number): number {
    return this.#pageOf(rank)[2 * (rank % PAGE_PLACES) + 1] ?? PLACE_UNKNOWN
  }

  close(): void {
    closeSync(this.#file)
  }

  #pageOf(rank: number): Uint32Array {
    const number = Math.floor(rank / PAGE_PLACES)
    const known = this.#pages.get(number)
    if (known) return known
    const page = new Uint32Array(2 * PAGE_PLACES)
    readSync(this.#file, page, 0, page.byteLength, number * page.byteLength)
    // The page that came first goes first; a Map keeps that order.
    if (this.#pages.size >= PAGES_MAX) this.#pages.delete(this.#pages.keys().next().value ?? 0)
    this.#pages.set(number, page)
    return page
  }
}
