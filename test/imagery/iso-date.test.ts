import { expect, test } from 'vitest'
import { isIsoDate } from '../../src/imagery/iso-date.ts'

const cases = [
  { text: '2022-03-18', is: true },
  { text: '2024-02-29', is: true },
  { text: '2022-03', is: true },
  { text: '2022', is: true },
  { text: '2022-13-45', is: false },
  { text: '2023-02-29', is: false },
  { text: '2022-02-30', is: false },
  { text: '18.03.2022', is: false },
  { text: '0001-01-01', is: true },
  { text: '0000', is: false },
  { text: '0000-05-06', is: false },
  { text: '', is: false },
]
for (const { text, is } of cases) {
  test(`"${text}" is ${is ? 'a date' : 'no date'}`, () => expect(isIsoDate(text)).toBe(is))
}
