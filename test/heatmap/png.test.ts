import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createMapViews } from '../../src/heatmap/map-view.ts'
import { layOutPicture } from '../../src/heatmap/picture.ts'
import { renderPng } from '../../src/heatmap/png.ts'
import { loadTextPaths } from '../../src/heatmap/text-paths.ts'
import { makeTown } from './made-heatmap.ts'

describe('renderPng', () => {
  test('the best place is yellow and marked where the layout put the map', async () => {
    const town = makeTown()
    const page = layOutPicture(town, loadTextPaths())
    const { data, info } = await sharp(await renderPng(town))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([page.width, page.height])
    const [x, y] = createMapViews(town.region)[0]!.toPx(town.cells[0]!.point)
    const pixelAt = (dx: number, dy: number) => {
      const column = Math.floor(page.maps[0]!.left + x) + dx
      const row = Math.floor(page.maps[0]!.top + y) + dy
      return [...data.subarray((row * info.width + column) * 3).subarray(0, 3)]
    }
    expect(pixelAt(-12, 12)).toEqual([253, 231, 37])
    expect(Math.min(...pixelAt(0, 0))).toBeGreaterThan(230)
  })

  test('the same heatmap gives the same bytes', async () => {
    expect(Buffer.compare(await renderPng(makeTown()), await renderPng(makeTown()))).toBe(0)
  })
})
