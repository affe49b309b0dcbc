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
 * Prepares the writer of a model's input: a table per channel of (byte × scale − mean) / std, so that
 * every byte is rounded to float32 once, from float64.
 */
export function createTensorWriter(input: ModelCard['input']): TensorWriter {
  const tables = [0, 1, 2].map((channel) => {
    const mean = input.mean[channel] ?? 0
    const std = input.std[channel] ?? 1
    return Float32Array.from({ length: 256 }, (_, byte) => (byte * input.scale - mean) / std)
  })
  return (image, tensor, offset) => {
    const pixelCount = image.width * image.height
    tables.forEach((table, channel) => {
      let at = offset + channel * pixelCount
      for (let i = channel; i < pixelCount * 3; i += 3) {
        tensor[at++] = table[image.data[i] ?? 0] ?? 0
      }
    })
  }
}
