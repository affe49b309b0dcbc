import { expect, test } from 'vitest'
import { checkFineness } from '../../src/imagery/check-fineness.ts'

const size = { px: 224, gsd: 0.5 }
const source = { allowCoarse: undefined, where: 'at zoom 17' }
const cases = [
  { name: 'finer than the patch', gsd: 0.3, told: null },
  { name: 'just as fine', gsd: 0.5 * (1 + 1e-12), told: null },
  { name: 'a little coarser: told', gsd: 0.73512, told: 0.7351 },
  { name: 'four times coarser: told', gsd: 2, told: 2 },
]
for (const { name, gsd, told } of cases) {
  test(`checkFineness: ${name}`, () => expect(checkFineness(gsd, size, source)).toBe(told))
}

test('more than four times coarser is refused with the way out, or allowed and told', () => {
  const refuse = () => checkFineness(2.1, size, source)
  expect(refuse).toThrow(expect.objectContaining({ code: 'imagery-too-coarse' }))
  expect(refuse).toThrow('got 2.1 m/px at zoom 17')
  expect(checkFineness(2.1, size, { ...source, allowCoarse: true })).toBe(2.1)
})
