import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { indexBlobs } from '../../src/roads/blob-index.ts'
import { packIds } from '../../src/roads/packed-ids.ts'
import { RankFinder } from '../../src/roads/rank-finder.ts'
import { MemoryPlaces, decodeLat, decodeLon } from '../../src/roads/node-places.ts'
import { unpackBlob } from '../../src/roads/pbf-blob.ts'
import { openBlock } from '../../src/roads/pbf-block.ts'
import { decodeNodes } from '../../src/roads/pbf-nodes.ts'
import { readRoadNetwork } from '../../src/roads/read-network.ts'
import { describeWithShared, sharedPath } from '../shared.ts'

const odd = (name: string) => sharedPath(`data/osm/odd/${name}`)

function readOdd(name: string) {
  const { signal } = new AbortController()
  return readRoadNetwork(odd(name), { boundary: null, threads: 1, signal })
}

/** Places of nodes in 1e-7°, whether roads need them or not; null where there is none. */
function placesOf(name: string, wanted: number[]) {
  const bytes = readFileSync(odd(name))
  const { blobs, header } = indexBlobs(odd(name))
  const ids = Float64Array.from(wanted)
  const places = new MemoryPlaces(new SharedArrayBuffer(8 * ids.length))
  const versions = header.isHistory ? new Int32Array(ids.length) : null
  for (const { offset, size } of blobs)
    decodeNodes(openBlock(unpackBlob(bytes.subarray(offset, offset + size))), {
      ranks: new RankFinder(packIds(ids)),
      places,
      versions,
    })
  return wanted.map((_, rank) =>
    places.lonAt(rank) === 0
      ? null
      : [decodeLon(places.lonAt(rank)), decodeLat(places.latAt(rank))],
  )
}

describeWithShared('odd files', () => {
  // What osmium reads from the same files; granularity-offset, which it refuses, by hand from its
  // raw numbers: longitude (22000000404 + 1401 × 2000) / 100 and so on, from the later of its two
  // blocks.
  const unscaled = [
    [10000000, 10000000],
    [12355000, 20345230],
    [10000000, 30000000],
    [10000000, 40000000],
  ]
  const cases = [
    { name: 'nometadata.osm.pbf', ids: [10, 11, 12, 13], places: unscaled },
    { name: 'nondense-nometadata.osm.pbf', ids: [10, 11, 12, 13], places: unscaled },
    {
      name: 'raw-nondense.osm.pbf',
      ids: [105, 106, 108],
      places: [
        [116284017, 521224031],
        [116256446, 521199235],
        [116310192, 521198991],
      ],
    },
    {
      name: 'granularity-offset.osm.pbf',
      ids: [100001, 100003],
      places: [
        [220028024, 120014013],
        [220028066, 120014055],
      ],
    },
    { name: 'deleted-nodes.osh.pbf', ids: [1, 2], places: [null, [10000000, 10000000]] },
  ]
  for (const { name, ids, places } of cases)
    test(`${name}: nodes lie where they should`, () => {
      expect(placesOf(name, ids)).toEqual(places)
    })

  for (const name of [
    'deleted-nodes.osh.pbf',
    'empty.osm.pbf',
    'granularity-offset.osm.pbf',
    'locations-on-ways.osm.pbf',
    'nometadata.osm.pbf',
    'nondense-nometadata.osm.pbf',
    'raw-nondense.osm.pbf',
  ])
    test(`${name}: holds no road, and reading says so without failing`, async () => {
      expect(await readOdd(name)).toMatchObject({ wayCount: 0, totalMm: 0, missingNodeCount: 0 })
    })

  test('monaco-lz4.osm.pbf: ways, segments and length are what osmium and PROJ say', async () => {
    const network = await readOdd('monaco-lz4.osm.pbf')
    expect(network).toMatchObject({ wayCount: 2351, segmentCount: 10910, missingNodeCount: 0 })
    expect(Math.abs(network.totalMm / 1000 - 121659.429)).toBeLessThan(0.2)
  })
})
