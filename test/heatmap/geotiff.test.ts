import { fromArrayBuffer } from 'geotiff'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/errors.ts'
import { createCellGeometry, squareOf } from '../../src/geo/cells.ts'
import { renderGeoTiff } from '../../src/heatmap/geotiff.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'
import { SCENES } from '../../src/scenes.ts'
import { makeBestScenes, makeTown } from './made-heatmap.ts'

async function open(heatmap: Heatmap) {
  const bytes = renderGeoTiff(heatmap)
  const tiff = await fromArrayBuffer(bytes.slice().buffer)
  return tiff.getImage()
}

for (const spec of ['square:1km', 'square:50m', 'square:1km@3035']) {
  describe(`renderGeoTiff of ${spec}`, () => {
    const heatmap = makeTown(spec)
    const geometry = createCellGeometry(heatmap.grid, heatmap.region.centre)
    const sizeM = heatmap.grid.kind === 'square' ? heatmap.grid.sizeM : NaN

    test('each pixel lies exactly on its square and holds its score and distance', async () => {
      const image = await open(heatmap)
      const [originX = 0, originY = 0] = image.getOrigin()
      expect(image.getResolution().slice(0, 2)).toEqual([sizeM, -sizeM])
      const [scores, distances] = (await image.readRasters()) as unknown as Float32Array[]
      const misplaced = heatmap.cells.filter((cell) => {
        const { column, row } = squareOf(cell.key)
        const x = (column * sizeM - originX) / sizeM
        const y = (originY - (row + 1) * sizeM) / sizeM
        const pixel = y * image.getWidth() + x
        const isRight = scores![pixel] === Math.fround(cell.score)
        return !isRight || distances![pixel] !== Math.fround(cell.distance)
      })
      expect(misplaced).toEqual([])
      const filled = scores!.filter((value) => !Number.isNaN(value)).length
      expect(filled).toBe(heatmap.cells.length)
    })

    test('north is up: the first row holds the most northern cells', async () => {
      const image = await open(heatmap)
      const northmost = Math.max(...heatmap.cells.map((cell) => squareOf(cell.key).row))
      const [, originY = 0] = image.getOrigin()
      expect(originY).toBe((northmost + 1) * sizeM)
      const key = heatmap.cells.find((cell) => squareOf(cell.key).row === northmost)!.key
      const [, y] = geometry.plane.forward(geometry.centreOf(key))
      expect(y).toBeCloseTo(originY - sizeM / 2, 3)
    })
  })
}

test('a map of best scenes has their numbers in a third band, and says what they mean', async () => {
  const heatmap = makeBestScenes(['corn_field', 'harbor'])
  const image = await open(heatmap)
  const [, distances, scenes] = (await image.readRasters()) as unknown as Float32Array[]
  const shown = heatmap.cells.map(({ distance, scene }) => {
    const pixel = distances!.indexOf(Math.fround(distance))
    return { scene, read: SCENES[scenes![pixel]!]?.name }
  })
  // Cells of one distance cannot be told apart by it.
  const single = shown.filter((_, i) => {
    const { distance } = heatmap.cells[i]!
    return heatmap.cells.filter((cell) => cell.distance === distance).length === 1
  })
  expect(single.length).toBeGreaterThan(100)
  expect(single.filter(({ scene, read }) => scene !== read)).toEqual([])
  const metadata = String(await image.fileDirectory.loadValue('GDAL_METADATA'))
  const indexOf = (name: string) => SCENES.findIndex((scene) => scene.name === name)
  expect(metadata).toContain(`${indexOf('corn_field')} corn_field, ${indexOf('harbor')} harbor`)
})

test('renderGeoTiff refuses H3 cells and says what to do', () => {
  try {
    renderGeoTiff(makeTown('h3:8'))
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    expect(error).toMatchObject({ code: 'format-needs-squares' })
    expect((error as InputError).hint).toContain('square:50m')
  }
})

test('renderGeoTiff refuses cells so far apart that the raster would not fit', () => {
  const town = makeTown()
  const [first, second] = town.cells
  const cells = [
    { ...first!, key: '0,0' },
    { ...second!, key: '90000,90000' },
  ]
  expect(() => renderGeoTiff({ ...town, cells })).toThrow(/100000000 pixels/)
})

test('the same heatmap gives the same bytes', () => {
  expect(renderGeoTiff(makeTown())).toEqual(renderGeoTiff(makeTown()))
})
