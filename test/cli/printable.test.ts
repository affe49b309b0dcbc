import { expect, test } from 'vitest'
import { printable } from '../../src/cli/printable.ts'

test('text of others cannot move the cursor, colour what follows or turn its direction', () => {
  const told = '\x1b[2J\x9b31m© Ana\r\x07\u202eCC BY\u2066\n2nd line, ö 漢字 👍'
  expect(printable(told)).toBe('[2J31m© AnaCC BY\n2nd line, ö 漢字 👍')
})
