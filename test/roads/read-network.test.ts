import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import geodesic from 'geographiclib-geodesic'
import { afterAll, describe, expect, test } from 'vitest'
import { readRoadNetwork, type ReadOptions } from '../../src/roads/read-network.ts'
import { makeExtract } from './make-pbf.ts'

const folder = mkdtempSync(join(tmpdir(), 'whereabouts-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(bytes: Uint8Array, options: Partial<ReadOptions> = {}) {
  const path = join(folder, 'made.osm.pbf')
  writeFileSync(path, bytes)
  return readRoadNetwork(path, {
    boundary: null,
    threads: 1,
    signal: new AbortController().signal,
    ...options,
  })
}

const mm = (...[lonA, latA, lonB, latB]: [number, number, number, number]) =>
  Math.round((geodesic.Geodesic.WGS84.Inverse(latA, lonA, latB, lonB).s12 ?? NaN) * 1000)

const square = [
  { id: 1, lon: 10, lat: 50 },
  { id: 2, lon: 10.01, lat: 50 },
  { id: 3, lon: 10.01, lat: 50.01 },
]

describe('readRoadNetwork', () => {
  test('measures the segments of a road', async () => {
    const network = await read(
      makeExtract({ blocks: [{ dense: square }, { ways: [{ id: 5, refs: [1, 2, 3] }] }] }),
    )
    expect(network.summary).toBe('1 ways, 2 segments, 1.8 km')
    expect([...network.lengthMm]).toEqual([mm(10, 50, 10.01, 50), mm(10.01, 50, 10.01, 50.01), 0])
  })
})
