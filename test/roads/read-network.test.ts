import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createRequire } from 'node:module'
import type { Worker } from 'node:worker_threads'
import geodesic from 'geographiclib-geodesic'
import { describe, expect, test } from 'vitest'
import { boundaryFromBbox } from '../../src/geo/polygon.ts'
import { makeBlob, makeExtract, packAs, packRaw, type MadeExtract } from './make-pbf.ts'
import { corner, lengthsOf, plain, read, road } from './read-made.ts'

const mm = (...[lonA, latA, lonB, latB]: [number, number, number, number]) =>
  Math.round((geodesic.Geodesic.WGS84.Inverse(latA, lonA, latB, lonB).s12 ?? NaN) * 1000)
const EAST = mm(10, 50, 10.01, 50)
const NORTH = mm(10.01, 50, 10.01, 50.01)
const SLANT = mm(10, 50, 10.01, 50.01)

describe('a road of two segments comes out the same', () => {
  const shifted = corner.map((node) => ({ ...node, id: node.id + 2 ** 40 }))
  const negative = corner.map((node) => ({ ...node, id: -node.id * 3e9 })).reverse()
  const cases: { name: string; extract: MadeExtract }[] = [
    { name: 'from dense nodes', extract: plain },
    { name: 'from single nodes', extract: { blocks: [{ nodes: corner }, { ways: [road] }] } },
    { name: 'raw', extract: { ...plain, pack: packRaw } },
    {
      name: 'with lz4',
      extract: { ...plain, pack: packAs(6, lz4Block) },
    },
    { name: 'with zstd', extract: { ...plain, pack: packAs(7, storeZstd) } },
    {
      name: 'with another granularity and offsets',
      extract: {
        blocks: [
          { dense: corner, granularity: 1000, latOffset: 50e9, lonOffset: -3e9 },
          { ways: [road] },
        ],
      },
    },
    {
      name: 'with ids above 2^32',
      extract: {
        blocks: [
          { dense: shifted },
          { ways: [{ id: 2 ** 41, refs: shifted.map(({ id }) => id) }] },
        ],
      },
    },
    {
      name: 'with ids below 0',
      extract: {
        blocks: [
          { dense: negative },
          { ways: [{ id: -(2 ** 35), refs: negative.map(({ id }) => id).reverse() }] },
        ],
      },
    },
    {
      name: 'with the ways before the nodes',
      extract: { blocks: [{ ways: [road] }, { dense: corner }] },
    },
    {
      name: 'with nodes and ways in one block',
      extract: { blocks: [{ dense: corner, ways: [road] }, {}, { ways: [{ id: 7, refs: [] }] }] },
    },
    {
      name: 'with unsorted nodes',
      extract: { blocks: [{ dense: corner.slice().reverse() }, { ways: [road] }] },
    },
    {
      name: 'with nodes in several blocks out of order',
      extract: {
        blocks: [
          { dense: corner.slice(2) },
          { dense: corner.slice(0, 1) },
          { ways: [road] },
          { dense: corner.slice(1, 2) },
        ],
      },
    },
    {
      name: 'with locations on ways and no nodes',
      extract: {
        optionalFeatures: ['LocationsOnWays'],
        blocks: [{ ways: [{ ...road, locations: corner.map(({ lon, lat }) => [lon, lat]) }] }],
      },
    },
    {
      name: 'with a highway tag among others',
      extract: {
        blocks: [
          { dense: corner },
          {
            ways: [
              {
                ...road,
                tags: { name: 'Dorfstraße', highway: 'track', area: 'no', access: 'private' },
              },
              { ...road, id: 6, tags: { building: 'yes' } },
              { ...road, id: 7, tags: { highway: 'construction' } },
              { ...road, id: 8, tags: { highway: 'pedestrian', area: 'yes' } },
              { ...road, id: 9, tags: {} },
            ],
          },
        ],
      },
    },
    {
      name: 'when the way runs back along itself',
      extract: { blocks: [{ dense: corner }, { ways: [{ id: 5, refs: [1, 2, 3, 2, 1] }] }] },
    },
    {
      name: 'when nodes and the way come twice',
      extract: {
        blocks: [{ dense: corner }, { dense: corner }, { ways: [road] }, { ways: [road] }],
      },
    },
  ]
  for (const { name, extract } of cases)
    test(name, async () => {
      const network = await read(makeExtract(extract))
      expect(lengthsOf(network).filter((length) => length > 0)).toEqual([EAST, NORTH])
      expect(network).toMatchObject({ wayCount: 1, segmentCount: 2, missingNodeCount: 0 })
      expect(network.pieces.flatMap(({ lon }) => [...lon]).sort()).toEqual([
        100000000, 100100000, 100100000,
      ])
    })

  test('with a blob of unknown type, which is skipped', async () => {
    const network = await read(
      Buffer.concat([makeExtract(plain), makeBlob('Other', Buffer.from('rubbish'))]),
    )
    expect(lengthsOf(network)).toEqual([EAST, NORTH, 0])
  })

  test('from a file so large for its memory that node places go to disk', async () => {
    const network = await read(makeExtract(plain), { placeBytesMax: 0 })
    expect(lengthsOf(network)).toEqual([EAST, NORTH, 0])
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('whereabouts-roads-'))).toEqual(
      [],
    )
  })
})

test('of many threads four decode, with little garbage: what they hold does not grow with the cores', async () => {
  const blocks = [
    { dense: corner },
    ...[1, 2, 3, 4, 5, 6, 7].map((id) => ({ ways: [{ ...road, id }] })),
  ]
  const extract = makeExtract({ blocks })
  // The first threads of a process are translated in a thread of esbuild's.
  await read(extract, { threads: 2, threadedBytesMin: 0 })
  const limits: (number | undefined)[] = []
  const note = ({ resourceLimits }: Worker) =>
    void limits.push(resourceLimits?.maxYoungGenerationSizeMb)
  process.on('worker', note)
  try {
    const network = await read(extract, { threads: 64, threadedBytesMin: 0 })
    expect(network.wayCount).toBe(7)
  } finally {
    process.off('worker', note)
  }
  expect(limits).toEqual([3, 3, 3])
})

describe('histories', () => {
  const history = { requiredFeatures: ['OsmSchema-V0.6', 'DenseNodes', 'HistoricalInformation'] }
  const first = corner.map((node) => ({ ...node, version: 1, visible: true }))
  const cases: { name: string; extract: MadeExtract; lengths: number[]; missing: number }[] = [
    {
      name: 'a deleted node breaks the road',
      extract: {
        blocks: [
          { dense: [...first, { id: 3, lon: 0, lat: 0, version: 2, visible: false }] },
          { ways: [{ ...road, version: 1, visible: true }] },
        ],
      },
      lengths: [EAST],
      missing: 1,
    },
    {
      name: 'the highest version of a node counts, whatever the order',
      extract: {
        blocks: [
          { dense: first },
          {
            nodes: [
              { ...corner[1]!, version: 3, visible: true },
              { id: 2, lon: 11, lat: 50, version: 2 },
            ],
          },
          { ways: [road] },
        ],
      },
      lengths: [EAST, NORTH],
      missing: 0,
    },
    {
      name: 'a deleted way is gone',
      extract: {
        blocks: [
          { dense: first },
          {
            ways: [
              { ...road, version: 1 },
              { id: 5, refs: [], version: 2, visible: false },
            ],
          },
        ],
      },
      lengths: [],
      missing: 0,
    },
    {
      name: 'a way that stopped being a road is gone, one that changed its nodes has the new ones',
      extract: {
        blocks: [
          { dense: first },
          {
            ways: [
              { ...road, version: 1 },
              { ...road, version: 2, tags: { highway: 'razed' } },
              { id: 6, refs: [1, 2], version: 4 },
              { id: 6, refs: [1, 3], version: 5 },
            ],
          },
        ],
      },
      lengths: [SLANT],
      missing: 0,
    },
  ]
  for (const { name, extract, lengths, missing } of cases)
    test(name, async () => {
      const network = await read(makeExtract({ ...history, ...extract }))
      expect(lengthsOf(network).filter((length) => length > 0)).toEqual(lengths)
      expect(network.missingNodeCount).toBe(missing)
    })
})

describe('a way that comes twice in an extract that does not say so', () => {
  const first = { ...road, version: 1 }
  const second = { ...road, version: 2, tags: { building: 'yes' } }
  const others = [10, 11].map((id) => ({ id, refs: [1, 2], tags: { building: 'yes' } }))
  for (const { name, blocks } of [
    { name: 'one after the other', blocks: [{ ways: [first, second] }] },
    { name: 'in two blocks', blocks: [{ ways: [first, ...others] }, { ways: [second] }] },
  ])
    test(`is no road where the newer version is none, ${name}`, async () => {
      const network = await read(makeExtract({ blocks: [{ dense: corner }, ...blocks] }))
      expect(network.wayCount).toBe(0)
    })

  test('is not searched for in vain: unsorted ways, each there once, are all read', async () => {
    const blocks = [{ dense: corner }, { ways: [...others].reverse() }, { ways: [road] }]
    const network = await read(makeExtract({ blocks }), { threads: 2, threadedBytesMin: 0 })
    expect(network.wayCount).toBe(1)
  })
})

describe('roads that need care', () => {
  test('a missing node breaks the road and is counted', async () => {
    const far = { id: 4, lon: 10.02, lat: 50.01 }
    const network = await read(
      makeExtract({
        blocks: [{ dense: [...corner, far] }, { ways: [{ id: 5, refs: [1, 2, 99, 3, 4] }] }],
      }),
    )
    expect(lengthsOf(network).filter((length) => length > 0)).toEqual([
      EAST,
      mm(10.01, 50.01, 10.02, 50.01),
    ])
    expect(network.missingNodeCount).toBe(1)
    expect(network.summary).toBe('1 ways, 2 segments, 1.4 km, 1 missing nodes')
  })

  test('two ways that share a segment both count it, one way counts it once', async () => {
    const ways = [road, { id: 6, refs: [3, 2] }, { id: 7, refs: [1, 2, 3, 1, 2] }]
    const network = await read(makeExtract({ blocks: [{ dense: corner }, { ways }] }))
    expect(network.totalMm).toBe(EAST + NORTH + NORTH + EAST + NORTH + SLANT)
  })

  test('segments, not ways, are cut at the boundary', async () => {
    const boundary = boundaryFromBbox([10.005, 49, 11, 50.005])
    const network = await read(makeExtract(plain), { boundary })
    expect(lengthsOf(network)).toEqual([mm(10.005, 50, 10.01, 50), mm(10.01, 50, 10.01, 50.005), 0])
  })

  test('a segment over the antimeridian goes the short way', async () => {
    const dense = [
      { id: 1, lon: 179.99, lat: 10 },
      { id: 2, lon: -179.99, lat: 10 },
    ]
    const network = await read(
      makeExtract({ blocks: [{ dense }, { ways: [{ id: 1, refs: [1, 2] }] }] }),
    )
    expect(network.segmentCount).toBe(2)
    expect(Math.abs(network.totalMm - mm(179.99, 10, -179.99, 10))).toBeLessThanOrEqual(1)
  })

  test('an extract without data gives an empty network; header box and hash are told', async () => {
    const network = await read(makeExtract({ bbox: [9, 49, 11, 51] }))
    expect(network).toMatchObject({ totalMm: 0, segmentCount: 0, headerBbox: [9, 49, 11, 51] })
    expect(network.sha256).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('reading', () => {
  test('reports progress up to the whole', async () => {
    const seen: [number, number][] = []
    await read(makeExtract(plain), { onProgress: (done, total) => seen.push([done, total]) })
    expect(seen.length).toBe(2)
    expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1])
  })

  test('stops when it is aborted', async () => {
    const abort = new AbortController()
    const reading = read(makeExtract(plain), {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    })
    await expect(reading).rejects.toThrow('abort')
  })
})

interface Lz4Js {
  readonly compressBlock: (
    source: Uint8Array,
    target: Uint8Array,
    ...more: [start: number, length: number, table: Uint32Array]
  ) => number
}
const lz4js = createRequire(import.meta.url)('lz4js') as Lz4Js

/** Blobs hold a bare lz4 block, not a frame. */
function lz4Block(block: Uint8Array): Uint8Array {
  const packed = new Uint8Array(block.length * 2 + 64)
  const size = lz4js.compressBlock(block, packed, 0, block.length, new Uint32Array(65536))
  if (size > 0) return packed.subarray(0, size)
  // Too small to compress: one run of literals.
  const long = block.length < 15 ? [block.length << 4] : [0xf0, ...lengthBytes(block.length - 15)]
  return Buffer.concat([Buffer.from(long), block])
}

function lengthBytes(rest: number): number[] {
  return rest < 255 ? [rest] : [255, ...lengthBytes(rest - 255)]
}

/**
 * A zstd frame of one raw block: magic, single-segment header with a 4-byte size, block header,
 * bytes.
 */
function storeZstd(block: Uint8Array): Uint8Array {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(0xfd2fb528, 0)
  head.writeUInt8(0b1010_0000, 4)
  head.writeUInt32LE(block.length, 5)
  head.writeUIntLE((block.length << 3) | 1, 9, 3)
  return Buffer.concat([head, block])
}
