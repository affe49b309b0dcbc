import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { BadDataError } from '../../src/errors.ts'
import type { Hole } from '../../src/imagery/cut.ts'
import { TileDecoder } from '../../src/imagery/tile-decode.ts'
import { TileMosaic } from '../../src/imagery/tile-mosaic.ts'
import { tileName, type TileAddress } from '../../src/imagery/tile-reader.ts'

const { signal } = new AbortController()
const WHOLE = { x: 0, y: 0, width: 512, height: 512 }
let bytes: Buffer
beforeAll(async () => {
  const raw = { width: 256, height: 256, channels: 3 as const }
  const data = Uint8Array.from({ length: 256 * 256 * 3 }, (_, index) => index % 251)
  bytes = await sharp(data, { raw }).png().toBuffer()
})

/** A mosaic whose tiles take the longer the earlier they stand; it remembers what was read. */
function open(missing: string[] = []) {
  const read: string[] = []
  const reader = {
    readTile: async (address: TileAddress) => {
      read.push(tileName(address))
      await new Promise((resolve) => setTimeout(resolve, 30 - 10 * (address.x + address.y)))
      if (missing.includes(tileName(address))) throw new BadDataError('no-tile', 'none')
      return { bytes, etag: `"${tileName(address)}"` }
    },
    close: async () => undefined,
  }
  const decoder = new TileDecoder({ tileSizePx: 256 })
  return { read, mosaic: new TileMosaic({ reader, decoder, tileSizePx: 256 }) }
}
const record = () => ({ used: new Map<string, string | null>() })

test('a tile that several want at a time is read once', async () => {
  const { mosaic, read } = open()
  const layers = [1, 2, 3].map(() => mosaic.layer(1, record()))
  await Promise.all(layers.map((layer) => layer.readPieces(WHOLE, signal)))
  expect(read.length).toBe(4)
})

test('tiles are named row by row, whichever came first', async () => {
  const { mosaic } = open()
  const { used } = record()
  await mosaic.layer(1, { used }).readPieces(WHOLE, signal)
  expect([...used.keys()]).toEqual(['1/0/0', '1/1/0', '1/0/1', '1/1/1'])
  expect([...used.keys()]).toEqual(mosaic.namesOver(WHOLE, 1))
  expect(used.get('1/1/0')).toBe('"1/1/0"')
})

test('a missing tile ends the reading, or is a hole where holes are wanted', async () => {
  const { mosaic } = open(['1/1/0'])
  await expect(mosaic.layer(1, record()).readPieces(WHOLE, signal)).rejects.toMatchObject({
    code: 'no-tile',
  })
  const holes: Hole[] = []
  const pieces = await mosaic.layer(1, { ...record(), holes }).readPieces(WHOLE, signal)
  expect(pieces.length).toBe(3)
  expect(holes).toEqual([{ rect: { x: 256, y: 0, width: 256, height: 256 }, reason: 'no-tile' }])
})

test('beyond the date line come the tiles of the other end, beyond the poles none', async () => {
  const { mosaic } = open()
  expect(mosaic.namesOver({ x: -10, y: -300, width: 20, height: 310 }, 1)).toEqual([
    '1/1/0',
    '1/0/0',
  ])
})
