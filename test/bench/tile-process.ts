/**
 * A tile server in a process of its own: JPEG tiles of 256 px like those of aerial imagery, each
 * after 50 to 150 ms. Started with `fork`; tells its port, ends when its parent goes.
 * @io network, native
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'

const SIDE = 256
/** Different pictures; a tile's address says which. */
const PICTURES = 48
const LATENCY_MS = { least: 50, most: 150 }

/** A number from 0 to 1 that looks like chance and is the same every time. */
function hash(...numbers: readonly number[]): number {
  let state = 2166136261
  for (const number of numbers) {
    state = Math.imul(state ^ number, 16777619)
    state = Math.imul(state ^ (state >>> 15), 2246822519)
  }
  return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
}

/** Coarse patches of colour under fine noise: about 15 kB as JPEG, as fields and roofs have. */
async function drawTile(seed: number): Promise<Buffer> {
  const noise = (side: number, salt: number) =>
    sharp(
      Uint8Array.from({ length: side * side * 3 }, (_, i) => 256 * hash(seed, salt, i)),
      { raw: { width: side, height: side, channels: 3 } },
    ).resize(SIDE, SIDE, { kernel: 'cubic' })
  const fine = await noise(SIDE / 2, 1)
    .ensureAlpha(0.2)
    .png()
    .toBuffer()
  return noise(16, 2)
    .composite([{ input: fine }])
    .jpeg({ quality: 80 })
    .toBuffer()
}

const tiles = await Promise.all(Array.from({ length: PICTURES }, (_, seed) => drawTile(seed)))
const server = createServer((request, response) => {
  const address = (request.url ?? '').split('/').slice(-3).map(Number)
  const { least, most } = LATENCY_MS
  void sleep(least + hash(...address, 1) * (most - least)).then(() =>
    response
      .writeHead(200, { 'content-type': 'image/jpeg' })
      .end(tiles[Math.floor(hash(...address) * PICTURES)]),
  )
})
server.listen(0, '127.0.0.1', () => {
  const bytes = tiles.reduce((sum, { length }) => sum + length, 0) / PICTURES
  process.send?.({ port: (server.address() as AddressInfo).port, bytes })
})
process.once('disconnect', () => process.exit())
