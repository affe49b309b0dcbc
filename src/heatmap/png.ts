/**
 * Heatmap, or coverage → PNG.
 * @io native disk
 */
import sharp from 'sharp'
import type { Heatmap } from '../heatmap-types.ts'
import { layOutCoverage } from './coverage-picture.ts'
import type { Coverage } from './coverage.ts'
import type { Picture } from './map-page.ts'
import { layOutPicture } from './picture.ts'
import { loadTextPaths } from './text-paths.ts'

/** Draws map, legend, scale bar and sources; needs no font of the machine. */
export async function renderPng(heatmap: Heatmap): Promise<Uint8Array> {
  return compose(layOutPicture(heatmap, loadTextPaths()))
}

/** As `renderPng`: the share of each cell's points that have imagery. */
export async function renderCoveragePng(coverage: Coverage): Promise<Uint8Array> {
  return compose(layOutCoverage(coverage, loadTextPaths()))
}

function compose({ width, height, maps, svg }: Picture): Promise<Uint8Array> {
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
