/** Node places in a temporary file, for extracts whose nodes do not fit the memory. @io disk */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PLACE_UNKNOWN, type NodePlaces } from './node-places.ts'
import { ExtractFaultError, isOfSystem } from './pbf-errors.ts'
import { writeAll } from './write-all.ts'

const PAGE_PLACES = 8192
/** 64 MiB of pages: neighbouring ways ask for neighbouring nodes, so few are fetched twice. */
const PAGES_MAX = 1024

/** Makes a folder of its own for the file of `createPlacesFile`; whoever asks for it deletes it. */
export function createPlacesFolder(): string {
  return inTemporaryFolder(() => mkdtempSync(join(tmpdir(), 'whereabouts-roads-')))
}

/** A file for the places of `count` nodes, all unknown. */
export function createPlacesFile(folder: string, count: number): string {
  const path = join(folder, 'places')
  inTemporaryFolder(() => {
    const file = openSync(path, 'w')
    try {
      ftruncateSync(file, 8 * count)
    } finally {
      closeSync(file)
    }
  })
  return path
}

/** @throws {ExtractFaultError} `temporary-unusable`: the disk failed, not the extract */
function inTemporaryFolder<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!isOfSystem(error)) throw error
    throw new ExtractFaultError(
      'temporary-unusable',
      `Expected room for temporary files in ${tmpdir()}, got "${error.message}"`,
      'Free space in that folder, or name a folder on another disk in TMPDIR.',
    )
  }
}

/**
 * Places in a file of `uint32[nodes, 2]` that already has its full, zeroed length. Nodes mostly
 * come in order, so writes are gathered into runs; what was set is read back only after `flush`.
 */
export class FilePlaces implements NodePlaces {
  readonly #file: number
  readonly #run = new Uint32Array(2 * PAGE_PLACES)
  #runStart = 0
  #runLength = 0
  readonly #pages = new Map<number, Uint32Array>()

  constructor(path: string) {
    this.#file = inTemporaryFolder(() => openSync(path, 'r+'))
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
    const run = new Uint8Array(this.#run.buffer, 0, 8 * this.#runLength)
    // What does not get into the file would read as nodes that the extract lacks.
    inTemporaryFolder(() =>
      writeAll(run, 8 * this.#runStart, (bytes, position) =>
        writeSync(this.#file, bytes, 0, bytes.length, position),
      ),
    )
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
    inTemporaryFolder(() =>
      readSync(this.#file, page, 0, page.byteLength, number * page.byteLength),
    )
    // The page that came first goes first; a Map keeps that order.
    if (this.#pages.size >= PAGES_MAX) this.#pages.delete(this.#pages.keys().next().value ?? 0)
    this.#pages.set(number, page)
    return page
  }
}
