import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { renderKml } from '../../src/heatmap/kml.ts'
import { makeBestScenes, makeTown } from './made-heatmap.ts'

test('a map of best scenes names each cell by its scene, in that scene’s colour', () => {
  const scenes = ['corn_field', 'desert/sand']
  const heatmap = makeBestScenes(scenes)
  const text = renderKml(heatmap)
  expect(text).toContain('colours for those of most cells: corn_field, desert/sand')
  const styles = new Map(
    [...text.matchAll(/id="(s\d+)"><LineStyle><color>b3(\w{6})/g)].map(([, id, bgr]) => [id, bgr]),
  )
  const marks = [...text.matchAll(/<Placemark><name>(\d+) ([\w/]+)<\/name><styleUrl>#(\w+)</g)]
  expect(marks.map(([, , scene]) => scene)).toEqual(heatmap.cells.map(({ scene }) => scene))
  const colours = new Map(marks.map(([, , scene, style]) => [scene, styles.get(style)]))
  expect([...colours]).toEqual([
    ['corn_field', '6688ee'],
    ['desert/sand', '92004b'],
  ])
})

describe('renderKml', () => {
  test('the town is as in the golden file', () => {
    const url = new URL('../golden/heatmap.kml', import.meta.url)
    const text = renderKml(makeTown())
    if (process.env['BLESS']) writeFileSync(url, text)
    expect(text).toBe(readFileSync(url, 'utf8'))
  })

  test('names and control characters of a photo cannot break the XML', () => {
    const question = {
      kind: 'photo',
      photos: [{ name: `</name>&<b>\u0001"'`, sha256: '00' }],
    } as const
    const text = renderKml({ ...makeTown(), question })
    expect(text).toContain('“&lt;/name&gt;&amp;&lt;b&gt;&quot;&#39;”')
  })

  test('the best cells are yellow, the worst dark blue: colours are aabbggrr', () => {
    const styles = [...renderKml(makeTown()).matchAll(/<PolyStyle><color>(\w{8})</g)]
    const [worst, best] = [styles.at(0)?.[1] ?? '', styles.at(-1)?.[1] ?? '']
    const channels = (colour: string) => colour.match(/../g)!.map((hex) => parseInt(hex, 16))
    const [, blueOfBest = 0, greenOfBest = 0, redOfBest = 0] = channels(best)
    const [, blueOfWorst = 0, , redOfWorst = 0] = channels(worst)
    expect(Math.min(redOfBest, greenOfBest)).toBeGreaterThan(2 * blueOfBest)
    expect(blueOfWorst).toBeGreaterThan(3 * redOfWorst)
  })
})
