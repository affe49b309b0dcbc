/**
 * A linear stretch of grey levels: what a source calls dark and bright becomes 0 and 255, band by
 * band.
 */

/** Levels per band, red, green, blue. */
export interface LevelStretch {
  readonly low: readonly [number, number, number]
  readonly high: readonly [number, number, number]
}

/** Stretches pixels in place; a fourth channel is left alone. */
export type StretchTable = (pixels: Uint8Array, channels: 3 | 4) => void

/** Makes the table of a stretch. */
export function stretchTable({ low, high }: LevelStretch): StretchTable {
  const table = new Uint8ClampedArray(3 * 256)
  for (let band = 0; band < 3; band++) {
    const [from = 0, to = 255] = [low[band], high[band]]
    for (let level = 0; level < 256; level++) {
      table[band * 256 + level] = ((level - from) / (to - from)) * 255
    }
  }
  return (pixels, channels) => {
    for (let at = 0; at < pixels.length; at += channels) {
      for (let band = 0; band < 3; band++) {
        pixels[at + band] = table[band * 256 + (pixels[at + band] as number)] as number
      }
    }
  }
}
