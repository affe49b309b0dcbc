/** What every imagery source does, whatever its kind: run by each source's test. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BadDataError } from '../../src/errors.ts'
import type { ImagerySource } from '../../src/imagery/source.ts'
import type { LonLat } from '../../src/types.ts'
import { difference } from '../fixtures/rasters.ts'

export interface ContractCase {
  readonly open: () => Promise<ImagerySource>
  /** A place with imagery around it. */
  readonly inside: LonLat
  /** A place without. */
  readonly outside: LonLat
  /** The patch that `inside` must give, within `tolerance` levels. */
  readonly truth: (px: number, gsd: number) => Uint8Array
  readonly tolerance: number
}

const signal = new AbortController().signal

/** Runs the suite that all sources share; call it inside `describe`. */
export function testImagerySource({ open, inside, outside, truth, tolerance }: ContractCase): void {
  let source: ImagerySource
  beforeAll(async () => void (source = await open()))
  afterAll(() => source.close())

  for (const size of [
    { px: 224, gsd: 0.5 },
    { px: 64, gsd: 0.5 },
  ]) {
    test(`cuts rgb8[${size.px}, ${size.px}, 3] of the place, north up, not mirrored`, async () => {
      const { image } = await source.patch(inside, size, signal)
      expect([image.width, image.height, image.data.length]).toEqual([
        size.px,
        size.px,
        size.px ** 2 * 3,
      ])
      expect(difference(image.data, truth(size.px, size.gsd)).max).toBeLessThanOrEqual(tolerance)
    })
  }

  test('gives the same bytes for the same place, again and at the same time', async () => {
    const size = { px: 64, gsd: 0.5 }
    const [first, second] = await Promise.all([
      source.patch(inside, size, signal),
      source.patch(inside, size, signal),
    ])
    const third = await source.patch(inside, size, signal)
    expect(Buffer.compare(first.image.data, second.image.data)).toBe(0)
    expect(Buffer.compare(first.image.data, third.image.data)).toBe(0)
    expect(first.reference).toEqual(third.reference)
  })

  test('says where the pixels came from', async () => {
    const { reference, capturedOn } = await source.patch(inside, { px: 64, gsd: 0.5 }, signal)
    expect(reference.items.length).toBeGreaterThan(0)
    expect(capturedOn).toBe('2024-05-06')
    expect(source.attribution).toBe('made for tests')
  })

  test('answers a place without imagery with BadDataError and a reason', async () => {
    const answer = source.patch(outside, { px: 64, gsd: 0.5 }, signal)
    await expect(answer).rejects.toBeInstanceOf(BadDataError)
    await expect(answer).rejects.toHaveProperty(
      'code',
      expect.stringMatching(/^(outside-imagery|no-tile|blank-tile)$/),
    )
  })

  test('gives up when it is told to', async () => {
    const patch = source.patch(inside, { px: 64, gsd: 0.5 }, AbortSignal.abort())
    await expect(patch).rejects.toThrow()
  })

  test('where it knows its outline, coversPatch agrees with it', async () => {
    const size = { px: 64, gsd: 0.5 }
    expect(source.coversPatch?.(inside, size) ?? true).toBe(true)
    expect(source.coversPatch?.(outside, size) ?? false).toBe(false)
    const footprint = await source.footprint?.()
    expect(footprint?.coordinates.length ?? 1).toBeGreaterThan(0)
  })
}
