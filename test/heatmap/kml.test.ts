import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { renderKml } from '../../src/heatmap/kml.ts'
import { makeTown } from './made-heatmap.ts'

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
