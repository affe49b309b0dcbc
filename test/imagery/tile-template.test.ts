import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  fillTile,
  hasPlainSwitches,
  quadkey,
  spreadSwitches,
} from '../../src/imagery/tile-template.ts'

const TILE = { z: 3, x: 3, y: 5 }
const CASES = [
  { template: 'https://a/{z}/{x}/{y}.png?k={key}', url: 'https://a/3/3/5.png?k={key}' },
  { template: 'https://a/{z}/{x}/{-y}', url: 'https://a/3/3/2' },
  // Microsoft's own example: tile 3, 5 of level 3.
  { template: 'https://a/{q}.jpeg', url: 'https://a/213.jpeg' },
  { template: 'https://{switch:a,b,c}.x/{z}/{x}/{y}', url: 'https://c.x/3/3/5' },
]
for (const { template, url } of CASES) {
  test(`${template} becomes ${url}`, () => expect(fillTile(template, TILE)).toBe(url))
}

test('the whole world is one tile with an empty quadkey', () => {
  expect(quadkey({ z: 0, x: 0, y: 0 })).toBe('')
})

test('a quadkey tells its tile, at every zoom', () => {
  const tile = fc.integer({ min: 1, max: 24 }).chain((z) =>
    fc.record({
      z: fc.constant(z),
      x: fc.integer({ min: 0, max: 2 ** z - 1 }),
      y: fc.integer({ min: 0, max: 2 ** z - 1 }),
    }),
  )
  fc.assert(
    fc.property(tile, ({ z, x, y }) => {
      const digits = [...quadkey({ z, x, y })].map(Number)
      expect(digits.length).toBe(z)
      expect(digits.reduce((sum, digit) => sum * 2 + (digit & 1), 0)).toBe(x)
      expect(digits.reduce((sum, digit) => sum * 2 + (digit >> 1), 0)).toBe(y)
    }),
  )
})

test('spreadSwitches lists every address', () => {
  expect(spreadSwitches('https://{switch:a,b}.x/{switch:1,2}')).toEqual([
    'https://a.x/1',
    'https://a.x/2',
    'https://b.x/1',
    'https://b.x/2',
  ])
  expect(spreadSwitches('https://a')).toEqual(['https://a'])
})

test('spreadSwitches gives the addresses that fillTile makes, whatever stands in a choice', () => {
  const template = "http://{switch:a$'.b,$&}/{z}/{x}/{y}"
  const made = [0, 1].map((x) => fillTile(template, { z: 1, x, y: 0 }).split('/')[2])
  expect(spreadSwitches(template).map((url) => url.split('/')[2])).toEqual(made)
})

test.each([
  ['https://{switch:a,b-1,c_2.x}.org/{z}', true],
  ['https://a.org/{z}/{x}/{y}', true],
  [`https://${'{switch:a,b}'.repeat(6)}.org`, true],
  [`https://${'{switch:a,b}'.repeat(7)}.org`, false],
  ["https://{switch:allowed.org$'.evil.example}/", false],
  ['https://{switch:a/b}.org', false],
  ['https://{switch:a@b}.org', false],
  ['https://{switch:a,}.org', false],
])('hasPlainSwitches: %s is %s', (template, isPlain) => {
  expect(hasPlainSwitches(template)).toBe(isPlain)
})
