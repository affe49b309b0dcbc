/** Reads extracts that a test made, and the plainest of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RoadNetwork } from '../../src/roads/network.ts'
import { readRoadNetwork, type ReadOptions } from '../../src/roads/read-network.ts'
import type { MadeExtract } from './make-pbf.ts'

/** Reads bytes as a file, which is gone afterwards. */
export async function read(bytes: Uint8Array, options: Partial<ReadOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'whereabouts-test-'))
  const path = join(folder, 'made.osm.pbf')
  writeFileSync(path, bytes)
  const { signal } = new AbortController()
  try {
    return await readRoadNetwork(path, { boundary: null, threads: 1, signal, ...options })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Millimetres from each vertex to the next; 0 where a line ends. */
export function lengthsOf({ pieces }: RoadNetwork): number[] {
  return pieces.flatMap(({ lengthMm }) => [...lengthMm])
}

/** A corner: 717 m east from node 1 to 2, then 1112 m north to 3. */
export const corner = [
  { id: 1, lon: 10, lat: 50 },
  { id: 2, lon: 10.01, lat: 50 },
  { id: 3, lon: 10.01, lat: 50.01 },
]
export const road = { id: 5, refs: [1, 2, 3] }
export const plain: MadeExtract = { blocks: [{ dense: corner }, { ways: [road] }] }
