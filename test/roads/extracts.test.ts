import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PbfReader } from 'pbf'
import { expect, test } from 'vitest'
import { indexBlobs } from '../../src/roads/blob-index.ts'
import { readRoadNetwork, type ReadOptions } from '../../src/roads/read-network.ts'
import { sampleRoadPoints } from '../../src/roads/sample.ts'
import { describeWithShared, sharedPath } from '../shared.ts'
import { measureSlowly } from './slow-reader.ts'

describeWithShared('real extracts', () => {
  for (const name of ['andorra', 'baltimore', 'harrisburg', 'liechtenstein', 'monaco'])
    test(`${name}: ways, segments and length are what osm-pbf-parser and Karney say`, async () => {
      const path = sharedPath(`data/osm/${name}.osm.pbf`)
      const network = await readRoadNetwork(path, {
        boundary: null,
        threads: 1,
        signal: new AbortController().signal,
      })
      const { wayCount, segmentCount, missingNodeCount, lengthM } = await measureSlowly(path)
      expect(network).toMatchObject({ wayCount, segmentCount, missingNodeCount })
      // Rounding to millimetres is all that may differ: on average nothing, at worst half of one
      // per segment.
      expect(Math.abs(network.totalMm / 1000 - lengthM)).toBeLessThan(
        0.0005 * Math.sqrt(segmentCount) * 4,
      )
    })
})

describeWithShared('the order of work', () => {
  const source = sharedPath('data/osm/monaco.osm.pbf')
  const sample = async (path: string, options: Partial<ReadOptions>) => {
    const { signal } = new AbortController()
    const network = await readRoadNetwork(path, { boundary: null, threads: 1, signal, ...options })
    return JSON.stringify(sampleRoadPoints(network, { count: 1000, seed: 1 }))
  }

  test('does not matter: threads, a file for node places and shuffled blocks give the same bytes', async () => {
    const expected = await sample(source, {})
    const folder = mkdtempSync(join(tmpdir(), 'whereabouts-test-'))
    try {
      const shuffled = join(folder, 'shuffled.osm.pbf')
      writeFileSync(shuffled, shuffleBlobs(source))
      expect(await sample(shuffled, {})).toBe(expected)
      expect(await sample(shuffled, { threads: 2, threadedBytesMin: 0 })).toBe(expected)
      expect(await sample(source, { threads: 2, threadedBytesMin: 0, placeBytesMax: 0 })).toBe(
        expected,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** Every third blob of data first, then the others from the end. */
function shuffleBlobs(path: string): Uint8Array {
  const bytes = readFileSync(path)
  const { blobs } = indexBlobs(path)
  const ends = blobs.map(({ offset, size }) => offset + size)
  const header = 4 + bytes.readUInt32BE(0)
  const first = header + new Map(blobHeader(bytes.subarray(4, header))).get(3)!
  const frames = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? first, end))
  const others = frames.filter((_, i) => i % 3 !== 0).reverse()
  return Buffer.concat([
    bytes.subarray(0, first),
    ...frames.filter((_, i) => i % 3 === 0),
    ...others,
  ])
}

/** The numbers of a blob header by field. */
function blobHeader(bytes: Uint8Array): [number, number][] {
  const pbf = new PbfReader(bytes)
  const numbers: [number, number][] = []
  for (let field = pbf.nextField(); field !== 0; field = pbf.nextField())
    if (field === 3) numbers.push([field, pbf.readVarint()])
  return numbers
}
