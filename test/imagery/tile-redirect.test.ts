import { expect, test } from 'vitest'
import { parseImageryConfig, type XyzConfig } from '../../src/imagery/config.ts'
import { TileClient } from '../../src/imagery/tile-client.ts'
import { startTileServer } from '../fixtures/tile-server.ts'

test('a tile server cannot lead us to another host', async () => {
  const inner = await startTileServer()
  const outer = await startTileServer(() => ({
    status: 302,
    headers: { location: inner.url.replace('{z}/{x}/{y}', '1/0/0') },
  }))
  try {
    const config = { kind: 'xyz', url: outer.url, attribution: 'x', maxZoom: 18 }
    const client = new TileClient(parseImageryConfig(config) as XyzConfig, {})
    const fetched = client.fetchTile({ z: 1, x: 0, y: 0 }, new AbortController().signal)
    await expect(fetched).rejects.toMatchObject({ code: 'tiles-refused', facts: { status: 302 } })
    expect(inner.requests).toEqual([])
  } finally {
    await inner.close()
    await outer.close()
  }
})
