import { describe, expect, test } from 'vitest'
import { RasterPool } from '../../src/imagery/raster-pool.ts'
import type { Raster } from '../../src/imagery/raster.ts'

/** A raster of which only what the pool looks at is real. */
function fakeRaster(file: string, onClose = (): void => undefined) {
  const raster = { file, isOutdated: false, close: async () => onClose() }
  return raster as typeof raster & Raster
}
const remote = (location: string) => ({ location, isRemote: true })

describe('RasterPool', () => {
  test('opens each raster once, however many ask', async () => {
    let count = 0
    const pool = new RasterPool(async ({ location }) => {
      count += 1
      return fakeRaster(location)
    })
    const [a, b] = await Promise.all([pool.get(remote('a')), pool.get(remote('a'))])
    expect([a === b, (await pool.get(remote('a'))) === a, count]).toEqual([true, true, 1])
  })

  test('opens anew what failed, and what its server has exchanged', async () => {
    const opened: ReturnType<typeof fakeRaster>[] = []
    let failures = 1
    const pool = new RasterPool(async ({ location }) => {
      if (failures-- > 0) throw new Error('not now')
      opened.push(fakeRaster(location))
      return opened.at(-1)!
    })
    await expect(pool.get(remote('a'))).rejects.toThrow('not now')
    const first = await pool.get(remote('a'))
    opened[0]!.isOutdated = true
    const second = await pool.get(remote('a'))
    expect([opened.length, first === second]).toEqual([2, false])
  })

  test('lets those behind HTTP go that were used longest ago, and closes the others at the end', async () => {
    const opened: string[] = []
    const closed: string[] = []
    const pool = new RasterPool(async ({ location }) => {
      opened.push(location)
      return fakeRaster(location, () => closed.push(location))
    })
    await pool.get({ location: 'disk', isRemote: false })
    for (let index = 0; index <= 500; index++) {
      await pool.get(remote(String(index)))
      await pool.get(remote('0'))
    }
    await pool.get(remote('0'))
    await pool.get(remote('1'))
    await pool.get({ location: 'disk', isRemote: false })
    expect(opened.filter((name) => ['0', '1', 'disk'].includes(name))).toEqual([
      'disk',
      '0',
      '1',
      '1',
    ])
    await pool.close()
    expect(closed).toContain('disk')
  })
})
