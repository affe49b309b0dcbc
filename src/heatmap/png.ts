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
  const { width, height, maps, svg } = layOutPicture(heatmap, loadTextPaths())
  const mapLayers = maps.map(({ image, left, top }) => ({
    input: Buffer.from(image.data.buffer),
    raw: { width: image.width, height: image.height, channels: 3 as const },
    left,
    top,
  }))
  return sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .composite([...mapLayers, { input: Buffer.from(svg), left: 0, top: 0 }])
    .png({ compressionLevel: 9 })
    .toBuffer()
}
