/** Every source in docs/imagery.md and the README is one that the program takes. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseImageryConfig } from '../../src/imagery/config.ts'
import { BREAKER_LIMITS } from '../../src/imagery/circuit-breaker.ts'

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const examples = [...read('docs/imagery.md').matchAll(/```json\n([^`]*)```/g)].map(
  ([, json = '']) => json,
)
const short = [...read('README.md').matchAll(/--imagery '(\{[^']*\})'/g)].map(
  ([, json = '']) => json,
)

for (const json of [...examples, ...short]) {
  const { kind, url } = JSON.parse(json) as { kind: string; url?: string }
  test(`documented: ${kind} ${url ?? ''}`, () => {
    expect(parseImageryConfig(json)).toHaveProperty('kind')
  })
}

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(5)
})

test('the numbers of politeness are those of the program', () => {
  expect(BREAKER_LIMITS).toEqual({
    failuresToOpen: 10,
    firstWaitMs: 5_000,
    waitMsMax: 300_000,
    patienceMs: 30_000,
  })
})
