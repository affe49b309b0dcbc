import { describe, expect, test } from 'vitest'
import { listOf, nodeOf, parseXml, textOf, textsOf } from '../../src/imagery/xml.ts'

describe('parseXml', () => {
  test('drops prefixes, keeps attributes, and leaves numbers as they are written', () => {
    const { Layer } = parseXml('<a:Layer x:id="007"><b:Zoom>08</b:Zoom></a:Layer>')
    expect(Layer).toEqual({ '@id': '007', Zoom: '08' })
  })

  test('reads entities of text, but none that a document makes up', () => {
    expect(textOf(parseXml('<t>a &amp; b &lt;</t>')['t'])).toBe('a & b <')
    const bomb = Array.from(
      { length: 9 },
      (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`,
    )
    const xml = `<!DOCTYPE t [<!ENTITY l0 "lol">${bomb.join('')}]><t>&l9;</t>`
    expect(textOf(parseXml(xml)['t']).length).toBeLessThan(1000)
  })

  test('leaves out what no message and no database takes: `&#0;` and other control characters', () => {
    const { t } = parseXml('<t>no&#0; such&#x1b; layer\u0000!</t>')
    expect(textOf(t)).toBe('no such layer !')
  })

  for (const other of ['', 'plain', '{"a": 1}', '<p>un<br>closed', '<'.repeat(1000)]) {
    test(`takes ${JSON.stringify(other.slice(0, 20))} without an error`, () => {
      expect(typeof parseXml(other)).toBe('object')
    })
  }
})

test('one element, several and none make lists alike', () => {
  const { r } = parseXml('<r><one a="1"/><two a="1"/><two>text</two><two a="2">words</two></r>')
  const root = nodeOf(r)
  expect(listOf(root?.['one']).length).toBe(1)
  expect(listOf(root?.['two']).map((two) => two['@a'])).toEqual(['1', '2'])
  expect(textsOf(root?.['two'])).toEqual(['text', 'words'])
  expect(listOf(root?.['none'])).toEqual([])
  expect(textOf(root?.['none'])).toBe('')
})
