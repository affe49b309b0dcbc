/**
 * Heatmap → PNG.
 * @io native disk
 */
import sharp from 'sharp'
import type { Heatmap } from '../types.ts'
import { layOutPicture } from './picture.ts'
import { loadTextPaths } from './text-paths.ts'

/** Draws map, legend, scale bar and sources; needs no font of the machine. */
export async function renderPng(heatmap: Heatmap): Promise<Uint8Array> {
  const { width, height, map, svg } = layOutPicture(heatmap, loadTextPaths())
  const { image, left, top } = map
  const raw = { width: image.width, height: image.height, channels: 3 } as const
  return sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .composite([
      { input: Buffer.from(image.data.buffer), raw, left, top },
      { input: Buffer.from(svg), left: 0, top: 0 },
    ])
    .png({ compressionLevel: 9 })
    .toBuffer()
}
