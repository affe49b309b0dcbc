import { describe, expect, it } from 'vitest'
import { PixelPool } from '../../src/image/pixel-pool.ts'

describe('PixelPool', () => {
  it('lends a piece again once it was given back, and never to two at a time', () => {
    const pool = new PixelPool(8)
    const [first, second] = [pool.take(12), pool.take(12)]
    expect(second).not.toBe(first)
    pool.give(first)
    expect(pool.take(12)).toBe(first)
    expect(pool.take(12)).not.toBe(first)
  })

  it('does not lend a piece twice that was given back twice', () => {
    const pool = new PixelPool(8)
    const piece = pool.take(12)
    pool.give(piece)
    pool.give(piece)
    expect(pool.take(12)).toBe(piece)
    expect(pool.take(12)).not.toBe(piece)
  })

  it('leaves memory that it did not lend to its owner', () => {
    const pool = new PixelPool(8)
    const foreign = new Uint8Array(12)
    pool.give(foreign)
    expect(pool.take(12)).not.toBe(foreign)
  })

  it('lends exactly as many bytes as are asked for', () => {
    const pool = new PixelPool(8)
    pool.give(pool.take(12))
    expect(pool.take(27)).toHaveLength(27)
  })

  it('keeps no more pieces than it is told to', () => {
    const pool = new PixelPool(1)
    const [first, second] = [pool.take(12), pool.take(12)]
    pool.give(first)
    pool.give(second)
    expect(pool.take(12)).toBe(first)
    expect(pool.take(12)).not.toBe(second)
  })
})
