import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadDataError } from '../../src/errors.ts'
import { createLocalFrame } from '../../src/geo/local-frame.ts'
import { fromUnitSquare, mercatorGsd } from '../../src/geo/mercator.ts'
import { TilePyramid } from '../../src/imagery/tile-pyramid.ts'
import type { TileAddress, TileReader } from '../../src/imagery/tile-reader.ts'
import { cutSquare, whyMissing } from '../../src/imagery/window.ts'
import type { LonLat } from '../../src/types.ts'
import { difference, groundPatch, waves } from '../fixtures/rasters.ts'
import { drawTile } from '../fixtures/tile-server.ts'

const SIZE = { px: 64, gsd: 0.5 }
const { signal } = new AbortController()
const LATITUDES = [0, 36, 52, 68]

/** Tiles of waves around a place; it remembers which were read. */
function wavesAround(centre: LonLat): TileReader & { readonly read: TileAddress[] } {
  const frame = createLocalFrame(centre)
  const read: TileAddress[] = []
  return {
    read,
    readTile: async (address) => {
      read.push(address)
      const bytes = await drawTile(address, (x, y) => {
        const [red, green, blue] = waves(...frame.forward(fromUnitSquare(x, y)))
        return [Math.round(red), Math.round(green), Math.round(blue)]
      })
      return { bytes, etag: null }
    },
    close: async () => undefined,
  }
}

const open = (reader: TileReader, options: object = {}): TilePyramid =>
  new TilePyramid(
    { kind: 'xyz', attribution: 'made for tests', maxZoom: 22, tileSizePx: 256, ...options },
    reader,
  )

describe('TilePyramid', () => {
  for (const lat of LATITUDES) {
    test(`at ${lat}° reads the zoom that is next finer than the patch, and gives the ground`, async () => {
      const at = { lon: 12.3456, lat: lat + 0.1234 }
      const reader = wavesAround(at)
      const source = open(reader)
      const { image, reference } = await source.patch(at, SIZE, signal)
      const zooms = new Set(reader.read.map(({ z }) => z))
      expect(zooms.size).toBe(1)
      const [zoom = 0] = zooms
      expect(mercatorGsd(at.lat, zoom)).toBeLessThanOrEqual(SIZE.gsd)
      expect(mercatorGsd(at.lat, zoom - 1)).toBeGreaterThan(SIZE.gsd)
      expect(reference.gsd).toBeUndefined()
      expect(reference.items.length).toBe(reader.read.length)
      // Cosine of the latitude, per pixel of 0.15…0.5 m: the waves are drawn anew at each zoom.
      expect(difference(image.data, groundPatch(waves, SIZE.px, SIZE.gsd)).max).toBeLessThanOrEqual(
        3,
      )
      await source.close()
    })
  }

  test('the zoom is next finer than the patch at every latitude, for every gsd', async () => {
    const stop: TileReader = {
      readTile: async (address) => {
        throw new BadDataError('no-tile', String(address.z))
      },
      close: async () => undefined,
    }
    const source = open(stop, { maxZoom: 24 })
    const lat = fc.double({ min: -80, max: 80, noNaN: true })
    const gsd = fc.double({ min: 0.1, max: 2, noNaN: true })
    await fc.assert(
      fc.asyncProperty(lat, gsd, async (lat, gsd) => {
        const error = await source
          .patch({ lon: 1, lat }, { px: 32, gsd }, signal)
          .catch((caught: Error) => caught)
        const zoom = Number((error as Error).message)
        expect(mercatorGsd(lat, zoom)).toBeLessThanOrEqual(gsd * (1 + 1e-6))
        expect(mercatorGsd(lat, zoom - 1)).toBeGreaterThan(gsd * (1 - 1e-6))
      }),
      { numRuns: 50 },
    )
  })

  test('a patch across tiles is that of one large picture: the date line too', async () => {
    const at = { lon: 179.99999, lat: 10 }
    const source = open(wavesAround(at))
    const { image, reference } = await source.patch(at, SIZE, signal)
    expect(reference.items.some((item) => item.split('/')[1] === '0')).toBe(true)
    expect(difference(image.data, groundPatch(waves, SIZE.px, SIZE.gsd)).max).toBeLessThanOrEqual(3)
  })

  test('says how coarse the pixels are where the finest zoom is coarser than the patch', async () => {
    const at = { lon: 0.1, lat: 0.1 }
    const source = open(wavesAround(at), { maxZoom: 17 })
    const { reference } = await source.patch(at, SIZE, signal)
    expect(reference.gsd).toBe(1.194)
  })

  test('refuses pixels far too coarse, unless the source allows them', async () => {
    const at = { lon: 0.1, lat: 0.1 }
    const coarse = open(wavesAround(at), { maxZoom: 14 })
    await expect(coarse.patch(at, SIZE, signal)).rejects.toMatchObject({
      name: 'InputError',
      code: 'imagery-too-coarse',
    })
    // Told before a region is created, too: its requests are counted by pieces.
    expect(() => coarse.piecesOf?.(at, SIZE)).toThrow(/9\.6 m\/px at zoom 14/)
    const allowed = open(wavesAround(at), { maxZoom: 14, allowCoarse: true })
    expect((await allowed.patch(at, SIZE, signal)).reference.gsd).toBe(9.555)
  })

  test('a source that states its box knows which patches it covers', async () => {
    const source = open(wavesAround({ lon: 0, lat: 0 }), { bbox: [10, 50, 11, 51] })
    expect(source.coversPatch?.({ lon: 10.5, lat: 50.5 }, SIZE)).toBe(true)
    expect(source.coversPatch?.({ lon: 10, lat: 50.5 }, SIZE)).toBe(false)
    expect((await source.footprint?.())?.coordinates[0]?.[0]?.length).toBe(5)
    expect(open(wavesAround({ lon: 0, lat: 0 })).coversPatch).toBeUndefined()
  })

  test('reads a tile again that is no picture, where its reader can forget', async () => {
    const at = { lon: 0.1, lat: 0.1 }
    const whole = wavesAround(at)
    const forgotten: TileAddress[] = []
    const reader: TileReader = {
      ...whole,
      readTile: (address, stop) =>
        forgotten.length === 0
          ? Promise.resolve({ bytes: Buffer.from('junk'), etag: null })
          : whole.readTile(address, stop),
      forget: async (address) => void forgotten.push(address),
    }
    await open(reader).patch(at, SIZE, signal)
    expect(forgotten.length).toBeGreaterThan(0)
    const stubborn: TileReader = {
      readTile: async () => ({ bytes: Buffer.from('junk'), etag: null }),
      close: async () => undefined,
    }
    await expect(open(stubborn).patch(at, SIZE, signal)).rejects.toMatchObject({
      code: 'tile-unreadable',
    })
  })

  test('a window holds every patch as it is cut alone, and knows where tiles are missing', async () => {
    const at = { lon: 12.3, lat: 52.1 }
    const whole = wavesAround(at)
    const [first] = new TilePyramid(
      { kind: 'xyz', attribution: 'A', maxZoom: 22, tileSizePx: 256 },
      whole,
    ).piecesOf(at, SIZE)
    const [, column = 0] = (first?.name ?? '').split('/').map(Number)
    const reader: TileReader = {
      ...whole,
      // The imagery ends with the column of the middle.
      readTile: async (address, stop) => {
        if (address.x > column) throw new BadDataError('no-tile', 'none')
        return whole.readTile(address, stop)
      },
    }
    const source = open(reader)
    const window = await source.window(at, { px: 480, gsd: 0.5 }, signal)
    expect(window.reasons).toContain('no-tile')
    const outcomes = new Set<string | null>()
    const frame = createLocalFrame(at)
    for (let x = 0; x + SIZE.px <= 480; x += 104) {
      const square = { x, y: 208, px: SIZE.px }
      const reason = whyMissing(window, square)
      outcomes.add(reason)
      const middle = frame.inverse((x + 32 - 240) * 0.5, (240 - 208 - 32) * 0.5)
      const alone = source.patch(middle, SIZE, signal)
      if (reason !== null) {
        await expect(alone).rejects.toHaveProperty('code', reason)
        continue
      }
      const { image, reference } = await alone
      expect(difference(cutSquare(window.image, square).data, image.data).max).toBeLessThanOrEqual(
        2,
      )
      expect(reference.items).toEqual(expect.arrayContaining([...window.referenceOf(square).items]))
    }
    expect(outcomes).toEqual(new Set([null, 'no-tile']))
  })
})
