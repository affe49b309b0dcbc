/** Pixels → the numbers that a model reads, from its card alone. */
import { resizeBicubic } from '../image/resize.ts'
import type { Rgb8 } from '../types.ts'
import type { ModelCard } from './card.ts'

/** Brings an image to the card's size; overhead patches have it already. */
export function fitToCard(image: Rgb8, card: ModelCard): Rgb8 {
  const [height, width] = card.size
  return resizeBicubic(image, width, height)
}

/** Writes `rgb8[h, w, 3]` images into a tensor as `float32[3, h, w]` each. */
export type TensorWriter = (image: Rgb8, tensor: Float32Array, offset: number) => void

/**
 * Prepares the writer of a model's input: a table per channel of (byte × scale − mean) / std, so
 * that every byte is rounded to float32 once, from float64.
 */
export function createTensorWriter(input: ModelCard['input']): TensorWriter {
  const tableOf = (mean: number, std: number) =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte * input.scale - mean) / std)
  const red = tableOf(input.mean[0], input.std[0])
  const green = tableOf(input.mean[1], input.std[1])
  const blue = tableOf(input.mean[2], input.std[2])
  return ({ width, height, data }, tensor, offset) => {
    const plane = width * height
    const end = plane * 3
    // All planes in one pass: half the time of a pass for each.
    for (let i = 0, at = offset; i < end; i += 3, at++) {
      tensor[at] = red[data[i] ?? 0] ?? 0
      tensor[at + plane] = green[data[i + 1] ?? 0] ?? 0
      tensor[at + 2 * plane] = blue[data[i + 2] ?? 0] ?? 0
    }
  }
}
