import { expect, test } from 'vitest'
import { plainText } from '../../src/imagery/tile-archive.ts'

const CASES: [html: unknown, text: string | null][] = [
  ['&copy; <a href="https://x.example">Some &amp; Body</a>', '© Some & Body'],
  ['  plain \n text ', 'plain text'],
  ['Some\u0000 Body\u0007', 'Some Body'],
  ['<'.repeat(400_000), '<'.repeat(500)],
  ['<br>', null],
  ['', null],
  [undefined, null],
  [12, null],
  ['x'.repeat(1000), 'x'.repeat(500)],
]
for (const [html, text] of CASES) {
  test(`plainText reads ${String(html).slice(0, 40)}`, () => {
    expect(plainText(html)).toBe(text)
  })
}
