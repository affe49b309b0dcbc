import { describe, expect, test } from 'vitest'
import { layOutPicture } from '../../src/heatmap/picture.ts'
import { formatShare } from '../../src/heatmap/caption.ts'
import { loadTextPaths, type TextStyle } from '../../src/heatmap/text-paths.ts'
import type { Heatmap } from '../../src/heatmap-types.ts'
import { SCENES } from '../../src/scenes.ts'
import { makeBestScenes } from './made-heatmap.ts'

const paths = loadTextPaths()

/** Every text of a picture, with where it ends. */
function textsOf(heatmap: Heatmap) {
  const texts: { line: string; right: number }[] = []
  const page = layOutPicture(heatmap, {
    widthOf: (...args) => paths.widthOf(...args),
    draw: (line, at, style: TextStyle) => {
      const isFromStart = (style.anchor ?? 'start') === 'start'
      texts.push({ line, right: at.x + (isFromStart ? paths.widthOf(line, style) : 0) })
      return ''
    },
  })
  return { texts, lines: texts.map(({ line }) => line), page }
}

describe('the picture of a map of best scenes', () => {
  const names = SCENES.slice(0, 15).map(({ name }) => name)

  test('names the scenes in its legend, the most frequent first, and how many more there are', () => {
    const { lines } = textsOf(makeBestScenes(names))
    const rows = lines.filter((line) => /^\d+ {2}/.test(line))
    expect(rows).toHaveLength(12)
    expect(rows.map((row) => row.split(/ {2}|, /)[1])).toEqual(names.slice(0, 12))
    expect(lines).toContainEqual(expect.stringMatching(/^and 3 more, [\d.]+ %$/))
  })

  test('says nothing of more where every scene has a colour', () => {
    const heatmap = makeBestScenes(['corn_field', 'harbor'])
    const { lines } = textsOf(heatmap)
    const areaOf = (cells: Heatmap['cells']) => cells.reduce((sum, cell) => sum + cell.areaKm2, 0)
    const own = heatmap.cells.filter(({ scene }) => scene === 'harbor')
    const share = areaOf(own) / areaOf(heatmap.cells)
    expect(lines.filter((line) => line.includes('more'))).toEqual([])
    expect(lines).toContain(`1  corn_field, ${formatShare(1 - share)}`)
    expect(lines).toContain(`2  harbor, ${formatShare(share)}`)
  })

  test('marks where each scene is clearest with its number in the legend', () => {
    const { lines } = textsOf(makeBestScenes(names))
    const numbers = lines.filter((line) => /^\d+$/.test(line)).map(Number)
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(lines).toContain('Numbers on the map: where each scene is')
  })

  test('speaks of no good cells: no scene is better than another', () => {
    const { lines } = textsOf(makeBestScenes(names))
    expect(lines.filter((line) => /good/i.test(line))).toEqual([])
  })

  for (const cells of ['square:1km', 'square:200m', 'h3:8']) {
    test(`no text leaves the page, however long the names are: ${cells}`, () => {
      const longest = SCENES.map(({ name }) => name).sort((a, b) => b.length - a.length)
      const { texts, page } = textsOf(makeBestScenes(longest.slice(0, 15), cells))
      expect(texts.filter(({ right }) => right > page.width)).toEqual([])
    })
  }
})
